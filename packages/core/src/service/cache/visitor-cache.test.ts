import { describe, expect, it } from "vitest";
import { memoryStore } from "../../memory/index.js";
import type { AtomicStore, RecordKey } from "../../ports/store.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import { hitRate } from "./cache-counts.js";
import { type KnownVisitor, NOBODY } from "./known-visitor.js";
import { createVisitorCache } from "./visitor-cache.js";

const none = { compulsory: 0, capacity: 0, invalidated: 0, expired: 0 };
const at = (visitor: string): string => visitorPartition("s", visitor);
const known = (version: number): KnownVisitor => ({ ...NOBODY, version });

/** A store that counts what is read, and holds the next read up if asked to. */
function watched(): { hot: AtomicStore; reads: string[]; hold(): () => void } {
  const inner = memoryStore();
  const reads: string[] = [];
  let held: Promise<void> | null = null;
  return {
    reads,
    hold() {
      let open = (): void => undefined;
      held = new Promise((resolve) => {
        open = resolve;
      });
      return open;
    },
    hot: {
      ...inner,
      async getMany<V>(keys: readonly RecordKey[]) {
        reads.push(...keys.filter(({ sort }) => sort === SORT.state).map(({ partition }) => partition));
        const found = await inner.getMany<V>(keys);
        const waiting = held;
        held = null;
        await waiting;
        return found;
      },
    },
  };
}

const open = (size?: number) => {
  const clock = createFakeClock();
  const store = watched();
  const channel = {} as never;
  return { clock, ...store, cache: createVisitorCache({ hot: store.hot, clock, channel }, size) };
};

describe("what is known of visitors", () => {
  it("is read once for the door and all decisions after it: what the decision needs comes with the first event", async () => {
    const { cache, reads } = open();
    await cache.standings("s", ["a", "b", "a"]);
    await cache.standings("s", ["a"]);
    await cache.of("s", "a");
    await cache.of("s", "b");
    expect(reads).toEqual([at("a"), at("b")]);
    expect(cache.counts()).toEqual({
      consent: { hits: 3, misses: { ...none, compulsory: 2 } },
      profile: { hits: 2, misses: none },
    });
  });

  it("is read again after it was forgotten, has aged, or a later version was told of; each miss has its reason", async () => {
    const { cache, reads, clock } = open();
    await cache.of("s", "a");
    cache.forget("s", "a");
    await cache.of("s", "a");
    cache.heard("s", "a", 0);
    await cache.of("s", "a");
    cache.heard("s", "a", 1);
    await cache.of("s", "a");
    clock.advance(10_000);
    await cache.of("s", "a");
    cache.forget("", null);
    await cache.of("s", "a");
    expect(reads).toHaveLength(5);
    expect(cache.counts().profile).toEqual({
      hits: 1,
      misses: { compulsory: 1, invalidated: 3, expired: 1, capacity: 0 },
    });
  });

  it("is bounded, and says what the bound costs", async () => {
    const { cache } = open(10);
    const visitors = Array.from({ length: 100 }, (_, i) => `v${i}`);
    for (const visitor of visitors) await cache.of("s", visitor);
    for (const visitor of visitors) await cache.of("s", visitor);
    const { hits, misses } = cache.counts().profile;
    expect(misses).toEqual({ ...none, compulsory: 100, capacity: 100 - hits });
    expect(hits).toBeLessThanOrEqual(20);
  });

  it("is not held at all by a cache without room", async () => {
    const { cache, reads } = open(0);
    await cache.of("s", "a");
    await cache.of("s", "a");
    expect(reads).toHaveLength(2);
  });

  it("does not hold what was forgotten while it was being read", async () => {
    const { cache, reads, hold } = open();
    for (const whose of ["a", null]) {
      const release = hold();
      const reading = cache.of("s", "a");
      cache.forget("s", whose);
      release();
      await reading;
    }
    await cache.of("s", "a");
    expect(reads).toHaveLength(3);
  });

  it("does not put back what the fold has overtaken, nor what another process has", async () => {
    const { cache, hold } = open();
    const release = hold();
    const reading = cache.of("s", "a");
    await cache.during("s", "a", async ({ remember }) => remember(known(3)));
    release();
    await reading;
    expect((await cache.of("s", "a")).version).toBe(3);
    await cache.during("s", "a", async ({ remember }) => {
      cache.heard("s", "a", 5);
      remember(known(4));
    });
    await cache.during("s", "a", async ({ held }) => expect(held()).toBeNull());
  });

  it("serves the fold however old it is, but not past its end, nor after a commit that may have failed halfway", async () => {
    const { cache, clock } = open();
    const ends = clock.now() + 100_000;
    const held = () => cache.during("s", "a", async (work) => work.held()?.version ?? null);
    await cache.during("s", "a", async ({ remember }) => remember({ ...known(1), expiresAt: ends }));
    clock.advance(99_999);
    expect(await held()).toBe(1);
    clock.advance(1);
    expect(await held()).toBeNull();
    await cache.during("s", "a", async ({ remember }) => remember(known(2)));
    const failing = cache.during("s", "a", () => Promise.reject(new Error("cut off")));
    await expect(failing).rejects.toThrow("cut off");
    expect(await held()).toBeNull();
  });

  it("ages sooner for decisions where no other process could tell of changes", async () => {
    const { hot, clock, reads } = open();
    const cache = createVisitorCache({ hot, clock, channel: null });
    await cache.of("s", "a");
    clock.advance(999);
    await cache.of("s", "a");
    expect(reads).toHaveLength(1);
    clock.advance(1);
    await cache.standings("s", ["a"]);
    expect(reads).toHaveLength(1);
    await cache.of("s", "a");
    expect(reads).toHaveLength(2);
  });

  it("has a bound that is a number", () => {
    const stores = { hot: memoryStore() };
    for (const visitors of [Number.NaN, -1])
      expect(() => createPersonalizationService({ stores, cache: { visitors } })).toThrow(
        expect.objectContaining({ code: "ATTUNE_SERVICE_CACHE", path: "/cache/visitors" }),
      );
  });

  it("is let go of by a sweep once it is too old", async () => {
    const { cache, clock } = open();
    await cache.of("s", "a");
    clock.advance(10_000);
    await cache.of("s", "b");
    cache.prune();
    await cache.during("s", "a", async ({ held }) => expect(held()).toBeNull());
    await cache.during("s", "b", async ({ held }) => expect(held()).not.toBeNull());
  });
});

describe("hitRate", () => {
  it("is of all kinds together; of nothing there is none", () => {
    const some = { hits: 3, misses: { ...none, expired: 1 } };
    expect(hitRate([some, { hits: 6, misses: none }])).toBe(0.9);
    expect(hitRate([{ hits: 0, misses: none }])).toBeNull();
    expect(hitRate([])).toBeNull();
  });
});
