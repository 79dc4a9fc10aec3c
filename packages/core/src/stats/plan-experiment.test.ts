import { describe, expect, it } from "vitest";
import { normalQuantile, planExperiment, type PlanInput, sampleSize } from "./index.js";

const PLAN: PlanInput = {
  metric: { type: "proportion", baseline: 0.05 },
  minimumEffect: 0.1,
  unitsPerDay: 8000,
};

describe("the plan of an experiment", () => {
  it("at one look asks for what the formula of two proportions does", () => {
    const { units } = planExperiment(PLAN);
    const { perVariantUnpooled } = sampleSize({ baseline: 0.05, relativeUplift: 0.1 });
    expect(units.fixed).toBeCloseTo(2 * perVariantUnpooled, 4);
  });

  it("for any number of looks asks for more, and says how much", () => {
    const { units, inflation, days, weeks, decision } = planExperiment(PLAN);
    expect(inflation).toBeGreaterThan(1.3);
    expect(inflation).toBeLessThan(2);
    expect(units.total).toBeCloseTo(inflation * units.fixed, 6);
    expect(days).toBe(Math.ceil(units.total / 8000));
    expect(weeks).toBe(Math.ceil(days / 7));
    expect(decision.tightestAt).toBe(Math.ceil(units.total));
  });

  it("tells what each week can find, ending at what was asked for", () => {
    const { detectable, days, weeks } = planExperiment(PLAN);
    const effects = detectable.map(({ effect }) => effect as number);
    expect(effects).toEqual([...effects].sort((a, b) => b - a));
    expect(effects[weeks - 1]).toBeLessThanOrEqual(0.1);
    if (weeks > 1 && days > 7) expect(effects[Math.floor(days / 7) - 1]).toBeGreaterThan(0.099);
  });

  it("takes CUPED, coverage, more variants, a large control and means into account", () => {
    const total = (change: Partial<PlanInput>) => planExperiment({ ...PLAN, ...change }).units.total;
    const plain = total({});
    expect(total({ varianceReduction: 0.5 }) / plain).toBeCloseTo(0.5, 6);
    expect(planExperiment({ ...PLAN, coverage: 0.1 }).days).toBeGreaterThan(9 * planExperiment(PLAN).days);
    expect(total({ variants: 4 })).toBeGreaterThan(2 * plain);
    expect(total({ controlShare: 0.9 })).toBeGreaterThan(2 * plain);
    const metric = { type: "mean", baseline: 2, sd: 10 } as const;
    const mean = planExperiment({ ...PLAN, metric });
    const z = normalQuantile(0.975) + normalQuantile(0.8);
    expect(mean.units.fixed).toBeCloseTo(4 * z * z * (100 / 0.04), 3);
    expect(planExperiment({ ...PLAN, metric, minimumEffect: -0.1 }).units).toEqual(mean.units);
    expect(planExperiment({ ...PLAN, metric, minimumEffect: -0.1 }).detectable[0]?.effect).toBeLessThan(0);
  });

  it("does not end before a whole week", () => {
    const { days, detectable } = planExperiment({ ...PLAN, unitsPerDay: 1e9 });
    expect([days, detectable.length]).toEqual([7, 2]);
    const few = planExperiment({ ...PLAN, unitsPerDay: 1, metric: { type: "proportion", baseline: 0.9 } });
    expect(few.detectable[0]?.effect).toBeNull();
  });

  it("refuses what cannot be", () => {
    const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path });
    for (const [change, path] of [
      [{ metric: { type: "proportion", baseline: 1 } }, "/metric/baseline"],
      [{ metric: { type: "mean", baseline: 1, sd: 0 } }, "/metric/sd"],
      [{ metric: { type: "mean", baseline: 0, sd: 1 } }, "/metric/baseline"],
      [{ minimumEffect: 20 }, "/minimumEffect"],
      [{ minimumEffect: 0 }, "/minimumEffect"],
      [{ unitsPerDay: 0 }, "/unitsPerDay"],
      [{ coverage: 1.1 }, "/coverage"],
      [{ variants: 1 }, "/variants"],
      [{ power: 1 }, "/power"],
      [{ varianceReduction: 1 }, "/varianceReduction"],
      [{ controlShare: 1 }, "/controlShare"],
    ] as const)
      expect(() => planExperiment({ ...PLAN, ...change } as PlanInput)).toThrow(refused(path));
  });
});
