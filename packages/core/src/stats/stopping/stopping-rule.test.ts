import { describe, expect, it } from "vitest";
import {
  coverage,
  plainRule,
  rate,
  revenue,
  runExperiments,
  sampleRatios,
} from "../../../../../scripts/prove/simulated-experiments.mjs";
import * as stats from "../index.js";
import {
  metricEvidence,
  type MetricReading,
  type MetricSums,
  type StoppingEvidence,
  type StoppingOptions,
  stoppingRule,
  type TreatmentEvidence,
} from "../index.js";

const rateOf = (sum: number, n: number): MetricSums => ({ type: "proportion", n, sum });
const control = rateOf(1000, 10_000);

function treatmentOf(
  variant: string,
  primary: MetricSums,
  guardrails: readonly (Partial<MetricReading> & { sums: MetricSums; control?: MetricSums })[] = [],
): TreatmentEvidence {
  return {
    variant,
    units: primary.n,
    primary: [metricEvidence({ metric: "signup" }, control, primary)],
    guardrails: guardrails.map(({ sums, control: base = control, ...reading }) =>
      metricEvidence({ metric: "errors", ...reading }, base, sums),
    ),
  };
}

const decide = (
  treatments: readonly TreatmentEvidence[],
  given: Partial<StoppingEvidence> = {},
  options?: StoppingOptions,
) => stoppingRule({ days: 14, faults: [], sampleRatio: null, treatments, ...given }, options);

describe("the stopping rule", () => {
  it("lets a treatment win that is credibly better, and says by how much it may be wrong", () => {
    const decision = decide([treatmentOf("b", rateOf(1200, 10_000))]);
    expect(decision).toMatchObject({ state: "winner", code: "better", variant: "b", metric: "signup" });
    const [verdict] = decision.treatments;
    expect(verdict?.expectedLoss).toBeLessThan(verdict?.acceptedLoss as number);
    expect(verdict?.primary[0]?.effect?.lower).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  });

  it("waits for whole weeks and enough units, but not with harm", () => {
    const better = [treatmentOf("b", rateOf(1200, 10_000))];
    expect(decide(better, { days: 6.9 })).toMatchObject({ state: "collecting", code: "too-few-days" });
    expect(decide(better, { days: null }).state).toBe("winner");
    expect(decide(better, {}, { minimumUnits: 10_001 })).toMatchObject({
      state: "collecting",
      code: "too-few-units",
    });
    expect(decide([treatmentOf("b", rateOf(800, 10_000))], { days: 1 })).toMatchObject({
      state: "harm",
      code: "primary-worse",
    });
  });

  it("does not take a handful of events for a large sample", () => {
    const scarce = {
      ...treatmentOf("b", rateOf(0, 1000)),
      primary: [metricEvidence({ metric: "signup" }, rateOf(24, 500), rateOf(0, 1000))],
    };
    expect(decide([scarce])).toMatchObject({ state: "collecting", code: "too-few-events" });
  });

  it("turns round for what is to decrease", () => {
    const fewer = {
      ...treatmentOf("b", control),
      primary: [metricEvidence({ metric: "returns", direction: "decrease" }, control, rateOf(800, 10_000))],
    };
    expect(decide([fewer])).toMatchObject({ state: "winner", metric: "returns" });
  });

  it("ends where nothing is better by as much as one cares about", () => {
    const same = [treatmentOf("b", rateOf(1_000, 10_000))];
    expect(decide(same)).toMatchObject({ state: "collecting", code: "not-clear" });
    expect(decide(same, {}, { caring: 0.2 })).toMatchObject({ state: "no-difference", code: "no-better" });
  });

  it("does not ship what may cost more than one cares about", () => {
    const barely = [treatmentOf("b", rateOf(1160, 10_000))];
    expect(decide(barely, {}, { caring: 1e-7 })).toMatchObject({
      state: "collecting",
      code: "loss-too-high",
    });
    expect(decide(barely).state).toBe("winner");
  });

  it("stops for a guardrail that is credibly worse, and waits for one that has to be safe", () => {
    const winner = rateOf(1200, 10_000);
    const worse = { sums: rateOf(1200, 10_000), direction: "decrease" } as const;
    expect(decide([treatmentOf("b", winner, [worse])])).toMatchObject({
      state: "harm",
      code: "guardrail-worse",
      metric: "errors",
    });
    const same = { sums: rateOf(1000, 10_000), direction: "decrease" } as const;
    expect(decide([treatmentOf("b", winner, [same])]).state).toBe("winner");
    expect(decide([treatmentOf("b", winner, [{ ...same, margin: 0.02 }])])).toMatchObject({
      state: "collecting",
      code: "guardrail-unclear",
    });
    const safe = decide([treatmentOf("b", winner, [{ ...same, margin: 0.2 }])]);
    expect([safe.state, safe.treatments[0]?.guardrails[0]?.state]).toEqual(["winner", "safe"]);
    // Worse, but by less than was agreed on.
    expect(decide([treatmentOf("b", winner, [{ ...worse, margin: 0.5 }])]).state).toBe("winner");
  });

  it("names the best of several, and shares the error among them", () => {
    const decision = decide([
      treatmentOf("b", rateOf(1190, 10_000)),
      treatmentOf("c", rateOf(1250, 10_000)),
      treatmentOf("d", rateOf(1000, 10_000)),
    ]);
    expect(decision).toMatchObject({ state: "winner", variant: "c", alsoBetter: ["b"] });
    expect(decision.treatments[0]?.primary[0]?.alpha).toBeCloseTo(0.05 / 3, 12);
    const alone = decide([treatmentOf("b", rateOf(1150, 10_000))]);
    const amongFour = decide(
      ["b", "c", "d", "e"].map((name) => treatmentOf(name, rateOf(name === "b" ? 1150 : 1000, 10_000))),
    );
    expect([alone.state, amongFour.state]).toEqual(["winner", "collecting"]);
  });

  it("calls nothing a winner from what cannot be judged", () => {
    const better = [treatmentOf("b", rateOf(1200, 10_000))];
    expect(decide(better, { faults: [{ code: "weights-sum" }] })).toMatchObject({
      state: "invalid",
      code: "weights-sum",
    });
    expect(decide(better, { sampleRatio: { stage: "render", p: 1e-6 } })).toMatchObject({
      state: "stopped-srm",
      sampleRatio: { stage: "render" },
    });
    expect(decide([])).toMatchObject({ state: "invalid", code: "no-treatment" });
    expect(decide([{ ...treatmentOf("b", control), primary: [] }])).toMatchObject({
      state: "invalid",
      code: "no-primary",
    });
    const flat: MetricSums = { type: "mean", n: 1000, sum: 0, sumSquares: 0 };
    const still = { ...treatmentOf("b", control), primary: [metricEvidence({ metric: "x" }, flat, flat)] };
    expect(decide([still])).toMatchObject({ state: "collecting", code: "no-variance" });
  });

  it("refuses options that cannot be", () => {
    const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path });
    expect(() => decide([], {}, { alpha: 1 })).toThrow(refused("/alpha"));
    expect(() => decide([], {}, { caring: -1 })).toThrow(refused("/caring"));
    expect(() => decide([], {}, { minimumDays: Number.NaN })).toThrow(refused("/minimumDays"));
    expect(() => decide([], {}, { tightestAt: 0 })).toThrow(refused("/tightestAt"));
  });
});

describe("T32 by simulation (the short form of `npm run prove -- experiments`)", () => {
  const base = { runs: 80, looks: 100 };

  it("an A/A test looked at 100 times rarely has a winner, with rates and with revenue", () => {
    const rates = runExperiments(stats, { ...base, perLook: [100, 100], primary: rate(0.05) });
    const skewed = runExperiments(stats, {
      ...base,
      runs: 30,
      perLook: [200, 200],
      primary: revenue(0.03, 1),
    });
    expect(rates.winner + rates.harm).toBeLessThan(0.07);
    expect(skewed.winner + skewed.harm).toBeLessThan(0.08);
  });

  it("the plain rule is wrong about every second time", () => {
    expect(plainRule(stats, { runs: 12, looks: 60, perLook: 100, base: 0.05 })).toBeGreaterThan(0.3);
  });

  it("finds an uplift that is there", () => {
    const found = runExperiments(stats, {
      ...{ runs: 60, looks: 40, perLook: [1000, 1000], primary: rate(0.05), lift: 0.2 },
    });
    expect(found.winner).toBeGreaterThan(0.9);
    expect(found.harm).toBe(0);
  });

  it("a sample ratio that is right is not called wrong, and one that is not is found where it is", () => {
    const setting = { looks: 50, perLook: 500, shares: [0.6, 0.4] };
    expect(sampleRatios(stats, { ...setting, runs: 30 }).alarms).toBeLessThan(0.02);
    expect(sampleRatios(stats, { ...setting, runs: 20, broken: 0.08 })).toEqual({
      alarms: 1,
      at: { render: 20 },
    });
  });

  it("95 % intervals hold the truth about 95 times of 100", () => {
    for (const [, share] of Object.entries(coverage(stats, { runs: 80 }))) {
      expect(share).toBeGreaterThan(0.87);
      expect(share).toBeLessThanOrEqual(1);
    }
  });
});
