import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { MetricDefinition, Ruleset } from "../../decisions/types.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { CountSums, RevenueSums } from "../../stats/index.js";
import { createPersonalizationService } from "../create-service.js";
import { everything, sample, T0 } from "../service.test.suite.js";
import { compilePast, isBefore, type Past } from "./measure-past.js";

const DAY = 86_400_000;
const METRICS: Record<string, MetricDefinition> = {
  spent: { type: "sum", event: "Order Completed", value: "revenue", cap: 100, before: { days: 7 } },
  often: {
    type: "count",
    event: "Order Completed",
    where: { "properties.revenue": { $gte: 20 } },
    before: { days: 2 },
  },
  plain: { type: "sum", event: "Order Completed", value: "revenue" },
};
const slot = (experiment: string) => ({
  variants: { a: 1, b: 2 },
  fallback: "a",
  policy: { type: "split" as const, experiment, weights: { a: 0.5, b: 0.5 } },
});
const RULESET: Ruleset = {
  ...{ schemaVersion: 1, revision: 1, metrics: METRICS },
  experiments: {
    first: { primary: "spent", secondary: ["often", "plain"] },
    second: { primary: "often" },
  },
  slots: { one: slot("first"), two: slot("second") },
};

const serviceOf = (ruleset: Ruleset) =>
  createPersonalizationService({ stores: { hot: memoryStore() }, ruleset });

interface Told {
  visitor: number;
  /** In hours after the first day. */
  at: number;
  revenue: number;
  covered: boolean;
}
const order = ({ visitor, at, revenue, covered }: Told, id: string | number) =>
  sample({
    ...{ id: `o${id}`, visitorId: `v${visitor}`, sessionId: `s${visitor}`, name: "Order Completed" },
    ...{ properties: { revenue }, occurredAt: T0 + at * 3_600_000 },
    ...(!covered && { consent: { purposes: ["necessary", "personalization"], policyVersion: "1" } }),
  });
const exposure = (visitor: number, at: number, experiment = "first") =>
  sample({
    ...{ id: `x${visitor}-${experiment}`, visitorId: `v${visitor}`, sessionId: `s${visitor}` },
    ...{ name: "Variant Exposed", occurredAt: T0 + at * 3_600_000 },
    properties: { experiment, variant: visitor % 2 === 0 ? "a" : "b", slot: "one" },
  });

const told: fc.Arbitrary<Told> = fc.record({
  visitor: fc.integer({ min: 0, max: 3 }),
  at: fc.integer({ min: 0, max: 15 * 24 }),
  revenue: fc.constantFrom(0, 5, 19.99, 40, 70, -10),
  covered: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
});

/** The same told plainly: of each visitor what lies in the whole days before the day of the exposure. */
function expected(orders: readonly Told[], visitors: readonly number[], exposedAt: readonly number[]) {
  const [spent, often] = [new Map<string, number[]>(), new Map<string, number[]>()];
  for (const visitor of visitors) {
    const day = Math.floor((exposedAt[visitor] as number) / 24);
    const own = orders.filter((one) => one.visitor === visitor && one.covered);
    const within = (days: number) =>
      own.filter(({ at }) => Math.floor(at / 24) < day && Math.floor(at / 24) >= day - days);
    const variant = visitor % 2 === 0 ? "a" : "b";
    const sum = within(7).reduce((total, { revenue }) => total + revenue, 0);
    spent.set(variant, [...(spent.get(variant) ?? []), Math.min(100, sum)]);
    const large = within(2).filter(({ revenue }) => revenue >= 20).length;
    often.set(variant, [...(often.get(variant) ?? []), large]);
  }
  return { spent, often };
}

const total = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0);

describe("what a visitor came to before an experiment", () => {
  it("is counted once, whatever comes when and twice, of covered events alone, and not of the erased", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 15 * 24 }), { minLength: 4, maxLength: 4 }),
        fc.func(fc.integer()),
        fc.integer({ min: 0, max: 3 }),
        async (orders, exposedAt, key, gone) => {
          const service = serviceOf(RULESET);
          const events = [...orders.map(order), ...exposedAt.map((at, visitor) => exposure(visitor, at))]
            .map((event, i) => [key(i), event] as const)
            .sort(([a], [b]) => a - b)
            .map(([, event]) => event);
          for (let i = 0; i < events.length; i += 5) await service.ingest(events.slice(i, i + 5));
          await service.ingest(events);
          const check = async (visitors: readonly number[]): Promise<void> => {
            const { variants = {} } = (await service.experimentSums("first")) ?? {};
            const { spent, often } = expected(orders, visitors, exposedAt);
            for (const [variant, values] of spent) {
              const metrics = variants[variant]?.metrics;
              const { before } = metrics?.["spent"] as RevenueSums;
              expect(before?.sum).toBeCloseTo(total(values), 6);
              expect(before?.sumSquares).toBeCloseTo(total(values.map((one) => one * one)), 4);
              const counts = often.get(variant) as number[];
              const large = (metrics?.["often"] as CountSums).before;
              expect(large?.sum).toBe(total(counts));
              expect(large?.sumSquares).toBe(total(counts.map((one) => one * one)));
              expect(metrics?.["plain"]).not.toHaveProperty("before");
            }
          };
          await check([0, 1, 2, 3]);
          await service.erase({ visitorId: `v${gone}` });
          await check([0, 1, 2, 3].filter((visitor) => visitor !== gone));
          await service.close();
        },
      ),
      { numRuns: 30 },
    );
  }, 60_000);

  it("goes with what came after, is kept before there is an experiment, and serves each run and experiment by its own day", async () => {
    const { experiments: _, ...early } = RULESET;
    const service = serviceOf({ ...early, slots: {} });
    const of = (at: number, revenue: number) => ({ visitor: 0, at, revenue, covered: true });
    await service.ingest([order(of(2 * 24, 30), 1), order(of(5 * 24, 20), 2)]);
    await service.loadRuleset({ ...RULESET, revision: 2 });
    // The first day is more than seven days away by then, and what comes on the day itself is not the past.
    await service.ingest([
      order(of(10 * 24 + 1, 7), 3),
      exposure(0, 10 * 24 + 2),
      order(of(10 * 24 + 3, 11), 4),
    ]);
    const spent = async (run?: number) =>
      (await service.experimentSums("first", run === undefined ? {} : { run }))?.variants["a"]?.metrics[
        "spent"
      ];
    expect(await spent()).toEqual({
      ...{ type: "revenue", n: 1, buyers: 1, sum: 11, sumSquares: 121 },
      before: { sum: 20, sumSquares: 400, sumProducts: 220 },
    });
    await service.ingest([exposure(0, 12 * 24, "second")]);
    expect((await service.experimentSums("second"))?.variants["a"]?.metrics["often"]).toMatchObject({
      before: { sum: 0 },
    });
    const again = { ...RULESET.experiments, first: { primary: "spent", run: 2 } };
    await service.loadRuleset({ ...RULESET, revision: 3, experiments: again });
    await service.ingest([
      sample({
        ...{ id: "x-again", visitorId: "v0", sessionId: "s0", name: "Variant Exposed" },
        ...{ occurredAt: T0 + 13 * DAY, properties: { experiment: "first", variant: "a", slot: "one" } },
      }),
    ]);
    expect(await spent(2)).toMatchObject({ n: 1, before: { sum: 18, sumSquares: 324 } });
    expect(await spent(1)).toMatchObject({ before: { sum: 20 } });
    await service.erase({ visitorId: "v0" });
    expect(await spent(1)).toBeUndefined();
    await service.close();
  });

  it("leaves nothing of events that analytics do not cover, in what is kept either", async () => {
    const hot = memoryStore();
    const service = createPersonalizationService({ stores: { hot }, ruleset: RULESET });
    await service.ingest([order({ visitor: 1, at: 0, revenue: 43.21, covered: false }, 1)]);
    const past = async () => {
      const log = { capabilities: { shards: 0 }, deadLetters: { read: async () => [] } };
      return (await everything({ hot, log } as never)).match(/"past":\{[^}]*\}/)?.[0] ?? null;
    };
    expect(await past()).toBeNull();
    await service.ingest([order({ visitor: 1, at: 1, revenue: 12.34, covered: true }, 2)]);
    expect(await past()).toBe(`"past":{"spent":[[${T0 / DAY},123400]]}`);
    await service.loadRuleset({
      ...RULESET,
      revision: 2,
      metrics: { ...METRICS, spent: METRICS["plain"] as MetricDefinition },
    });
    await service.ingest([order({ visitor: 1, at: 2, revenue: 1, covered: true }, 3)]);
    expect(await past()).toBeNull();
    await service.close();
  });

  it("is the same when everything is made anew from the log", async () => {
    const ports = { stores: { hot: memoryStore() }, log: memoryLog(), ruleset: RULESET };
    const service = createPersonalizationService(ports);
    const of = (visitor: number, at: number, revenue: number) => ({ visitor, at, revenue, covered: true });
    const events = [
      ...[order(of(0, 24, 30), 1), order(of(1, 30, 25), 2), exposure(0, 72), exposure(1, 72)],
      ...[order(of(0, 80, 50), 3), order(of(1, 40, 5), 4)],
    ];
    for (const event of events) await service.ingest([event], { waitMs: 5000 });
    await service.settled();
    const before = await service.experimentSums("first");
    expect(before?.variants["a"]?.metrics["spent"]).toMatchObject({ before: { sum: 30, sumProducts: 1500 } });
    expect(before?.variants["b"]?.metrics["spent"]).toMatchObject({ before: { sum: 30, sumProducts: 0 } });
    await service.close();
    const again = createPersonalizationService({ ...ports, worker: false });
    await again.rebuild();
    expect(await again.experimentSums("first")).toEqual(before);
    await again.close();
  });

  it("is taken out of what came after once it is of a hundred visitors, so that less is left to chance", async () => {
    const { first } = RULESET.experiments ?? {};
    const service = serviceOf({ ...RULESET, experiments: { first: { ...first, primary: "spent" } } });
    const report = async () => {
      const results = await service.experiments.results("first");
      return results?.report.metrics.find(({ name }) => name === "spent");
    };
    const visit = (visitor: number) => {
      const usual = 10 + ((visitor >> 1) % 9) * 5;
      return [
        order({ visitor, at: 24, revenue: usual, covered: true }, `${visitor}-before`),
        exposure(visitor, 72),
        order({ visitor, at: 73, revenue: usual + (visitor % 2) + (visitor % 5), covered: true }, visitor),
      ];
    };
    const visits = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => visit(from + i)).flat();
    await service.ingest(visits(0, 60));
    expect(await report()).toMatchObject({ method: "beta-gamma", varianceReduction: null });
    await service.ingest(visits(60, 200));
    const metric = await report();
    expect(metric).toMatchObject({ method: "cuped", reason: "known-before" });
    expect(metric?.varianceReduction).toBeGreaterThan(0.9);
    expect(metric?.comparisons[0]?.difference.median).toBeCloseTo(1, 1);
    const bare = (await service.experiments.results("first"))?.report.metrics.find(
      ({ name }) => name === "plain",
    );
    const width = ({ lower = 0, upper = 0 } = {}) => upper - lower;
    expect(width(metric?.comparisons[0]?.difference)).toBeLessThan(
      width(bare?.comparisons[0]?.difference) / 3,
    );
    await service.close();
  });
});

describe("what is kept by day", () => {
  const { remember } = compilePast(METRICS, () => () => true);
  const event = (day: number, revenue: number) =>
    ({ ...order({ visitor: 0, at: 0, revenue, covered: true }, day), occurredAt: day * DAY + 5 }) as never;

  it("is bounded, and the same whatever the order", () => {
    const days = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom(1, 2.5)), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(days, (list) => {
        const fold = (all: typeof list): Past =>
          all.reduce((past, [day, value]) => remember(past, event(day, value)), {});
        const forth = fold(list);
        expect(fold([...list].reverse())).toEqual(forth);
        expect(forth["spent"]?.length ?? 0).toBeLessThanOrEqual(14);
        expect(forth["often"]?.length ?? 0).toBeLessThanOrEqual(9);
        expect(forth["plain"]).toBeUndefined();
      }),
    );
  });

  it("is of whole days before the day of the exposure", () => {
    expect(isBefore(9 * DAY + 3, 10 * DAY, 1)).toBe(true);
    expect(isBefore(10 * DAY, 10 * DAY + 5, 1)).toBe(false);
    expect(isBefore(9 * DAY - 1, 10 * DAY + 5, 1)).toBe(false);
    expect(isBefore(11 * DAY, 10 * DAY, 1)).toBe(false);
  });
});
