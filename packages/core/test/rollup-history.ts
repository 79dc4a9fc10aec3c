import { expect } from "vitest";
import fc from "fast-check";
import { memoryLog, memoryStore } from "../src/memory/index.js";
import type { Log } from "../src/ports/log.js";
import type { Series } from "../src/ports/series.js";
import type { AtomicStore } from "../src/ports/store.js";
import { createPersonalizationService } from "../src/service/index.js";
import type { FigureName, PersonalizationService } from "../src/service/types.js";
import { sample } from "../src/service/service.test.suite.js";
import { createFakeClock, type FakeClock } from "../src/testing/fake-clock.js";
import { createLife, mortalAtomicStore, mortalLog } from "../src/testing/mortal.js";
import { eventually } from "../src/testing/assert.js";

/** What a series does with a write: takes it, loses it, or takes it and loses the answer. */
type Fault = "none" | "lost" | "unanswered";

export type RollupStep =
  | {
      do: "events";
      events: { id: number; visitor: number; session: number | null; name: number; total: number }[];
    }
  | { do: "wait"; ms: number }
  /** A worker that dies at its n-th write to the store or the log, or is closed when it is done. */
  | { do: "work"; writes: number; edge: "before" | "after"; fault: Fault }
  | { do: "ruleset"; from: number }
  | { do: "sweep"; fault: Fault };

const NAMES = ["Page Viewed", "Product Viewed", "Order Completed", "Variant Exposed"] as const;

const fault = fc.constantFrom<Fault>("none", "none", "lost", "unanswered");
export const rollupHistory: fc.Arbitrary<RollupStep[]> = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("events" as const),
        events: fc.array(
          fc.record({
            id: fc.nat(60),
            visitor: fc.nat(5),
            session: fc.option(fc.nat(4)),
            name: fc.nat(NAMES.length - 1),
            total: fc.integer({ min: 1, max: 3 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("wait" as const),
        ms: fc.oneof(fc.nat(100_000), fc.nat(3 * 3_600_000)),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("work" as const),
        writes: fc.integer({ min: 1, max: 40 }),
        edge: fc.constantFrom("before" as const, "after" as const),
        fault,
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("ruleset" as const), from: fc.integer({ min: 1, max: 3 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("sweep" as const), fault }) },
  ),
  { minLength: 3, maxLength: 18 },
);

/** The series as a process sees it whose writes fail so, until it is dead. */
const faulty = (series: Series, kind: Fault, isDead: () => boolean): Series => ({
  ...series,
  async write(points) {
    if (isDead() || kind === "lost") throw new Error("The series is away.");
    await series.write(points);
    if (kind === "unanswered") throw new Error("The answer was lost.");
  },
});

/** Sum of a figure over all time, by its tags in one text. */
async function total(service: PersonalizationService, figure: FigureName, by: string[] = []) {
  const range = { from: 0, to: 2_000_000_000_000, windowMs: 86_400_000 };
  const rows = (await service.series({ figure, by, ...range })) ?? [];
  const sums = rows.map(({ tags, windows }) => [
    by.map((tag) => tags[tag]).join(" / "),
    windows.reduce((sum, { value }) => sum + value, 0),
  ]);
  return Object.fromEntries(sums) as Record<string, number>;
}

/** Holds the series to the counters: what was counted is in it once, whatever happened. */
export async function expectAgreement(service: PersonalizationService): Promise<void> {
  const { byName, visitors, sessions, conversions, experiments, segments: told } = await service.summary();
  const segments: Record<string, number> = {};
  for (const name of Object.keys(told)) segments[name] = (await service.segmentSize(name)) ?? 0;
  const { "": orders = 0 } = await total(service, "orders");
  const entered = await total(service, "entered", ["segment"]);
  const left = await total(service, "left", ["segment"]);
  const exposures = await total(service, "exposures", ["experiment", "variant"]);
  const converted = await total(service, "conversions", ["experiment", "variant"]);
  const arms = Object.entries(experiments).flatMap(([experiment, variants]) =>
    Object.entries(variants).map(([variant, counts]) => [`${experiment} / ${variant}`, counts] as const),
  );
  expect({
    byName: await total(service, "events", ["event"]),
    visitors: (await total(service, "visitors"))[""] ?? 0,
    sessions: (await total(service, "sessions"))[""] ?? 0,
    converted: (await total(service, "convertedSessions"))[""] ?? 0,
    orders,
    revenue: (await total(service, "revenue"))[""] ?? 0,
    arms: Object.fromEntries(
      arms.map(([arm]) => [arm, { exposures: exposures[arm] ?? 0, conversions: converted[arm] ?? 0 }]),
    ),
    allExposures: Object.keys(exposures).length,
    segments: Object.fromEntries(
      Object.keys({ ...entered, ...segments })
        .map((name) => [name, (entered[name] ?? 0) - (left[name] ?? 0)] as const)
        .filter(([, size]) => size !== 0),
    ),
  }).toEqual({
    byName,
    visitors,
    sessions: sessions.given + sessions.derived,
    converted: conversions.sessions,
    orders: conversions.orders,
    revenue: conversions.revenue,
    arms: Object.fromEntries(arms),
    allExposures: arms.length,
    segments,
  });
}

export interface RollupPorts {
  clock: FakeClock;
  hot: AtomicStore;
  log: Log;
}

export const rollupPorts = (): RollupPorts => {
  const clock = createFakeClock();
  return { clock, hot: memoryStore({ clock }), log: memoryLog({ clock, shards: 2 }) };
};

/** Lives through a history on a series, and ends caught up. */
export async function liveThrough(
  { clock, hot, log }: RollupPorts,
  series: Series,
  steps: readonly RollupStep[],
): Promise<PersonalizationService> {
  const open = (over: { worker: boolean; series?: Series; hot?: AtomicStore; log?: Log }) =>
    createPersonalizationService({
      stores: { hot: over.hot ?? hot },
      log: over.log ?? log,
      series: over.series ?? series,
      clock,
      worker: over.worker,
      report: () => undefined,
    });
  const door = open({ worker: false });
  let revision = 0;
  for (const step of steps) {
    if (step.do === "wait") clock.advance(step.ms);
    else if (step.do === "ruleset")
      await door.loadRuleset({
        schemaVersion: 1,
        revision: ++revision,
        segments: [
          { name: "viewers", enter: { productViews: { $gte: step.from } }, exit: { orders: { $gte: 1 } } },
        ],
        slots: {},
      });
    else if (step.do === "events")
      await door.ingest(
        step.events.map(({ id, visitor, session, name, total: sum }) =>
          sample({
            id: `event-${id}`,
            name: NAMES[name],
            visitorId: `visitor-${visitor}`,
            sessionId: session === null ? null : `session-${session}`,
            occurredAt: clock.now(),
            properties: {
              product_id: "p",
              total: sum,
              experiment: `e-${sum}`,
              slot: "hero",
              variant: `v/${visitor % 2}`,
            },
          }),
        ),
      );
    else if (step.do === "work") {
      const life = createLife(step.writes, step.edge);
      const at = {
        hot: mortalAtomicStore(hot, life.burn),
        log: mortalLog(log, life.burn),
        isDead: life.isDead,
      };
      const worker = open({
        ...at,
        log: at.log,
        hot: at.hot,
        worker: true,
        series: faulty(series, step.fault, at.isDead),
      });
      await eventually(
        async () => at.isDead() || (await log.lag("fold")) === 0,
        "it dies or is done",
        20_000,
        0,
      );
      await worker.close();
    } else {
      const sweeper = open({ worker: false, series: faulty(series, step.fault, () => false) });
      await sweeper.sweep();
      await sweeper.close();
    }
  }
  await door.close();
  const last = open({ worker: true });
  await last.settled();
  await last.sweep();
  await last.close();
  return last;
}
