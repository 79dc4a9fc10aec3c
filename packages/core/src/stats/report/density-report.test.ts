import { describe, expect, it } from "vitest";
import { analyzeExperiment } from "./analyze-experiment.js";
import type { MetricSums } from "../models/sums.js";

const variants = [
  { name: "a", weight: 0.5 },
  { name: "b", weight: 0.5 },
];
const densitiesOf = (a: MetricSums, b: MetricSums) =>
  analyzeExperiment({
    variants,
    metrics: [{ name: "m", role: "primary", sums: { a, b } }],
  }).metrics[0]?.variants.map(({ density }) => density as NonNullable<typeof density>) ?? [];

describe("densities of the primary metric", () => {
  it("of a rate are those of the beta distribution, also where nobody did it", () => {
    const [none, some] = densitiesOf(
      { type: "proportion", n: 100, sum: 0 },
      { type: "proportion", n: 100, sum: 12 },
    );
    for (const [density, [successes, failures]] of [
      [none, [0, 100]],
      [some, [12, 88]],
    ] as const) {
      const { from = 0, to = 0, heights = [] } = density ?? {};
      const at = (i: number): number => from + (i * (to - from)) / (heights.length - 1);
      const beta = (x: number): number => successes * Math.log(x) + failures * Math.log1p(-x);
      // Whatever it is multiplied by is the same everywhere.
      const ratios = heights.map((height, i) => Math.log(height) - beta(at(i)));
      expect(Math.max(...ratios) - Math.min(...ratios)).toBeLessThan(1e-4);
    }
    expect(none?.heights[0]).toBe(Math.max(...(none?.heights ?? [])));
  });

  it("have an area of 1 less what is left out, of every kind of metric", () => {
    for (const [a, b] of [
      [
        { type: "revenue", n: 500, buyers: 30, sum: 900, sumSquares: 40_000 },
        { type: "revenue", n: 500, buyers: 34, sum: 1100, sumSquares: 52_000 },
      ],
      [
        { type: "mean", n: 500, sum: -40, sumSquares: 900 },
        { type: "mean", n: 480, sum: 30, sumSquares: 950 },
      ],
      [
        { type: "count", n: 400, events: 60 },
        { type: "count", n: 400, events: 81 },
      ],
    ] as const) {
      for (const { from, to, heights } of densitiesOf(a, b)) {
        const step = (to - from) / (heights.length - 1);
        expect(heights.every((height) => height >= 0 && Number.isFinite(height))).toBe(true);
        // The trapezoid rule leaves half of both ends out.
        expect(heights.reduce((sum, height) => sum + height, 0) * step).toBeCloseTo(0.999, 2);
      }
    }
  });

  it("are left out of what is not primary", () => {
    const sums = {
      a: { type: "proportion", n: 9, sum: 1 },
      b: { type: "proportion", n: 9, sum: 2 },
    } as const;
    const { metrics } = analyzeExperiment({ variants, metrics: [{ name: "m", role: "guardrail", sums }] });
    expect(metrics[0]?.variants.every((arm) => !("density" in arm))).toBe(true);
  });
});
