import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomOf } from "../../../../scripts/prove/simulated-experiments.mjs";
import {
  alwaysValidTest,
  cuped,
  cupedSummary,
  effectOf,
  mixtureTest,
  momentsOf,
  normalEffect,
  normalLoss,
  sampleSize,
  type Summary,
  welchTest,
} from "./index.js";

const mean = (values: readonly number[]): Summary => ({
  type: "mean",
  n: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  sumSquares: values.reduce((sum, value) => sum + value * value, 0),
});
const rate = (sum: number, n: number): Summary => ({ type: "proportion", n, sum });
const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path });

describe("moments", () => {
  it("of a mean are those of its values", () => {
    const values = [3, 1, 4, 1, 5];
    expect(momentsOf(mean(values) as never)).toMatchObject({ n: 5, mean: 2.8 });
    expect(momentsOf(mean(values) as never).variance).toBeCloseTo(3.2, 12);
  });

  it("of a ratio whose denominator is always 1 are those of the numerator", () => {
    const values = [0, 2, 7, 3];
    const plain = momentsOf(mean(values) as never);
    const asRatio = momentsOf({
      ...{ type: "ratio", n: 4, numSum: 12, numSumSquares: 62 },
      ...{ denSum: 4, denSumSquares: 4, sumProducts: 12 },
    });
    expect(asRatio.mean).toBe(plain.mean);
    expect(asRatio.variance).toBeCloseTo(plain.variance, 12);
  });

  it("are refused where sums cannot be, with their path", () => {
    expect(() => effectOf(rate(3, 2), rate(1, 2), "absolute")).toThrow(refused("/control/sum"));
    expect(() => effectOf(rate(1, 2), rate(0, 0), "absolute")).toThrow(refused("/treatment/n"));
    expect(() => effectOf(mean([1]), { type: "mean", n: 4, sum: 8, sumSquares: 15 }, "absolute")).toThrow(
      refused("/treatment/sumSquares"),
    );
    expect(() =>
      effectOf({ type: "mean", n: 1, sum: Number.NaN, sumSquares: 1 }, rate(1, 2), "absolute"),
    ).toThrow(refused("/control/sum"));
    const ratio = {
      type: "ratio",
      n: 2,
      numSum: 1,
      numSumSquares: 1,
      denSum: 0,
      denSumSquares: 0,
      sumProducts: 0,
    } as const;
    expect(() => effectOf(ratio, rate(1, 2), "absolute")).toThrow(refused("/control/denSum"));
    const pairs = cupedSummary([1, 2], [1, 2]);
    expect(() => effectOf(pairs, rate(1, 2), "absolute")).toThrow(refused("/treatment/type"));
    expect(() => effectOf({ ...pairs, preSum: Number.NaN }, pairs, "absolute")).toThrow(
      refused("/control/preSum"),
    );
    expect(() => cupedSummary([1], [])).toThrow(refused("/post"));
  });

  it("have no relative difference from 0", () => {
    expect(() => effectOf(rate(0, 10), rate(1, 10), "relative")).toThrow(refused("/control"));
  });
});

describe("effects", () => {
  it("turn round with their arms where they are absolute", () => {
    const forth = normalEffect(rate(100, 1000), rate(120, 1000), { difference: "absolute" });
    const back = normalEffect(rate(120, 1000), rate(100, 1000), { difference: "absolute" });
    expect(forth.probabilityToBeat).toBeCloseTo(1 - back.probabilityToBeat, 14);
    expect(forth.lower).toBeCloseTo(-back.upper, 14);
    expect(forth.expectedLoss.control).toBeCloseTo(back.expectedLoss.treatment, 14);
  });

  it("are drawn towards the prior, the more the less was measured", () => {
    const prior = { mean: 0, variance: 0.01 };
    const drawn = (n: number): number => {
      const [a, b] = [rate(0.1 * n, n), rate(0.12 * n, n)];
      return normalEffect(a, b, { prior }).mean / normalEffect(a, b).mean;
    };
    expect(drawn(100)).toBeLessThan(drawn(10_000));
    expect(drawn(1e8)).toBeCloseTo(1, 4);
  });

  it("are certain where nothing varies, and never NaN", () => {
    const all = (n: number): Summary => rate(n, n);
    expect(normalEffect(all(10), all(10))).toMatchObject({ mean: 0, sd: 0, probabilityToBeat: 0.5 });
    expect(normalEffect(rate(0, 10), all(10), { difference: "absolute" }).probabilityToBeat).toBe(1);
    expect(normalEffect(all(10), rate(0, 10), { difference: "absolute" }).probabilityToBeat).toBe(0);
    expect(welchTest(all(10), all(10)).p).toBe(1);
    expect(normalLoss(2, 0)).toEqual({ control: 2, treatment: 0 });
  });

  it("Welch: takes two units an arm, since one does not tell by how much values vary", () => {
    const [one, many] = [mean([5]), mean([1, 2, 3, 4])];
    expect(() => welchTest(one, many)).toThrow(refused("/control/n"));
    expect(() => welchTest(many, one)).toThrow(refused("/treatment/n"));
    expect(() => welchTest(rate(1, 1), rate(3, 4))).toThrow(refused("/control/n"));
    expect(welchTest(mean([5, 6]), many).p).toBeGreaterThan(0);
  });

  it("Welch: is not certain where a variant does not vary", () => {
    const none = rate(0, 10);
    // Half of ten beside none: relative to the control the error would be 0, since −1 times anything is as far from it.
    const [half, all] = [welchTest(rate(5, 10), none), welchTest(rate(10, 10), none)];
    expect(half.p).toBeCloseTo(welchTest(rate(5, 10), none, { difference: "absolute" }).p, 1);
    expect(half.p).toBeGreaterThan(1e-3);
    expect(all.p).toBeGreaterThan(1e-5);
    expect(welchTest(mean([1, 2, 3]), mean([0, 0, 0])).p).toBeCloseTo(
      welchTest(mean([1, 2, 3]), mean([0, 0, 0]), { difference: "absolute" }).p,
      12,
    );
    expect(welchTest(mean([5, 5]), mean([6, 6]))).toMatchObject({ p: 1, upper: Number.POSITIVE_INFINITY });
  });

  it("Welch: knows Student's own example of ten sleepers", () => {
    // Student (1908), hours of sleep gained by two drugs; t = −1.8608, df = 17.776, p = 0.07939 in R's t.test.
    const one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
    const other = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
    const { p, lower, upper } = welchTest(mean(one), mean(other), { difference: "absolute" });
    expect(p).toBeCloseTo(0.079394, 6);
    expect([lower, upper].map((x) => Math.round(x * 1e6) / 1e6)).toEqual([-0.205483, 3.365483]);
  });

  it("CUPED: without a past that tells anything leaves the effect as it is", () => {
    const post = [1, 5, 2, 8, 3];
    const flat = cupedSummary([4, 4, 4, 4, 4], post);
    const { theta } = cuped(flat, flat);
    expect(theta).toBe(0);
    expect(effectOf(flat, flat, "absolute").se).toBeCloseTo(
      effectOf(mean(post), mean(post), "absolute").se,
      12,
    );
  });

  it("CUPED: what the past tells wholly has no variance left", () => {
    const pre = [1, 2, 3, 4, 5, 6];
    const summary = cupedSummary(
      pre,
      pre.map((x) => 2 * x + 1),
    );
    expect(cuped(summary, summary).theta).toBeCloseTo(2, 12);
    expect(effectOf(summary, summary, "absolute").se).toBeLessThan(1e-7);
  });
});

describe("always valid", () => {
  it("is wider than a single look, and tightest about where it was asked to be", () => {
    fc.assert(
      fc.property(fc.integer({ min: 50, max: 1e6 }), (n) => {
        const [a, b] = [rate(Math.round(n * 0.3), n), rate(Math.round(n * 0.31), n)];
        const always = alwaysValidTest(a, b, { difference: "absolute" });
        const once = welchTest(a, b, { difference: "absolute" });
        expect(always.upper - always.lower).toBeGreaterThan(once.upper - once.lower);
        expect(always.p).toBeGreaterThanOrEqual(once.p);
      }),
    );
    const width = (tightestAt: number): number => {
      const { lower, upper } = alwaysValidTest(rate(300, 1000), rate(310, 1000), { tightestAt });
      return upper - lower;
    };
    expect(width(2000)).toBeLessThan(width(100));
    expect(width(2000)).toBeLessThan(width(100_000));
    expect(() => alwaysValidTest(rate(1, 2), rate(1, 2), { tightestAt: 0 })).toThrow(refused("/tightestAt"));
  });

  it("is not certain where no unit varies: of rates the error is that of no difference, else there is none to tell by", () => {
    // 0 of 10 beside 10 of 10 have no error of their own, as two units have none, but chance may bring both about.
    const [none, all] = [rate(0, 10), rate(10, 10)];
    const pooled = Math.sqrt(0.25 * (1 / 10 + 1 / 10));
    for (const difference of ["absolute", "relative"] as const) {
      const { value, se, lower, upper, p } = alwaysValidTest(all, none, { difference });
      expect([value, se]).toEqual([-1, pooled]);
      expect(p).toBeGreaterThan(0.5);
      expect([lower < -1, upper > -1]).toEqual([true, true]);
    }
    expect(alwaysValidTest(rate(1000, 1000), rate(0, 1000)).p).toBeLessThan(1e-100);
    // Two of whom none succeeds, beside a thousand of whom half do, are nothing unusual.
    expect(alwaysValidTest(rate(500, 1000), rate(0, 2)).p).toBeGreaterThan(0.5);
    const open = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, p: 1 };
    expect(alwaysValidTest(none, none, { difference: "absolute" })).toMatchObject({ value: 0, ...open });
    expect(alwaysValidTest(mean([1, 2, 3, 4]), mean([100]))).toMatchObject(open);
    expect(alwaysValidTest(mean([5, 5]), mean([6, 6]))).toMatchObject({
      value: expect.closeTo(0.2, 12) as number,
      ...open,
    });
  });

  it("of a rate looked at from the first pair on has a small p no more often than it says", () => {
    const looked = Array.from({ length: 200 }, (_, seed) => {
      const random = randomOf(seed + 1);
      let [a, b, least] = [0, 0, 1];
      for (let n = 1; n <= 200; n++) {
        a += random() < 0.5 ? 1 : 0;
        b += random() < 0.5 ? 1 : 0;
        least = Math.min(least, alwaysValidTest(rate(a, n), rate(b, n), { difference: "absolute" }).p);
      }
      return least;
    });
    expect(looked.filter((p) => p <= 0.05).length).toBeLessThanOrEqual(0.05 * looked.length);
  });

  it("p falls below the error just where the interval leaves 0", () => {
    const { halfWidth } = mixtureTest(0, 0.01, { tau: 0.02 });
    expect(mixtureTest(halfWidth, 0.01, { tau: 0.02 }).p).toBeCloseTo(0.05, 12);
    expect(mixtureTest(0, 0.01, { tau: 0.02 }).p).toBe(1);
    expect(() => mixtureTest(1, 0, { tau: 1 })).toThrow(refused("/se"));
    expect(() => mixtureTest(1, 1, { tau: 0 })).toThrow(refused("/tau"));
  });
});

describe("sample size", () => {
  it("grows with the inverse square of the uplift", () => {
    const at = (relativeUplift: number): number => sampleSize({ baseline: 0.05, relativeUplift }).perVariant;
    expect(at(0.01) / at(0.02)).toBeCloseTo(4, 1);
    expect(at(-0.1)).toBeLessThan(at(0.1));
  });

  it("refuses what cannot be", () => {
    expect(() => sampleSize({ baseline: 0, relativeUplift: 0.1 })).toThrow(refused("/baseline"));
    expect(() => sampleSize({ baseline: 0.5, relativeUplift: 1 })).toThrow(refused("/relativeUplift"));
    expect(() => sampleSize({ baseline: 0.5, relativeUplift: 0 })).toThrow(refused("/relativeUplift"));
    expect(() => sampleSize({ baseline: 0.5, relativeUplift: 0.1, alpha: 0 })).toThrow(refused("/alpha"));
    expect(() => sampleSize({ baseline: 0.5, relativeUplift: 0.1, power: 1 })).toThrow(refused("/power"));
  });
});
