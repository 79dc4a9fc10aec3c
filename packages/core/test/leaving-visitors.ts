import fc from "fast-check";
import { expect, it } from "vitest";
import type { Log } from "../src/ports/log.js";
import type { AtomicStore } from "../src/ports/store.js";
import { createPersonalizationService } from "../src/service/index.js";
import type { VisitorRecord } from "../src/service/layout/records.js";
import { sample } from "../src/service/service.test.suite.js";
import type { PersonalizationService } from "../src/service/types.js";
import { createFakeClock, type FakeClock } from "../src/testing/fake-clock.js";

const DAY = 86_400_000;
const RETENTION = 7 * DAY;
const waitMs = 10_000;

export interface LeavingPorts {
  hot: AtomicStore;
  log: Log;
  close(): Promise<void>;
}

type Step =
  | { do: "view"; visitor: number; counted: boolean }
  | { do: "order"; visitor: number }
  | { do: "wait"; ms: number }
  | { do: "sweep"; both: boolean }
  | { do: "erase"; visitor: number }
  | { do: "ruleset"; from: number };

const visitor = fc.nat(5);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("view" as const), visitor, counted: fc.boolean() }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("order" as const), visitor }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 5 * DAY }) }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("sweep" as const), both: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("erase" as const), visitor }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("ruleset" as const), from: fc.integer({ min: 1, max: 3 }) }),
    },
  ),
  { minLength: 4, maxLength: 24 },
);

const rulesetFrom = (revision: number, from: number) => ({
  ...{ schemaVersion: 1, revision, slots: {} },
  segments: [
    { name: "viewers", enter: { productViews: { $gte: from } }, exit: { revenue: { $gte: 1 } } },
    { name: "buyers", enter: { revenue: { $gte: 1 } } },
  ],
});

let ids = 0;
const viewed = (who: string, at: number, over: Record<string, unknown> = {}) =>
  sample({
    ...{ id: `l${ids++}`, name: "Product Viewed", visitorId: who, sessionId: `s-${who}`, occurredAt: at },
    ...over,
  });
const uncounted = { consent: { purposes: ["necessary", "personalization"], policyVersion: "1" } };

/** Those whose states are there, by the segments that their own records say they are counted in. */
async function standing(hot: AtomicStore): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for await (const partition of hot.partitions("default/v/")) {
    const state = await hot.get<VisitorRecord>(partition, "state");
    for (const [name, by] of Object.entries(state?.value.counts ?? {}))
      if (name.startsWith("segment/")) sizes[name.slice(8)] = (sizes[name.slice(8)] ?? 0) + by;
  }
  return sizes;
}

async function counted(service: PersonalizationService): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const name of Object.keys((await service.summary()).segments))
    sizes[name] = (await service.segmentSize(name)) ?? 0;
  return sizes;
}

/** What a sweep must do with who is past retention, on any ports: run it once per set of adapters. */
export function leavingSuite(
  open: (clock: FakeClock) => Promise<LeavingPorts>,
  { histories }: { histories: number },
): void {
  const world = async () => {
    const clock = createFakeClock();
    const ports = await open(clock);
    const reports: unknown[] = [];
    /** Without a worker it sweeps alone: what one folds the other would wait to hear of. */
    const start = (worker = true) =>
      createPersonalizationService({
        ...{ stores: { hot: ports.hot }, log: ports.log, clock, retentionMs: RETENTION, worker },
        report: (error) => void reports.push(error),
      });
    return { clock, ports, reports, start };
  };

  it("takes who is past retention out of the segments, once, also by sweeps side by side", async () => {
    const { clock, ports, reports, start } = await world();
    const [one, other] = [start(), start(false)];
    await one.loadRuleset(rulesetFrom(1, 1));
    await one.ingest(
      Array.from({ length: 6 }, (_, n) => viewed(`v${n}`, clock.now())),
      { waitMs },
    );
    await one.settled();
    clock.advance(RETENTION - DAY);
    await one.ingest([viewed("v0", clock.now()), viewed("v1", clock.now(), uncounted)], { waitMs });
    await one.sweep();
    expect(await one.segmentSize("viewers")).toBe(6);
    clock.advance(DAY);
    await Promise.all([one.sweep(), other.sweep(), one.sweep()]);
    // The two who were here a day ago are in it still, and the one of them who was not counted then is put off.
    expect(await counted(one)).toEqual({ viewers: 2 });
    await other.sweep();
    expect(await counted(one)).toEqual({ viewers: 2 });
    clock.advance(RETENTION);
    await other.sweep();
    expect(await counted(one)).toEqual({});
    clock.advance(RETENTION + DAY);
    await one.sweep();
    const left: string[] = [];
    for await (const partition of ports.hot.partitions("default/c/"))
      for await (const { sort } of ports.hot.scan(partition)) if (!sort.startsWith("n/")) left.push(sort);
    expect(left).toEqual([]);
    expect(reports).toEqual([]);
    await Promise.all([one.close(), other.close()]);
    await ports.close();
  });

  it("counts who comes back before the sweep once, where it stands by then", async () => {
    const { clock, ports, start } = await world();
    const service = start();
    await service.loadRuleset(rulesetFrom(1, 1));
    const order = (who: string) =>
      viewed(who, clock.now(), { name: "Order Completed", properties: { total: 5 } });
    await service.ingest(
      ["same", "other", "none", "gone"].map((who) => viewed(who, clock.now())),
      { waitMs },
    );
    clock.advance(RETENTION);
    await service.ingest(
      [
        viewed("same", clock.now()),
        order("other"),
        viewed("none", clock.now(), { ...uncounted, name: "Page Viewed" }),
      ],
      { waitMs },
    );
    await service.settled();
    expect(await counted(service)).toEqual({ viewers: 2, buyers: 1 });
    await service.sweep();
    expect(await counted(service)).toEqual({ viewers: 1, buyers: 1 });
    await service.close();
    await ports.close();
  });

  it("takes who is erased between the end of the state and the sweep out of the segments, too", async () => {
    for (const anonymizeOnly of [false, true]) {
      const { clock, ports, start } = await world();
      const service = start();
      await service.loadRuleset(rulesetFrom(1, 1));
      await service.ingest([viewed("a", clock.now())], { waitMs });
      clock.advance(RETENTION);
      await service.erase({ visitorId: "a" }, { anonymizeOnly });
      expect(await counted(service)).toEqual({});
      await service.sweep();
      expect(await counted(service)).toEqual({});
      await service.close();
      await ports.close();
    }
  });

  it("after any history leaves in the segments those whose states are there", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (history) => {
        const { clock, ports, start } = await world();
        const [one, other] = [start(), start(false)];
        let revision = 1;
        await one.loadRuleset(rulesetFrom(revision, 1));
        for (const step of history) {
          if (step.do === "wait") clock.advance(step.ms);
          else if (step.do === "ruleset") await one.loadRuleset(rulesetFrom(++revision, step.from));
          else if (step.do === "erase") await one.erase({ visitorId: `v${step.visitor}` });
          else if (step.do === "sweep") await Promise.all([one.sweep(), step.both && other.sweep()]);
          else {
            const more =
              step.do === "order"
                ? { name: "Order Completed", properties: { total: 1 } }
                : step.counted
                  ? {}
                  : uncounted;
            await one.ingest([viewed(`v${step.visitor}`, clock.now(), more)], { waitMs });
          }
        }
        await one.settled();
        await Promise.all([one.sweep(), other.sweep()]);
        expect(await counted(one)).toEqual(await standing(ports.hot));
        await Promise.all([one.close(), other.close()]);
        await ports.close();
      }),
      { numRuns: histories },
    );
  }, 60_000);
}
