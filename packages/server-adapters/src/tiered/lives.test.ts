import { AttuneError, isAttuneError } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import type { AtomicStore, Store } from "@attune/core/ports";
import { createFakeClock } from "@attune/core/testing";
import { describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { halting, interrupted, mortalTiers } from "../../test/interrupted.js";
import { tieredStore } from "./index.js";

const HOUR_MS = 3_600_000;

const rows = async (store: Store): Promise<number> => {
  let count = 0;
  for await (const name of store.partitions("")) count += (await collect(store.scan(name))).length;
  return count;
};

function world() {
  const clock = createFakeClock();
  const [hot, durable] = [memoryStore({ clock }), memoryStore({ clock })];
  let reads = 0;
  const counted = interrupted(
    { hot, durable },
    { before: async () => undefined, after: async () => undefined },
  );
  const counting: Store = {
    ...counted.durable,
    get: (...args) => {
      reads++;
      return durable.get(...args);
    },
  };
  return {
    clock,
    hot,
    durable,
    open: (options: { hotTtlMs?: number } = {}) =>
      tieredStore({ hot, durable: counting, clock, patienceMs: 0, ...options }),
    /** Reads of the durable store since the last time. */
    reads() {
      const before = reads;
      reads = 0;
      return before;
    },
  };
}

describe("lifetimes of both tiers", () => {
  it("T30 what has expired is gone from both stores within one sweep, its partition's head and tokens too", async () => {
    const { clock, hot, durable, open } = world();
    const store = open();
    const expiresAt = clock.now() + HOUR_MS;
    const ops = [
      { op: "put", sort: "event", value: "planted", expiresAt },
      { op: "put", sort: "state", value: 1, expiresAt },
    ] as const;
    await store.commit("p", ops, { once: "token", onceTtl: HOUR_MS });
    await store.delete("p", "state");
    clock.advance(2 * HOUR_MS);
    await store.sweep();
    expect([await rows(hot), await rows(durable)]).toEqual([0, 0]);
    expect(await store.get("p", "event")).toBeNull();
    expect(await store.put("p", "event", 1)).toEqual({ written: true, version: 1 });
  });

  it("a token that is remembered for ever is a duplicate also after the hot store was lost", async () => {
    const { hot, open } = world();
    const ops = [{ op: "put", sort: "a", value: 1 }] as const;
    const forever = { once: "token", onceTtl: Number.POSITIVE_INFINITY };
    expect(await open().commit("p", ops, forever)).toEqual({ status: "committed" });
    expect(await open().commit("p", ops, forever)).toEqual({ status: "duplicate" });
    await hot.deletePartition("p");
    expect(await open().commit("p", ops, forever)).toEqual({ status: "duplicate" });
  });

  it("a value stands nowhere in the durable store once it is replaced or deleted", async () => {
    const { hot, durable, open } = world();
    const store = open();
    await store.put("p", "a", "planted");
    await store.put("p", "a", "other");
    await store.put("p", "b", "planted");
    await store.delete("p", "b");
    for (const each of [hot, durable])
      expect(JSON.stringify(await collect(each.scan("p")))).not.toContain("planted");
  });

  it("T29 deletePartition leaves no row in the hot store and one without content in the durable one, until a sweep", async () => {
    const { clock, hot, durable, open } = world();
    const store = open();
    for (const sort of ["a", "b"]) await store.commit("p", [{ op: "put", sort, value: 1 }], { once: sort });
    expect(await store.deletePartition("p")).toBe(2);
    expect([await rows(hot), await rows(durable)]).toEqual([0, 1]);
    clock.advance(HOUR_MS);
    await store.sweep();
    expect(await rows(durable)).toBe(0);
  });

  it("T29 deletePartition leaves nothing of a commit that was under way in another process either", async () => {
    for (let writes = 2; writes <= 5; writes++)
      for (const edge of ["before", "after"] as const) {
        const { hot, durable, open } = world();
        await open().put("p", "old", 1);
        const slow = halting({ hot, durable }, writes, edge);
        const ops = ["a", "b"].map((sort) => ({ op: "put" as const, sort, value: "planted" }));
        const committing = tieredStore({ ...slow.tiers, patienceMs: 0 })
          .commit("p", ops, { once: "token" })
          .then(
            ({ status }) => status,
            () => "rejected",
          );
        await slow.stands;
        await open().deletePartition("p");
        slow.goOn();
        await committing;
        const left = JSON.stringify(await collect(durable.scan("p")));
        // It came to be before the deletion or after it; what came before is gone.
        const isAfter = (await open().get("p", "a")) !== null;
        expect([writes, edge, left.includes("planted")]).toEqual([writes, edge, isAfter]);
      }
  });

  it("a partition leaves the hot store hotTtlMs after its last write, and comes back with its versions", async () => {
    const { clock, hot, open, reads } = world();
    const store = open({ hotTtlMs: 60_000 });
    await store.put("p", "a", 1);
    await store.put("p", "a", 2);
    reads();
    clock.advance(59_000);
    expect((await store.get("p", "a"))?.version).toBe(2);
    expect(reads()).toBe(0);
    clock.advance(2000);
    await store.sweep();
    expect(await rows(hot)).toBe(0);
    expect(await store.put("p", "a", 3, { ifVersion: 2 })).toEqual({ written: true, version: 3 });
    expect(reads()).toBeGreaterThan(0);
  });

  it("remembers for a while that a partition does not exist", async () => {
    const { clock, hot, open, reads } = world();
    const store = open();
    expect(await store.get("nobody", "a")).toBeNull();
    reads();
    expect(await store.get("nobody", "a")).toBeNull();
    expect(reads()).toBe(0);
    clock.advance(HOUR_MS);
    await store.sweep();
    expect(await rows(hot)).toBe(0);
  });
});

describe("parts of a commit whose process died", () => {
  const FENCE_MS = 600_000;
  const ops = ["a", "b", "c"].map((sort) => ({ op: "put" as const, sort, value: `planted in ${sort}` }));

  /** A process that dies at its so-many-th write, over a commit of three parts; the others hold the partition. */
  async function died(writes: number) {
    const clock = createFakeClock();
    const tiers = { hot: memoryStore({ clock }), durable: memoryStore({ clock }) };
    const options = { clock, patienceMs: 0, partBytes: 1, fenceMs: FENCE_MS };
    const others = tieredStore({ ...tiers, ...options });
    await others.put("p", "mine", 1);
    const mortal = mortalTiers(tiers, writes, "after");
    await tieredStore({ ...mortal.tiers, ...options })
      .commit("p", ops)
      .catch(() => undefined);
    expect(mortal.isDead()).toBe(true);
    const parts = () => collect(tiers.durable.scan("p", { prefix: "p/" }));
    const everything = async () => {
      const found: unknown[] = [];
      for await (const name of tiers.durable.partitions(""))
        found.push(...(await collect(tiers.durable.scan(name))));
      return JSON.stringify(found);
    };
    return { ...tiers, clock, others, parts, everything };
  }

  // Checks in the hot store, the note, three parts.
  it("before it happened: they go with a sweep, though nobody fills the partition again", async () => {
    const { clock, others, parts, everything } = await died(5);
    expect(await parts()).toHaveLength(3);
    await others.sweep();
    expect(await parts()).toHaveLength(3);
    clock.advance(FENCE_MS + 1);
    await others.sweep();
    expect(await everything()).not.toContain("planted");
    expect(await everything()).not.toContain("_/parts");
    expect((await collect(others.scan("p"))).map(({ sort }) => sort)).toEqual(["mine"]);
  });

  it("before the first of them was written: nothing is left of its note either", async () => {
    const { clock, others, parts, everything } = await died(2);
    expect(await parts()).toHaveLength(0);
    expect(await everything()).toContain("_/parts");
    clock.advance(FENCE_MS + 1);
    await others.sweep();
    expect(await everything()).not.toContain("_/parts");
  });

  it("after it happened: a sweep finishes it", async () => {
    const { clock, others, parts, everything } = await died(6);
    expect(await parts()).toHaveLength(3);
    clock.advance(FENCE_MS + 1);
    await others.sweep();
    expect(await parts()).toHaveLength(0);
    expect(await everything()).not.toContain("_/parts");
    const found = await collect(others.scan("p"));
    expect(found.map(({ sort, value }) => [sort, value])).toEqual([
      ["a", "planted in a"],
      ["b", "planted in b"],
      ["c", "planted in c"],
      ["mine", 1],
    ]);
  });

  it("a sweep leaves alone what is under way, and its note goes with it", async () => {
    const clock = createFakeClock();
    const tiers = { hot: memoryStore({ clock }), durable: memoryStore({ clock }) };
    const options = { clock, patienceMs: 0, partBytes: 1, fenceMs: FENCE_MS };
    const slow = halting(tiers, 6, "before");
    const committing = tieredStore({ ...slow.tiers, ...options }).commit("p", ops);
    await slow.stands;
    const others = tieredStore({ ...tiers, ...options });
    await others.sweep();
    slow.goOn();
    expect(await committing).toEqual({ status: "committed" });
    expect(await collect(others.scan("p"))).toHaveLength(3);
    expect(await collect(tiers.durable.scan("_/parts"))).toEqual([]);
    expect(await collect(others.partitions(""))).toEqual(["p"]);
  });

  it("a commit that stood still for longer than its parts are kept gives up", async () => {
    const clock = createFakeClock();
    const tiers = { hot: memoryStore({ clock }), durable: memoryStore({ clock }) };
    const options = { clock, patienceMs: 0, partBytes: 1, fenceMs: FENCE_MS };
    const others = tieredStore({ ...tiers, ...options });
    await others.put("p", "mine", 1);
    const slow = halting(tiers, 5, "after");
    const committing = tieredStore({ ...slow.tiers, ...options }).commit("p", ops);
    await slow.stands;
    clock.advance(FENCE_MS + 1);
    await others.sweep();
    slow.goOn();
    await expect(committing).rejects.toMatchObject({ code: "ATTUNE_TIERED_LATE" });
    await others.put("p", "mine", 2);
    expect((await collect(others.scan("p"))).map(({ value }) => value)).toEqual([2]);
  });
});

describe("what the durable store refuses", () => {
  const refusing = (durable: Store): Store => {
    const check = (sort: string): void => {
      if (sort.length > 300) throw new AttuneError("ATTUNE_STORE_KEY", "Too long.");
    };
    return {
      ...durable,
      async getMany(keys) {
        for (const { sort } of keys) check(sort);
        return durable.getMany(keys);
      },
      async put(partition, sort, value, options) {
        check(sort);
        if (JSON.stringify(value).length > 1000) throw new AttuneError("ATTUNE_STORE_VALUE", "Too large.");
        return durable.put(partition, sort, value, options);
      },
    };
  };
  const durable = memoryStore();
  const open = (): AtomicStore =>
    tieredStore({ hot: memoryStore(), durable: refusing(durable), partBytes: 600 });

  it("is refused before anything is committed, by key and by size", async () => {
    const store = open();
    await store.put("p", "a", 1);
    for (const [sort, value] of [
      ["x".repeat(400), 1],
      ["b", "x".repeat(2000)],
    ] as const) {
      const ops = [
        { op: "put", sort: "a", value: 2 },
        { op: "put", sort, value },
      ] as const;
      await expect(store.commit("p", ops, { once: "token" })).rejects.toThrow();
      expect((await collect(store.scan("p"))).map(({ version }) => version)).toEqual([1]);
    }
    expect(await collect(durable.scan("p", { prefix: "p/" }))).toEqual([]);
    expect(await store.commit("p", [{ op: "put", sort: "a", value: 2 }], { once: "token" })).toEqual({
      status: "committed",
    });
  });

  it("harms none of those that are written with it", async () => {
    const store = open();
    const values = ["small", "x".repeat(2000), "small too"];
    const outcomes = await Promise.allSettled(
      ["first", ...values].map((value, i) => store.put("q", `${i}`, value)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect((await collect(store.scan("q"))).length).toBe(3);
  });

  it("a time in the hot store that is too short is refused", () => {
    const refusal = (): unknown => {
      try {
        return tieredStore({ hot: memoryStore(), durable: memoryStore(), hotTtlMs: 10 });
      } catch (error) {
        return error;
      }
    };
    expect(isAttuneError(refusal())).toBe(true);
  });
});
