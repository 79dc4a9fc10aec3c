import { seededRandom } from "@attune/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawn } from "../testing.fixture.js";
import { classMetrics } from "./class-metrics.js";
import { metrics } from "./metrics.js";

const scored = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 1 })), {
    minLength: 2,
    maxLength: 40,
  })
  .map((rows) => ({ scores: rows.map(([score]) => score / 20), labels: rows.map(([, label]) => label) }));

describe("metrics", () => {
  it("AUC is the share of pairs in the right order, ties half", () => {
    fc.assert(
      fc.property(scored, ({ scores, labels }) => {
        let [won, pairs] = [0, 0];
        scores.forEach((a, i) => {
          scores.forEach((b, j) => {
            if (labels[i] !== 1 || labels[j] !== 0) return;
            pairs++;
            won += a > b ? 1 : a === b ? 0.5 : 0;
          });
        });
        const { auc, reason } = metrics(scores, labels);
        if (pairs === 0) expect([auc, reason]).toEqual([null, "one-class"]);
        else expect(auc?.value).toBeCloseTo(won / pairs, 12);
      }),
    );
  });

  it("intervals hold the value, and widen with the level", () => {
    fc.assert(
      fc.property(scored, ({ scores, labels }) => {
        const [narrow, wide] = [
          metrics(scores, labels, { level: 0.8 }),
          metrics(scores, labels, { level: 0.99 }),
        ];
        for (const key of [
          "auc",
          "logLoss",
          "brier",
          "accuracy",
          "sensitivity",
          "balancedAccuracy",
          "f1",
        ] as const) {
          const [a, b] = [narrow[key], wide[key]];
          if (a === null || b === null) continue;
          expect(a.lower).toBeLessThanOrEqual(a.value + 1e-12);
          expect(a.upper).toBeGreaterThanOrEqual(a.value - 1e-12);
          expect(b.lower).toBeLessThanOrEqual(a.lower + 1e-12);
          expect(b.upper).toBeGreaterThanOrEqual(a.upper - 1e-12);
        }
      }),
    );
  });

  it("intervals hold the truth about as often as they say", () => {
    const truth = drawn(40_000, 1, { seed: 3, logOdds: ([x]) => (x as number) - 1 });
    const p = truth.points.map(([x]) => 1 / (1 + Math.exp(1 - (x as number))));
    const whole = metrics(p, truth.labels);
    const held = { auc: 0, logLoss: 0, accuracy: 0, f1: 0 };
    const parts = 130;
    for (let part = 0; part < parts; part++) {
      const own = metrics(
        p.slice(part * 300, part * 300 + 300),
        truth.labels.slice(part * 300, part * 300 + 300),
      );
      for (const key of ["auc", "logLoss", "accuracy", "f1"] as const) {
        const [range, value] = [own[key], whole[key]?.value as number];
        if (range !== null && range.lower <= value && value <= range.upper) held[key]++;
      }
    }
    // 95 % of 130 is 123.5, with a deviation of 2.5.
    for (const count of Object.values(held)) expect(count).toBeGreaterThanOrEqual(115);
  });

  it("an ECE of right scores is about what chance makes of it, of wrong ones more", () => {
    const { points, labels } = drawn(20_000, 1, { seed: 8, logOdds: ([x]) => x as number });
    const right = points.map(([x]) => 1 / (1 + Math.exp(-(x as number))));
    const { ece, eceByChance } = metrics(right, labels);
    expect(ece).toBeLessThan(2.5 * eceByChance);
    const wrong = metrics(
      right.map((score) => score ** 2),
      labels,
    );
    expect(wrong.ece).toBeGreaterThan(10 * wrong.eceByChance);
  });

  it("puts a score on an end into the bin above, and 1 into the last", () => {
    for (const bins of [10, 15, 49]) {
      const scores = Array.from({ length: bins + 1 }, (_, i) => i / bins);
      const { calibration } = metrics(
        scores,
        scores.map((_, i) => i % 2),
        { bins },
      );
      expect(calibration.map(({ rows }) => rows)).toEqual([...new Array(bins - 1).fill(1), 2]);
    }
  });

  it("tells rates of a known table", () => {
    // 3 true ones, 1 false one, 4 true zeros, 2 false zeros.
    const scores = [0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3, 0.4, 0.2, 0.1];
    const labels = [1, 1, 1, 0, 0, 0, 0, 0, 1, 1];
    const got = metrics(scores, labels);
    expect([got.accuracy.value, got.sensitivity?.value, got.specificity?.value]).toEqual([0.7, 0.6, 0.8]);
    expect([got.balancedAccuracy?.value, got.precision?.value, got.majority]).toEqual([0.7, 0.75, 0.5]);
    expect(got.f1?.value).toBeCloseTo(6 / 9, 14);
    // Wilson's interval of 7 in 10 at 95 %.
    expect(got.accuracy.lower).toBeCloseTo(0.3968, 4);
    expect(got.accuracy.upper).toBeCloseTo(0.8922, 4);
  });

  it.each([
    ["nothing", () => metrics([], []), "EMPTY_DATA"],
    ["a score of 2", () => metrics([2], [1]), "BAD_SCORES"],
    ["NaN", () => metrics([Number.NaN], [1]), "BAD_SCORES"],
    ["labels too few", () => metrics([0.5, 0.5], [1]), "BAD_LABELS"],
    ["no bins", () => metrics([0.5], [1], { bins: 0 }), "BAD_OPTIONS"],
  ])("refuses %s", (_what, run, code) => {
    expect(run).toThrow(expect.objectContaining({ code: `ATTUNE_ML_${code}` }));
  });
});

describe("classMetrics", () => {
  it("counts what is told right, and beside it the majority", () => {
    const random = seededRandom(1);
    const labels = Array.from({ length: 200 }, (_, i) => (i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2));
    const shares = Float64Array.from(
      labels.flatMap((label) => [0, 1, 2].map((k) => (k === label && random() < 0.8 ? 0.8 : 0.1))),
    );
    const got = classMetrics(shares, labels, 3);
    expect(got.majority).toBe(0.7);
    expect(got.confusion.reduce((a, b) => a + b)).toBe(200);
    expect(got.accuracy.value).toBeGreaterThan(0.7);
    expect(() => classMetrics(shares, labels, 2)).toThrow(
      expect.objectContaining({ code: "ATTUNE_ML_BAD_SHAPE" }),
    );
  });
});
