import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { granted } from "../../../test/shop.js";
import type { Ruleset } from "../../decisions/types.js";
import { memoryStore } from "../../memory/index.js";
import type { MetricSums } from "../../stats/index.js";
import { createPersonalizationService } from "../create-service.js";
import { sample, T0 } from "../service.test.suite.js";

const RULESET: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  metrics: {
    bought: { type: "conversion", event: "Order Completed" },
    spent: { type: "sum", event: "Order Completed", value: "revenue" },
    each: {
      type: "ratio",
      numerator: { event: "Order Completed", value: "revenue" },
      denominator: { event: "Order Completed" },
    },
  },
  holdouts: { all: { share: 0.1 } },
  experiments: {
    try: {
      primary: "bought",
      secondary: ["each", "spent"],
      dimensions: {
        device: { attribute: "device", values: ["mobile", "desktop"] },
        plan: { attribute: "context.plan", values: ["free", 2] },
      },
    },
  },
  slots: {
    cta: {
      variants: { a: 1, b: 2 },
      fallback: "a",
      holdouts: ["all"],
      policy: { type: "split", experiment: "try", weights: { a: 0.5, b: 0.5 } },
    },
  },
};

const NAMES = ["Variant Assigned", "Variant Rendered", "Variant Exposed", "Order Completed"] as const;
const ORDER = { "Variant Assigned": 1, "Variant Rendered": 2, "Variant Exposed": 3, "Order Completed": 0 };

interface Step {
  visitor: number;
  name: (typeof NAMES)[number];
  variant: string;
  holdout: boolean;
  device: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  visitor: fc.integer({ min: 0, max: 4 }),
  name: fc.constantFrom(...NAMES),
  variant: fc.constantFrom("a", "b"),
  holdout: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  device: fc.constantFrom("mobile", "desktop", "tablet"),
});

const eventOf = ({ visitor, name, variant, holdout, device }: Step, index: number) =>
  sample({
    ...{ id: `e${index}`, visitorId: `v${visitor}`, sessionId: `s${visitor}`, name, occurredAt: T0 + index },
    properties:
      name === "Order Completed"
        ? { revenue: 5 }
        : { slot: "cta", variant, ...(holdout ? { holdout } : { experiment: "try" }) },
    context: { device: { type: device }, plan: "free" },
  });

interface Model {
  stages: Record<string, [assigned: number, rendered: number, delivered: number, orders: number]>;
  told: number;
}

/** The same told plainly, visitor by visitor: how far each came, and what each was shown first, else last assigned. */
function expected(steps: readonly Step[]): Model {
  const model: Model = { stages: {}, told: 0 };
  for (let visitor = 0; visitor < 5; visitor++) {
    const own = steps.filter((one) => one.visitor === visitor);
    const way = own.filter((one) => ORDER[one.name] > 0 && (!one.holdout || one.name === "Variant Exposed"));
    const seen = way.find(({ name }) => name === "Variant Exposed");
    const furthest =
      seen ??
      way.reduce<Step | null>((far, one) => (far && ORDER[far.name] >= ORDER[one.name] ? far : one), null);
    if (furthest === null) continue;
    const variant = furthest.holdout && seen ? "(holdout)" : furthest.variant;
    const counts = (model.stages[variant] ??= [0, 0, 0, 0]);
    for (let stage = 0; stage < ORDER[furthest.name]; stage++) (counts[stage] as number)++;
    if (seen === undefined) continue;
    for (let stage = 0; stage < 3; stage++) counts[stage] = counts[stage] as number;
    if (own.slice(own.indexOf(seen)).some(({ name }) => name === "Order Completed")) counts[3]++;
    if (variant !== "(holdout)" && way.some((one) => one !== seen && ORDER[one.name] < 3)) model.told++;
  }
  return model;
}

describe("stages on the way to being counted", () => {
  it("are nested and exact, whatever comes when and twice, and without the erased", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 0, max: 4 }),
        async (steps, gone) => {
          const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
          const events = steps.map(eventOf);
          for (let i = 0; i < events.length; i += 5) await service.ingest(events.slice(i, i + 5));
          await service.ingest(events);
          const check = async (left: readonly Step[]): Promise<void> => {
            const { stages, told } = expected(left);
            const sums = await service.experimentSums("try");
            const found: Model = { stages: {}, told: 0 };
            for (const [variant, { stages: at, told: some, metrics, units }] of Object.entries(
              sums?.variants ?? {},
            )) {
              expect(units).toBe(at.delivered);
              found.stages[variant] = [
                at.assigned,
                at.rendered,
                at.delivered,
                (metrics["bought"] as { sum: number }).sum,
              ];
              found.told += some;
            }
            if (sums?.holdout) {
              const { units, metrics } = sums.holdout;
              found.stages["(holdout)"] = [units, units, units, (metrics["bought"] as { sum: number }).sum];
            }
            expect(found).toEqual({ stages, told });
          };
          await check(steps);
          await service.erase({ visitorId: `v${gone}` });
          await check(steps.filter(({ visitor }) => visitor !== gone));
          await service.close();
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);

  it("say where visitors were lost when a variant fails before it is in the page", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const rules = { ...RULESET, slots: { cta: { ...RULESET.slots["cta"], holdouts: [] } } } as Ruleset;
    let shown = 0;
    for (let i = 0; i < 60; i++) {
      const { attune, events, time } = await granted({ seed: i + 1 }, { decisions: { ruleset: rules } });
      const { variant } = attune.decide("cta");
      // Three of four pages that render `b` throw there.
      if (variant === "a" || shown++ % 4 === 0) {
        attune.rendered("cta");
        attune.expose("cta");
      }
      await attune.track("Product Viewed", {});
      await time.advance(2000);
      await service.ingest(events());
    }
    const report = (await service.experiments.results("try"))?.report;
    expect(report?.sampleRatio).toMatchObject({ state: "mismatch", lostAt: "render" });
    expect(report?.sampleRatio.causes[0]).toBe("variant-fails");
    const [assigned, rendered, delivered] = report?.sampleRatio.stages ?? [];
    expect(assigned?.ratio.state).toBe("ok");
    expect(rendered?.lost?.shares["a"]).toBe(0);
    expect(rendered?.lost?.shares["b"]).toBeGreaterThan(0.6);
    expect(delivered?.lost?.test.p).toBe(1);
    expect(report?.decision.state).toBe("stopped-srm");
    await service.close();
  }, 60_000);

  it("are one where older pages tell of what was seen alone, and a note says of how many where some do", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const one = (visitor: string, name: string, variant: string) =>
      sample({
        ...{ id: `${visitor}-${name}`, visitorId: visitor, sessionId: visitor, name },
        properties: { experiment: "try", slot: "cta", variant },
      });
    const results = async () => (await service.experiments.results("try"))?.report;
    await service.ingest([one("ann", "Variant Exposed", "a"), one("ben", "Variant Exposed", "b")]);
    const before = await results();
    expect(before?.sampleRatio.stages.map(({ stage }) => stage)).toEqual(["delivered"]);
    expect(before?.notes.map(({ code }) => code)).not.toContain("stages-untold");
    await service.ingest([one("cem", "Variant Assigned", "a")]);
    const after = await results();
    expect(after?.variants.find(({ name }) => name === "a")?.units).toEqual({
      assigned: 2,
      rendered: 1,
      delivered: 1,
    });
    expect(after?.notes).toContainEqual({ code: "stages-untold", severity: "info", facts: { units: 2 } });
    await service.close();
  });
});

describe("groups and holdouts", () => {
  const purchase = (visitor: string) =>
    sample({
      ...{ id: `${visitor}-o`, visitorId: visitor, sessionId: visitor, name: "Order Completed" },
      ...{ properties: { revenue: 8 }, occurredAt: T0 + 5 },
    });
  const seen = (visitor: string, { context, ...properties }: Record<string, unknown>) =>
    sample({
      ...{ id: `${visitor}-x`, visitorId: visitor, sessionId: visitor, name: "Variant Exposed", context },
      properties: { slot: "cta", variant: "a", ...properties },
    });
  const rate = (n: number, sum: number): MetricSums => ({ type: "proportion", n, sum });

  it("are counted of the metrics that are no ratio; small groups stand together, and none is left that can be worked out", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const of = (count: number, device: string, [variant, buyers]: [string, number]) =>
      Array.from({ length: count }, (_, i) => {
        const visitor = `${device}-${variant}-${i}`;
        const context = { device: { type: device }, plan: i === 0 ? 2 : "free" };
        return [
          seen(visitor, { experiment: "try", variant, context }),
          ...(i < buyers ? [purchase(visitor)] : []),
        ];
      }).flat();
    await service.ingest([
      ...of(30, "mobile", ["a", 3]),
      ...of(30, "mobile", ["b", 6]),
      ...of(10, "desktop", ["a", 1]),
      ...of(9, "desktop", ["b", 2]),
      ...of(2, "tablet", ["b", 1]),
    ]);
    const sums = await service.experimentSums("try");
    expect(sums?.dimensions.map(({ name }) => name)).toEqual(["device", "plan"]);
    const [device, plan] = sums?.dimensions ?? [];
    // 19 on desktops are too few to stand alone, and with the two others they are 21.
    expect(device?.groups.map(({ name, metrics }) => [name, metrics["bought"]])).toEqual([
      ["mobile", { a: rate(30, 3), b: rate(30, 6) }],
      ["(other)", { a: rate(10, 1), b: rate(11, 3) }],
    ]);
    expect(Object.keys(device?.groups[0]?.metrics ?? {})).toEqual(["bought", "spent"]);
    expect(device?.groups[1]?.metrics["spent"]?.["b"]).toMatchObject({
      n: 11,
      buyers: 3,
      sum: 24,
      sumSquares: 192,
    });
    // Five of another plan could be told by subtraction if the rest were shown.
    expect(plan?.groups.map(({ name, metrics }) => [name, metrics["bought"]?.["a"]?.n])).toEqual([
      ["(other)", 40],
    ]);
    const report = (await service.experiments.results("try"))?.report;
    const byDevice = report?.dimensions.find(
      ({ dimension, metric }) => dimension === "device" && metric === "bought",
    );
    expect(byDevice?.groups.map(({ name, treatment }) => [name, treatment.units])).toEqual([
      ["mobile", 30],
      ["(other)", 11],
    ]);
    await service.close();
  });

  it("compare whom a holdout kept out with all who took part, from when each saw the place", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, ruleset: RULESET });
    const visitors = (count: number, prefix: string) =>
      Array.from({ length: count }, (_, i) => `${prefix}${i}`);
    await service.ingest([
      purchase("early"),
      ...visitors(40, "h").flatMap((visitor, i) => [
        seen(visitor, { holdout: true, context: {} }),
        ...(i < 8 ? [purchase(visitor)] : []),
      ]),
      ...visitors(60, "t").flatMap((visitor, i) => [
        seen(visitor, { experiment: "try", variant: i % 2 ? "a" : "b", context: {} }),
        ...(i < 20 ? [purchase(visitor)] : []),
      ]),
      // Whoever took part did so, though a larger holdout keeps it out from now on.
      { ...(seen("t0", { holdout: true, context: {} }) as object), id: "late" },
    ]);
    const found = await service.experiments.results("try");
    expect(found?.sums.holdout).toMatchObject({ units: 40, metrics: { bought: rate(40, 8) } });
    expect(Object.keys(found?.sums.variants ?? {}).sort()).toEqual(["a", "b"]);
    expect(found?.report.variants.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(found?.report.holdout.find(({ metric }) => metric === "bought")).toMatchObject({
      units: { holdout: 40, experiment: 60 },
      comparison: { difference: { value: expect.closeTo(20 / 60 - 8 / 40, 10) as number } },
    });
    await service.close();
  });
});
