import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ruleset } from "../../decisions/types.js";
import type { RevenueSums } from "../../stats/index.js";
import { memoryStore } from "../../memory/index.js";
import { createPersonalizationService } from "../create-service.js";
import { sample, T0 } from "../service.test.suite.js";
import { product, wideValue } from "./wide-sum.js";

const split = (experiment: string, sticky = {}) => ({
  variants: { a: 1, b: 2 },
  fallback: "a",
  policy: { type: "split" as const, experiment, weights: { a: 0.5, b: 0.5 }, sticky },
});
const RULESET: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  metrics: {
    bought: { type: "conversion", event: "Order Completed" },
    orders: { type: "count", event: "Order Completed" },
    revenue: { type: "sum", event: "Order Completed", value: "revenue", cap: 100 },
    large: { type: "conversion", event: "Order Completed", where: { "properties.revenue": { $gte: 50 } } },
    soon: { type: "conversion", event: "Order Completed", withinMs: 60_000 },
    value: {
      type: "ratio",
      numerator: { event: "Order Completed", value: "revenue" },
      denominator: { event: "Order Completed" },
    },
    searched: { type: "count", event: "Searched Again" },
  },
  experiments: {
    first: { primary: "bought", secondary: ["orders", "revenue", "large", "soon", "value", "searched"] },
    known: { primary: "orders" },
    strict: { primary: "orders" },
  },
  slots: {
    one: split("first"),
    two: split("known", { onConflict: "keep-known" }),
    three: split("strict", { onConflict: "exclude" }),
  },
};

interface Step {
  visitor: number;
  at: number;
  name: "Variant Exposed" | "Order Completed" | "Page Viewed";
  experiment: string;
  variant: string;
  revenue: number;
  user: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  visitor: fc.integer({ min: 0, max: 4 }),
  at: fc.integer({ min: 0, max: 120_000 }),
  name: fc.constantFrom("Variant Exposed", "Variant Exposed", "Order Completed", "Page Viewed"),
  experiment: fc.constantFrom("first", "known", "strict", "not-measured"),
  variant: fc.constantFrom("a", "b", "made up"),
  revenue: fc.constantFrom(0, 0.01, 19.99, 50, 250, -20),
  user: fc.boolean(),
});

const eventOf = ({ visitor, at, name, experiment, variant, revenue, user }: Step, index: number) =>
  sample({
    id: `e${index}`,
    visitorId: `v${visitor}`,
    sessionId: `s${visitor}`,
    ...(user && { userId: `u${visitor}` }),
    name,
    occurredAt: T0 + at,
    properties: name === "Variant Exposed" ? { experiment, variant, slot: "x" } : { revenue },
  });

type Model = Record<string, { units: number; orders: number; revenue: number; squares: number }>;

/** The same told plainly: visitor by visitor, from the list of what happened. */
function expected(steps: readonly Step[], experiment: string, rule: "first" | "known" | "exclude"): Model {
  const model: Model = {};
  for (let visitor = 0; visitor < 5; visitor++) {
    const own = steps.filter((one) => one.visitor === visitor);
    const shown = own.filter((one) => one.name === "Variant Exposed" && one.experiment === experiment);
    const [first] = shown;
    if (first === undefined) continue;
    const nameOf = (one: Step): string => (one.variant === "made up" ? "(other)" : one.variant);
    const known = shown.find((one) => one.user);
    if (rule === "exclude" && shown.some((one) => nameOf(one) !== nameOf(first))) continue;
    const variant = nameOf(rule === "known" ? (known ?? first) : first);
    const orders = own
      .slice(own.indexOf(first) + 1)
      .filter((one) => one.name === "Order Completed" && one.at >= first.at);
    const revenue = orders.reduce(
      (sum, one) => Math.min(100, Math.round((sum + one.revenue) * 100) / 100),
      0,
    );
    const arm = (model[variant] ??= { units: 0, orders: 0, revenue: 0, squares: 0 });
    arm.units++;
    arm.orders += orders.length;
    arm.revenue += revenue;
    arm.squares += revenue * revenue;
  }
  return model;
}

describe("what is measured of an experiment", () => {
  it("T9 is what the visitors did after their first exposure, whatever is repeated, and without the erased", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 0, max: 4 }),
        async (steps, gone) => {
          const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
          const events = steps.map(eventOf);
          for (let i = 0; i < events.length; i += 7) await service.ingest(events.slice(i, i + 7));
          await service.ingest(events);
          const check = async (left: readonly Step[]): Promise<void> => {
            for (const [experiment, rule] of [
              ["first", "first"],
              ["known", "known"],
              ["strict", "exclude"],
            ] as const) {
              const model = expected(left, experiment, rule);
              const { variants = {} } = (await service.experimentSums(experiment)) ?? {};
              expect(Object.keys(variants).sort()).toEqual(Object.keys(model).sort());
              for (const [variant, { units, orders, revenue, squares }] of Object.entries(model)) {
                const arm = variants[variant];
                expect(arm?.units).toBe(units);
                expect(arm?.metrics["orders"]).toMatchObject({ n: units, events: orders });
                if (experiment !== "first") continue;
                const found = arm?.metrics["revenue"] as RevenueSums;
                expect(found.sum).toBeCloseTo(revenue, 6);
                expect(found.sumSquares).toBeCloseTo(squares, 6);
              }
            }
          };
          await check(steps);
          await service.erase({ visitorId: `v${gone}` });
          await check(steps.filter(({ visitor }) => visitor !== gone));
          await service.close();
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);

  it("comes as sums that every test takes", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const told = (visitor: string, id: string, at: number, name: string, properties: object) =>
      sample({
        id: `${visitor}${id}`,
        visitorId: visitor,
        sessionId: visitor,
        name,
        properties,
        occurredAt: T0 + at,
      });
    const exposed = (visitor: string, variant: string) =>
      told(visitor, "x", 10, "Variant Exposed", { experiment: "first", variant, slot: "one" });
    await service.ingest([
      told("ann", "0", 0, "Order Completed", { revenue: 999 }),
      exposed("ann", "a"),
      told("ann", "1", 20, "Order Completed", { revenue: 30 }),
      told("ann", "2", 90_000, "Order Completed", { revenue: 90 }),
      told("ann", "3", 90_001, "Searched Again", {}),
      exposed("ben", "a"),
      exposed("cem", "b"),
      told("cem", "1", 70_000, "Order Completed", { revenue: "much" }),
    ]);
    const revenue = (n: number, buyers: number, sum: number, sumSquares: number) => ({
      type: "revenue",
      n,
      buyers,
      sum,
      sumSquares,
    });
    const rate = (n: number, sum: number) => ({ type: "proportion", n, sum });
    const often = (n: number, events: number, sumSquares: number) => ({
      type: "count",
      n,
      events,
      sumSquares,
    });
    const zero = { numSum: 0, numSumSquares: 0, denSum: 1, denSumSquares: 1, sumProducts: 0 };
    const some = { numSum: 120, numSumSquares: 14_400, denSum: 2, denSumSquares: 4, sumProducts: 240 };
    const seenBy = (count: number) => ({ assigned: count, rendered: count, delivered: count });
    expect(await service.experimentSums("first")).toEqual({
      experiment: "first",
      run: 1,
      crossed: 0,
      holdout: null,
      dimensions: [],
      variants: {
        a: {
          ...{ units: 2, stages: seenBy(2), told: 0 },
          metrics: {
            bought: rate(2, 1),
            orders: often(2, 2, 4),
            // 120, at most 100.
            revenue: revenue(2, 1, 100, 10_000),
            large: rate(2, 1),
            soon: rate(2, 1),
            value: { type: "ratio", n: 2, ...some },
            searched: often(2, 1, 1),
          },
        },
        b: {
          ...{ units: 1, stages: seenBy(1), told: 0 },
          metrics: {
            bought: rate(1, 1),
            orders: often(1, 1, 1),
            revenue: revenue(1, 0, 0, 0),
            large: rate(1, 0),
            soon: rate(1, 0),
            value: { type: "ratio", n: 1, ...zero },
            searched: often(1, 0, 0),
          },
        },
      },
    });
    expect(await service.experimentSums("nothing")).toBeNull();
    expect(await service.experimentSums("first", { run: 2 })).toMatchObject({ run: 2, variants: {} });
    await service.close();
  });

  it("begins anew with a new run, and what a changed metric has counted before is taken away exactly", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const order = (id: string) =>
      sample({
        id,
        visitorId: "ann",
        name: "Order Completed",
        properties: { revenue: 10 },
        occurredAt: T0 + 5,
      });
    const exposure = (id: string) =>
      sample({
        id,
        visitorId: "ann",
        name: "Variant Exposed",
        properties: { experiment: "first", variant: "a", slot: "one" },
      });
    await service.ingest([exposure("x1"), order("o1")]);
    const metrics = { ...RULESET.metrics, orders: { type: "conversion" as const, event: "Order Completed" } };
    await service.loadRuleset({ ...RULESET, revision: 2, metrics });
    await service.ingest([order("o2")]);
    expect((await service.experimentSums("first"))?.variants["a"]?.metrics["orders"]).toEqual({
      type: "proportion",
      n: 1,
      sum: 1,
    });
    const again = { ...RULESET.experiments, first: { primary: "orders", run: 2 } };
    await service.loadRuleset({ ...RULESET, revision: 3, experiments: again });
    await service.ingest([order("o3")]);
    expect(await service.experimentSums("first")).toMatchObject({ run: 2, variants: {} });
    await service.ingest([exposure("x2"), order("o4")]);
    expect(await service.experimentSums("first")).toMatchObject({
      variants: { a: { units: 1, metrics: { orders: { events: 1 } } } },
    });
    await service.erase({ visitorId: "ann" });
    for (const run of [1, 2])
      expect(await service.experimentSums("first", { run })).toMatchObject({ variants: {} });
    await service.close();
  });
});

describe("wide sums", () => {
  it("are exact for products beyond what doubles hold, in any order", () => {
    const safe = fc.integer({ min: -1e11, max: 1e11 });
    fc.assert(
      fc.property(fc.array(fc.tuple(safe, safe), { maxLength: 20 }), (pairs) => {
        const sums = [0, 0, 0];
        let exact = 0n;
        for (const [a, b] of pairs) {
          product(a, b).forEach((word, i) => {
            sums[i] = (sums[i] as number) + word;
          });
          exact += BigInt(a) * BigInt(b);
        }
        const [high = 0, middle = 0, low = 0] = sums;
        expect(wideValue(high, middle, low)).toBe(Number(exact));
      }),
    );
  });
});
