import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  analyzeExperiment,
  compareNormalInverseGamma,
  compareRevenue,
  credibleInterval,
  cupedSummary,
  type ExperimentInput,
  type ExperimentReport,
  type MetricSums,
  normalInverseGammaPosterior,
  probabilityToBeat,
  probabilityToBeBest,
  sampleRatioMismatch,
} from "../index.js";

const rate = (sum: number, n: number): MetricSums => ({ type: "proportion", n, sum });
const AB = [
  { name: "a", weight: 0.5 },
  { name: "b", weight: 0.5 },
];
const signup = {
  name: "signup",
  role: "primary",
  sums: { a: rate(1000, 10_000), b: rate(1200, 10_000) },
} as const;
const GOOD: ExperimentInput = {
  variants: AB,
  metrics: [signup],
  stages: { assigned: { a: 10_000, b: 10_000 } },
  days: 14,
};

const codes = ({ notes }: ExperimentReport): string[] => notes.map(({ code }) => code);

/** JSON as it stands: no NaN and no infinity become null, and nothing undefined is lost. */
function expectWhole(report: ExperimentReport): void {
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  JSON.stringify(report, (_key, value: unknown) => {
    if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    return value;
  });
}

describe("a report of an experiment", () => {
  it("says of a rate what the single functions say", () => {
    const report = analyzeExperiment(GOOD);
    expectWhole(report);
    const [a, b] = [
      { successes: 1000, trials: 10_000 },
      { successes: 1200, trials: 10_000 },
    ];
    const [metric] = report.metrics;
    const comparison = metric?.comparisons[0];
    expect(metric).toMatchObject({
      method: "beta",
      reason: "rates-have-an-exact-belief",
      direction: "increase",
    });
    expect(comparison?.probabilityToBeat).toBe(probabilityToBeat(a, b).treatment);
    const { lower, upper } = credibleInterval(a, b);
    expect(comparison?.difference).toMatchObject({ lower, upper });
    const uplift = credibleInterval(a, b, { difference: "relative" });
    expect(comparison?.uplift).toMatchObject({ lower: uplift.lower, upper: uplift.upper });
    expect(comparison?.uplift?.value).toBeCloseTo(0.2, 12);
    expect(metric?.variants.map(({ probabilityToBeBest: best }) => best)).toEqual(
      probabilityToBeBest([a, b]).best,
    );
    expect(report.decision).toMatchObject({ state: "winner", variant: "b" });
    expect(comparison?.finding).toBe("better");
    expect(report.sampleRatio).toMatchObject({ state: "ok", p: 1, lostAt: null });
    expect(report.notes).toEqual([]);
  });

  it("takes the model that fits the sums, and says which and why", () => {
    const values = (shift: number) => Array.from({ length: 200 }, (_, i) => ((i * 37) % 101) / 10 + shift);
    const past = values(0);
    const present = (shift: number) => past.map((value, i) => value + shift + ((i * 13) % 7) / 10);
    const mean = (shift: number): MetricSums => {
      const list = values(shift);
      const sum = (of: (x: number) => number) => list.reduce((total, x) => total + of(x), 0);
      return { type: "mean", n: 200, sum: sum((x) => x), sumSquares: sum((x) => x * x) };
    };
    const report = analyzeExperiment({
      ...GOOD,
      metrics: [
        signup,
        { name: "time", direction: "decrease", sums: { a: mean(1), b: mean(0.2) } },
        {
          name: "revenue",
          sums: {
            a: { type: "revenue", n: 1000, buyers: 50, sum: 2000, sumSquares: 160_000 },
            b: { type: "revenue", n: 1000, buyers: 60, sum: 2500, sumSquares: 210_000 },
          },
        },
        {
          name: "refunds",
          sums: {
            a: { type: "revenue", n: 1000, buyers: 5, sum: -20, sumSquares: 500 },
            b: { type: "revenue", n: 1000, buyers: 5, sum: -30, sumSquares: 500 },
          },
        },
        {
          name: "tickets",
          sums: { a: { type: "count", n: 1000, events: 90 }, b: { type: "count", n: 1000, events: 70 } },
        },
        {
          name: "clicks",
          sums: {
            a: { type: "count", n: 1000, events: 90, sumSquares: 4000 },
            b: { type: "count", n: 1000, events: 70, sumSquares: 3000 },
          },
        },
        {
          name: "adjusted",
          sums: { a: cupedSummary(past, present(0)), b: cupedSummary(past, present(0.3)) },
        },
        {
          name: "perSession",
          sums: Object.fromEntries(
            ["a", "b"].map((name, i) => [
              name,
              {
                ...{ type: "ratio" as const, n: 500, numSum: 600 + 50 * i, numSumSquares: 1500 },
                ...{ denSum: 1000, denSumSquares: 2600, sumProducts: 1400 },
              },
            ]),
          ),
        },
      ],
    });
    expectWhole(report);
    expect(report.metrics.map(({ name, method, reason }) => [name, method, reason])).toEqual([
      ["signup", "beta", "rates-have-an-exact-belief"],
      ["time", "student", "means-of-any-values"],
      ["revenue", "beta-gamma", "few-buy-and-for-much"],
      ["refunds", "student", "revenue-below-zero"],
      ["tickets", "gamma-poisson", "events-come-by-themselves"],
      ["clicks", "student", "events-cluster"],
      ["adjusted", "cuped", "known-before"],
      ["perSession", "delta", "quotient-of-two-sums"],
    ]);
    const byName = new Map(report.metrics.map((metric) => [metric.name, metric]));
    expect(byName.get("adjusted")?.varianceReduction).toBeGreaterThan(0.9);
    const time = byName.get("time")?.comparisons[0];
    // Lower is better, and better is what all of it is about.
    expect(time?.probabilityToBeat).toBeGreaterThan(0.95);
    expect(time?.expectedLoss.treatment).toBeLessThan(time?.expectedLoss.control as number);
    expect(byName.get("time")?.variants[1]?.probabilityToBeBest).toBeCloseTo(
      time?.probabilityToBeat as number,
      12,
    );
    const direct = compareNormalInverseGamma(
      normalInverseGammaPosterior(mean(1) as never),
      normalInverseGammaPosterior(mean(0.2) as never),
    );
    expect(time?.probabilityToBeat).toBeCloseTo(direct.probabilityToBeat.control, 12);
    expect(codes(report)).toEqual(["dispersion-unknown", "dispersion-unknown"]);
  });

  it("of revenue is as sure as purchases vary: exponential ones as the plain model, even ones surer", () => {
    const chance = (squares: number): number => {
      const arm = (buyers: number, sum: number): MetricSums => ({
        ...{ type: "revenue", n: 1000, buyers, sum },
        sumSquares: (squares * (sum * sum)) / buyers,
      });
      const { metrics } = analyzeExperiment({
        ...GOOD,
        metrics: [{ name: "r", role: "primary", sums: { a: arm(100, 4000), b: arm(100, 4600) } }],
      });
      return metrics[0]?.comparisons[0]?.probabilityToBeat as number;
    };
    // Σx² = 2 (Σx)² / n is what exponential values have.
    const plain = compareRevenue(
      { visitors: 1000, orders: 100, revenue: 4000 },
      { visitors: 1000, orders: 100, revenue: 4600 },
    ).probabilityToBeat.treatment;
    expect(chance(1.99)).toBeCloseTo(plain, 2);
    expect(chance(1.2)).toBeGreaterThan(plain + 0.02);
    expect(chance(6)).toBeLessThan(plain - 0.02);
  });

  it("corrects secondary metrics for how many there are, and says so", () => {
    const noise = (name: string, b: number) => ({
      name,
      sums: { a: rate(1000, 10_000), b: rate(b, 10_000) },
    });
    const { metrics, corrections } = analyzeExperiment({
      ...GOOD,
      metrics: [signup, noise("one", 1190), noise("two", 1010), noise("three", 995)],
    });
    expect(corrections).toEqual({
      primary: { method: "bonferroni", comparisons: 1 },
      guardrail: { method: "bonferroni", comparisons: 0 },
      secondary: { method: "e-benjamini-hochberg", comparisons: 3 },
    });
    const one = metrics[1]?.comparisons[0]?.alwaysValid;
    expect(one?.adjustedP).toBeCloseTo(3 * (one?.p as number), 15);
    expect(metrics.map(({ comparisons }) => comparisons[0]?.finding)).toEqual([
      "better",
      "better",
      "unclear",
      "unclear",
    ]);
  });

  it("draws groups towards each other, the more the less is known of them", () => {
    const group = (name: string, n: number, b: number) => ({
      name,
      metrics: { signup: { a: rate(n / 10, n), b: rate(b, n) } },
    });
    const { dimensions } = analyzeExperiment({
      ...GOOD,
      dimensions: [
        { name: "country", groups: [group("de", 6000, 660), group("fr", 3800, 460), group("lu", 200, 60)] },
      ],
    });
    expect(dimensions[0]).toMatchObject({ dimension: "country", metric: "signup", variant: "b" });
    const groups = dimensions[0]?.groups ?? [];
    const pulled = groups.map(({ difference, shrunk }) => Math.abs(difference.value - shrunk.median));
    expect(pulled[2]).toBeGreaterThan(10 * (pulled[0] as number));
    expect(dimensions[0]?.heterogeneity.p).toBeLessThan(0.01);
  });

  it("takes a factorial design apart, also a fraction with its aliases", () => {
    const cells = { a: [-1, -1], b: [1, -1], c: [-1, 1], d: [1, 1] } as const;
    const variants = Object.keys(cells).map((name) => ({ name, weight: 0.25 }));
    const sums = { a: rate(100, 1000), b: rate(150, 1000), c: rate(100, 1000), d: rate(150, 1000) };
    const input = { variants, days: 7, metrics: [{ name: "signup", role: "primary", sums }] } as const;
    const full = analyzeExperiment({ ...input, factorial: { factors: ["colour", "text"], cells } });
    expectWhole(full);
    expect(full.factorial[0]?.effects.map(({ factors, effect }) => [factors.join(), effect])).toEqual([
      ["colour", expect.closeTo(0.05, 12)],
      ["text", expect.closeTo(0, 12)],
      ["colour,text", expect.closeTo(0, 12)],
    ]);
    expect(full.factorial[0]?.effects[0]?.adjustedP).toBeLessThan(0.01);
    const fraction = analyzeExperiment({
      ...input,
      factorial: {
        factors: ["colour", "text", "size"],
        generators: [[0, 1]],
        cells: { a: [-1, -1, 1], b: [1, -1, -1], c: [-1, 1, -1], d: [1, 1, 1] },
      },
    });
    expect(fraction.factorial[0]?.effects[0]).toMatchObject({
      factors: ["colour"],
      aliases: [["text", "size"]],
    });
    const wrong = analyzeExperiment({
      ...input,
      factorial: { factors: ["colour", "text"], cells: { ...cells, d: [1, -1] } },
    });
    expect(wrong.factorial).toEqual([]);
    expect(wrong.notes).toContainEqual(expect.objectContaining({ code: "factorial-unusable" }));
  });

  it("holds all who take part against the holdout", () => {
    const { holdout } = analyzeExperiment({ ...GOOD, holdout: { metrics: { signup: rate(80, 1000) } } });
    expect(holdout).toMatchObject([{ metric: "signup", units: { holdout: 1000, experiment: 20_000 } }]);
    expect(holdout[0]?.comparison.uplift?.value).toBeCloseTo(0.11 / 0.08 - 1, 12);
  });
});

describe("T32: where visitors were lost", () => {
  const stages = (b: {
    assigned?: number;
    rendered?: number;
    delivered?: number;
  }): ExperimentInput["stages"] => ({
    assigned: { a: 10_000, b: b.assigned ?? 10_000 },
    rendered: { a: 9500, b: b.rendered ?? 9500 },
    delivered: { a: 9300, b: b.delivered ?? 9300 },
  });
  const report = (given: ExperimentInput["stages"], looks?: ExperimentInput["looks"]) =>
    analyzeExperiment({ ...GOOD, ...(looks ? { looks } : { stages: given ?? {} }) });

  it("is told by stage, and nothing wins", () => {
    expect(report(stages({})).sampleRatio).toMatchObject({ state: "ok", lostAt: null, causes: [] });
    const assignment = report(stages({ assigned: 10_700, rendered: 10_165, delivered: 9951 }));
    expect(assignment.sampleRatio).toMatchObject({ state: "mismatch", lostAt: "assignment" });
    expect(assignment.decision).toMatchObject({ state: "stopped-srm", sampleRatio: { stage: "assignment" } });
    const render = report(stages({ rendered: 9200, delivered: 9000 }));
    expect(render.sampleRatio).toMatchObject({ state: "mismatch", lostAt: "render" });
    expect(render.sampleRatio.causes[0]).toBe("variant-fails");
    expect(render.sampleRatio.stages[1]?.lost?.shares["b"]).toBeCloseTo(0.08, 12);
    const delivery = report(stages({ delivered: 9000 }));
    expect(delivery.sampleRatio).toMatchObject({ state: "mismatch", lostAt: "delivery" });
    expect(delivery.decision.state).toBe("stopped-srm");
  });

  it("is tested in sequence where it was looked at", () => {
    const look = (a: number, b: number) => ({ assigned: { a, b }, rendered: { a: a * 0.9, b: b * 0.9 } });
    const fine = report(undefined, [look(1000, 990), look(1010, 1000)]);
    expect(fine.sampleRatio.stages[0]?.ratio.kind).toBe("sequential");
    expect(fine.sampleRatio.state).toBe("ok");
    const broken = report(
      undefined,
      Array.from({ length: 10 }, () => look(1000, 1100)),
    );
    expect(broken.sampleRatio).toMatchObject({ state: "mismatch", lostAt: "assignment" });
  });

  it("is worth a look before it is an alarm", () => {
    const counts = [44_700, 45_489];
    const { sampleRatio, notes, decision } = analyzeExperiment({
      ...GOOD,
      stages: { assigned: { a: counts[0] as number, b: counts[1] as number } },
    });
    expect(sampleRatio.p).toBe(sampleRatioMismatch(counts, [1, 1]).p);
    expect(sampleRatio.p).toBeCloseTo(0.008607988, 9);
    expect(sampleRatio.state).toBe("suspicious");
    expect(notes).toContainEqual(expect.objectContaining({ code: "sample-ratio-suspicious" }));
    expect(decision.state).toBe("winner");
  });
});

describe("bad input", () => {
  const invalid = (change: Partial<ExperimentInput>, code: string): ExperimentReport => {
    const report = analyzeExperiment({ ...GOOD, ...change });
    expectWhole(report);
    expect(report.decision.state).toBe("invalid");
    expect(codes(report)).toContain(code);
    return report;
  };
  const metric = (sums: Record<string, MetricSums>) => [{ name: "signup", role: "primary" as const, sums }];

  it("impossible counts are named, and nothing wins from them", () => {
    const { notes } = invalid(
      { metrics: metric({ a: rate(1000, 10_000), b: rate(12_000, 10_000) }) },
      "sums-bad",
    );
    expect(notes).toContainEqual({
      ...{ code: "sums-bad", severity: "fault", metric: "signup", variant: "b" },
      message: expect.stringContaining("not more than there were"),
    });
    invalid({ metrics: metric({ a: rate(1000, 10_000), b: rate(Number.NaN, 10_000) }) }, "sums-bad");
    invalid({ stages: { assigned: { a: -1, b: 10_000 } } }, "counts-bad");
    invalid({ stages: { assigned: { a: 10, b: 10 }, rendered: { a: 11, b: 10 } } }, "stages-grow");
    invalid(
      { metrics: metric({ a: rate(1000, 10_000), b: { type: "mean", n: 5, sum: 9, sumSquares: 9 } }) },
      "sums-bad",
    );
  });

  it("weights that do not sum to 1, and names that repeat", () => {
    const weights = (a: number, b: number) => [
      { name: "a", weight: a },
      { name: "b", weight: b },
    ];
    const { notes } = invalid({ variants: weights(0.5, 0.4) }, "weights-sum");
    expect(notes[0]?.facts).toEqual({ sum: 0.9 });
    invalid({ variants: weights(0.5, Number.NaN) }, "weights-bad");
    invalid({ variants: [...AB, { name: "b", weight: 0 }] }, "names-repeat");
    expect(analyzeExperiment({ ...GOOD, variants: weights(0.5004, 0.5) }).decision.state).toBe("winner");
  });

  it("a variant that is in the data alone, or that should get nobody", () => {
    invalid({ stages: { assigned: { a: 10_000, b: 10_000, c: 50 } } }, "unknown-variant");
    invalid(
      { metrics: metric({ a: rate(1000, 10_000), b: rate(1200, 10_000), constructor: rate(1, 2) }) },
      "unknown-variant",
    );
    invalid(
      {
        variants: [...AB, { name: "c", weight: 0 }],
        stages: { assigned: { a: 10_000, b: 10_000, c: 50 } },
      },
      "zero-weight-with-units",
    );
  });

  it("a variant removed while it ran takes no part, and cannot win", () => {
    const report = analyzeExperiment({
      ...GOOD,
      variants: [...AB, { name: "c", weight: 0, isRemoved: true }],
      metrics: metric({ a: rate(1000, 10_000), b: rate(1010, 10_000), c: rate(900, 1000) }),
      stages: { assigned: { a: 10_000, b: 10_000, c: 1000 } },
    });
    expectWhole(report);
    expect(report.decision.state).toBe("collecting");
    expect(report.metrics[0]?.variants.map(({ variant }) => variant)).toEqual(["a", "b"]);
    expect(report.notes).toContainEqual({ code: "removed-variant", severity: "warning", variant: "c" });
    expect(report.variants[2]).toMatchObject({
      isAnalysed: false,
      isRemoved: true,
      units: { assigned: 1000 },
    });
  });

  it("a metric without data, and an arm that nobody came to", () => {
    invalid({ metrics: metric({}) }, "metric-empty");
    invalid({ metrics: metric({ a: rate(0, 0), b: rate(0, 0) }) }, "metric-empty");
    invalid({ metrics: metric({ a: rate(1000, 10_000) }) }, "sums-missing");
    invalid({ metrics: metric({ a: rate(1000, 10_000), b: rate(0, 0) }) }, "empty-arm");
    invalid({ stages: { assigned: { a: 10_000, b: 0 } } }, "empty-arm");
    const secondary = analyzeExperiment({ ...GOOD, metrics: [signup, { name: "other", sums: {} }] });
    expect(secondary.decision.state).toBe("winner");
    expect(secondary.metrics[1]).toMatchObject({ method: null, comparisons: [] });
  });

  it("at the very beginning there is nothing wrong yet", () => {
    for (const sums of [
      { a: rate(0, 1), b: rate(0, 0) },
      { a: rate(0, 0), b: rate(0, 0) },
    ]) {
      const { decision } = analyzeExperiment({
        ...GOOD,
        stages: { assigned: { a: 1, b: 0 } },
        metrics: metric(sums),
      });
      expect(decision).toMatchObject({ state: "collecting", code: "too-few-units" });
    }
  });

  it("no control, no treatment, nothing to be improved", () => {
    invalid({ control: "z" }, "no-control");
    invalid({ variants: [] }, "no-variants");
    invalid({ variants: [{ name: "a", weight: 1 }] }, "no-treatment");
    invalid({ metrics: [{ name: "signup", sums: signup.sums }] }, "no-primary");
  });

  it("refuses a level or days that are none", () => {
    expect(() => analyzeExperiment({ ...GOOD, level: 95 })).toThrow(
      expect.objectContaining({ path: "/level" }),
    );
    expect(() => analyzeExperiment({ ...GOOD, days: -1 })).toThrow(
      expect.objectContaining({ path: "/days" }),
    );
  });

  it("whatever the sums: a whole report, no NaN", () => {
    const number = fc.oneof(
      fc.constantFrom(0, 1, 2, -1, 0.5, 1e9, Number.NaN, Number.POSITIVE_INFINITY),
      fc.integer({ min: 0, max: 10_000 }),
    );
    const sums: fc.Arbitrary<MetricSums> = fc.oneof(
      fc.record({ type: fc.constant("proportion" as const), n: number, sum: number }),
      fc.record({ type: fc.constant("mean" as const), n: number, sum: number, sumSquares: number }),
      fc.record({ type: fc.constant("count" as const), n: number, events: number }),
      fc.record({
        ...{ type: fc.constant("revenue" as const), n: number, buyers: number },
        ...{ sum: number, sumSquares: number },
      }),
      fc.record({
        ...{ type: fc.constant("ratio" as const), n: number, numSum: number, numSumSquares: number },
        ...{ denSum: number, denSumSquares: number, sumProducts: number },
      }),
      fc.record({
        ...{ type: fc.constant("cuped" as const), n: number, postSum: number, postSumSquares: number },
        ...{ preSum: number, preSumSquares: number, sumProducts: number },
      }),
    );
    fc.assert(
      fc.property(sums, sums, number, (a, b, units) => {
        const report = analyzeExperiment({
          ...GOOD,
          metrics: [{ name: "m", role: "primary", sums: { a, b } }],
          stages: { assigned: { a: units, b: 5000 } },
        });
        expectWhole(report);
      }),
      { numRuns: 400 },
    );
  });
});
