import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { AtomicStore } from "../../ports/store.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import { rulesTimeline } from "../rules/stored-ruleset.js";
import { sample } from "../service.test.suite.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 25);

type Step =
  | { do: "event"; visitor: number; name: string; id: number; user: number | null; value: number }
  | { do: "consent"; visitor: number; grants: boolean }
  | { do: "user-consent"; user: number; grants: boolean }
  | { do: "ruleset"; from: number }
  | { do: "erase"; visitor: number }
  | { do: "wait"; ms: number };

const visitor = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("event" as const),
      visitor,
      name: fc.constantFrom("Page Viewed", "Product Viewed", "Product Added", "Order Completed"),
      id: fc.nat(30),
      user: fc.option(fc.nat(1)),
      value: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("consent" as const), visitor, grants: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("user-consent" as const), user: fc.nat(1), grants: fc.boolean() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("ruleset" as const), from: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("erase" as const), visitor }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(4_000_000) }) },
);

const rulesetFrom = (revision: number, from: number) => ({
  schemaVersion: 1,
  revision,
  segments: [
    { name: "viewers", enter: { productViews: { $gte: from } }, exit: { productViews: { $lt: from - 1 } } },
  ],
  slots: {},
});

/** Everything a store holds but for versions, and for what says when it was written. */
async function contents(hot: AtomicStore): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for await (const partition of hot.partitions("default/")) {
    // Effects are numbered by commits, of which a rebuild makes others; what they have come to is in the counters. How far visitors were brought in line is a note of the work.
    for await (const { sort, value } of hot.scan(partition)) {
      if (sort.startsWith("a/") || sort.startsWith("d/") || sort === "n/" || sort === SORT.segmentation)
        continue;
      const { seq: _seq, pending: _pending, ...rest } = value as { seq?: number; pending?: unknown };
      found[`${partition} ${sort}`] =
        typeof value !== "object"
          ? value
          : sort.startsWith("user/")
            ? "linked"
            : partition.includes("/v/")
              ? rest
              : value;
    }
  }
  return found;
}

async function run(steps: readonly Step[], sealed: boolean) {
  const clock = createFakeClock();
  const hot = memoryStore({ clock });
  const log = memoryLog({ clock, shards: 2 });
  const service = createPersonalizationService({
    stores: { hot },
    log,
    clock,
    ...(sealed && { keys: memoryKeys() }),
  });
  let revision = 0;
  for (const one of steps) {
    clock.advance(1000);
    if (one.do === "wait") clock.advance(one.ms);
    else if (one.do === "ruleset") await service.loadRuleset(rulesetFrom(++revision, one.from));
    else if (one.do === "erase") await service.erase({ visitorId: `visitor-${one.visitor}` });
    else if (one.do === "event") {
      const { visitor: who, name, id, user, value } = one;
      await service.ingest([
        sample({
          id: `event-${id}`,
          name,
          visitorId: `visitor-${who}`,
          sessionId: `session-${who}`,
          occurredAt: clock.now(),
          properties: { product_id: `p-${value}`, total: value },
          ...(user !== null && { userId: `user-${user}` }),
        }),
      ]);
    } else {
      const purposes = { analytics: one.grants, personalization: one.grants };
      const id =
        one.do === "consent" ? { visitorId: `visitor-${one.visitor}` } : { userId: `user-${one.user}` };
      await service.consent(id, { purposes, policyVersion: "1", source: "api" });
    }
    await service.settled();
  }
  await service.close();
  return {
    hot,
    log,
    clock,
    service,
    worker: () => createPersonalizationService({ stores: { hot }, log, clock, worker: false }),
  };
}

describe("T36: folding the log from the start", () => {
  it("gives the live state, segments, events, counters and sessions of everyone who was not erased", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const { hot, service, worker } = await run(steps, false);
        const [before, summary] = [await contents(hot), await service.summary()];
        const rebuilding = worker();
        const { events } = await rebuilding.rebuild();
        expect(await contents(hot)).toEqual(before);
        expect(await rebuilding.summary()).toEqual(summary);
        expect(events).toBeGreaterThanOrEqual(summary.events);
        // Again, as after a rebuild that was cut off.
        await rebuilding.rebuild();
        expect(await contents(hot)).toEqual(before);
        await rebuilding.close();
      }),
      { numRuns: HISTORIES },
    );
  }, 120_000);

  it("mends what was damaged, tells how far it is, and workers go on after it", async () => {
    const events = Array.from({ length: 30 }, (_, i): Step => {
      return { do: "event", visitor: i % 4, name: "Product Viewed", id: i, user: null, value: 1 };
    });
    const { hot, worker, service } = await run([{ do: "ruleset", from: 2 }, ...events], false);
    const [before, summary] = [await contents(hot), await service.summary()];
    for await (const partition of hot.partitions("default/v/")) await hot.delete(partition, "state");
    await hot.deletePartition("default/c/0");
    const rebuilding = worker();
    const told: string[] = [];
    const result = await rebuilding.rebuild(({ phase, done }) => told.push(`${phase} ${done}`));
    expect(result).toMatchObject({ entries: 30, events: 30 });
    expect(told.at(-1)).toBe("folding 30");
    expect(told.filter((line) => line.startsWith("clearing")).length).toBe(result.partitions);
    expect(await contents(hot)).toEqual(before);
    expect(await rebuilding.summary()).toEqual(summary);
    await rebuilding.close();
  });

  it("leaves the erased erased, also where the log still holds their events under a destroyed key", async () => {
    const clock = createFakeClock();
    const hot = memoryStore({ clock });
    const inner = memoryLog({ clock, shards: 1 });
    const log = { ...inner, erase: async () => 0 };
    const keys = memoryKeys();
    const service = createPersonalizationService({ stores: { hot }, log, clock, keys });
    for (const who of ["ann", "ben"])
      await service.ingest([sample({ id: who, visitorId: who, sessionId: `s-${who}` })], { waitMs: 5000 });
    await service.erase({ visitorId: "ann" });
    const summary = await service.summary();
    await service.close();
    const rebuilding = createPersonalizationService({ stores: { hot }, log, clock, keys, worker: false });
    expect(await rebuilding.rebuild()).toMatchObject({ entries: 2, events: 1 });
    expect(await rebuilding.summary()).toEqual(summary);
    expect(await rebuilding.profile({ visitorId: "ann" })).toBeNull();
    await rebuilding.close();
  });

  it("leaves out what is past its retention, and its key gone with it, where the log holds it still", async () => {
    const clock = createFakeClock();
    const hot = memoryStore({ clock });
    const ports = { stores: { hot }, log: memoryLog({ clock, shards: 1 }), keys: memoryKeys(), clock };
    const retentionMs = 7 * 86_400_000;
    const service = createPersonalizationService({ ...ports, retentionMs });
    await service.ingest([sample({ id: "old", visitorId: "old" })]);
    await service.settled();
    clock.advance(retentionMs + 2 * 86_400_000);
    await service.ingest([sample({ id: "new", visitorId: "new" })]);
    await service.settled();
    await service.close();
    const again = createPersonalizationService({ ...ports, retentionMs, worker: false });
    expect(await again.rebuild()).toMatchObject({ entries: 2, events: 1 });
    await again.close();
  });

  it("finds the ruleset that was in force, at whatever write its publication was cut off", async () => {
    for (let writes = 0, cut = true; cut; writes++) {
      const inner = memoryStore();
      let left = Number.POSITIVE_INFINITY;
      const durable: AtomicStore = {
        ...inner,
        put: (...args) => (left-- > 0 ? inner.put(...args) : Promise.reject(new Error("dead"))),
      };
      const service = createPersonalizationService({ stores: { hot: memoryStore(), durable } });
      await service.loadRuleset(rulesetFrom(1, 1));
      left = writes;
      cut = await service.loadRuleset(rulesetFrom(2, 2)).then(
        () => false,
        () => true,
      );
      const stored = await inner.get<{ version: string }>(metaPartition("default"), SORT.ruleset);
      const rulesAt = await rulesTimeline({ durable: inner, report: () => undefined }, "default");
      expect(rulesAt(Date.now()).compiled?.version, `after ${writes} writes`).toBe(stored?.value.version);
      await service.close();
    }
  });

  it("says so where there is no log", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() } });
    await expect(service.rebuild()).rejects.toMatchObject({ code: "ATTUNE_SERVICE_NO_LOG" });
    await service.close();
  });
});
