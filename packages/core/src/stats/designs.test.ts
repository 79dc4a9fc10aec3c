import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  compareEventRates,
  compareLogNormal,
  compareNormalInverseGamma,
  compareOrderValues,
  compareRevenue,
  empiricalBayesGroups,
  factorialEffects,
  fractionalFactorialEffects,
  fullBayesGroups,
  normalInverseGammaPosterior,
  probabilityToBeat,
  probabilityToBeBestMean,
  sampleOf,
  sampleOfLogs,
  sampleRatioMismatch,
  sequentialSampleRatio,
  shrinkTowardsMean,
} from "./index.js";

const refused = (path: string) => expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path });

describe("sample ratio", () => {
  it("does not count a variant with a weight of 0 as a degree of freedom", () => {
    const two = sampleRatioMismatch([500, 560], [1, 1]);
    expect(sampleRatioMismatch([500, 0, 560], [1, 0, 1])).toEqual(two);
    expect(sequentialSampleRatio([[500, 0, 560]], [1, 0, 1])).toEqual(
      sequentialSampleRatio([[500, 560]], [1, 1]),
    );
  });

  it("says so where there is nothing to test", () => {
    expect(sampleRatioMismatch([0, 0], [1, 1])).toEqual({ chiSquared: 0, df: 1, p: 1, mismatch: false });
    expect(sampleRatioMismatch([7], [1])).toMatchObject({ df: 0, p: 1, mismatch: false });
  });

  it("does not depend on the sum of the weights", () => {
    expect(sampleRatioMismatch([90, 13], [9, 1])).toEqual(sampleRatioMismatch([90, 13], [0.9, 0.1]));
  });

  it("refuses what cannot be", () => {
    expect(() => sampleRatioMismatch([1, 2], [1])).toThrow(refused("/weights"));
    expect(() => sampleRatioMismatch([1, 2], [0, 0])).toThrow(refused("/counts/0"));
    expect(() => sampleRatioMismatch([0, 0], [0, 0])).toThrow(refused("/weights"));
    expect(() => sampleRatioMismatch([1, -2], [1, 1])).toThrow(refused("/counts/1"));
    expect(() => sampleRatioMismatch([1, 2], [1, Number.NaN])).toThrow(refused("/weights/1"));
    expect(() => sequentialSampleRatio([[1, 2]], [1, 1], { slab: 2 })).toThrow(refused("/slab"));
    expect(() => sequentialSampleRatio([[1, 2]], [1, 1], { concentration: 0 })).toThrow(
      refused("/concentration"),
    );
  });

  it("sequential: finds a fault soon, and its p never rises", () => {
    const looks = sequentialSampleRatio(
      Array.from({ length: 30 }, () => [500, 560]),
      [1, 1],
    );
    const values = looks.map(({ p }) => p);
    expect(values.every((p, i) => i === 0 || p <= (values[i - 1] as number))).toBe(true);
    expect(looks.findIndex(({ mismatch }) => mismatch)).toBeGreaterThan(0);
    expect(looks.at(-1)?.mismatch).toBe(true);
  });
});

describe("factorial designs", () => {
  const cells = [
    { levels: [-1, -1], successes: 10, trials: 100 },
    { levels: [1, -1], successes: 20, trials: 100 },
    { levels: [-1, 1], successes: 10, trials: 100 },
    { levels: [1, 1], successes: 20, trials: 100 },
  ] as const;

  it("find the factor that does something, whatever the order of the cells", () => {
    for (const order of [cells, [...cells].reverse()]) {
      const [a, b, ab] = factorialEffects(order);
      expect(a).toMatchObject({ factors: [0] });
      expect(a?.effect).toBeCloseTo(0.1, 15);
      expect(b?.effect).toBeCloseTo(0, 15);
      expect(ab?.effect).toBeCloseTo(0, 15);
    }
  });

  it("refuse a design with a gap, a double or an impossible count", () => {
    expect(() => factorialEffects([])).toThrow(refused("/cells"));
    expect(() => factorialEffects(cells.slice(1))).toThrow(refused("/cells"));
    expect(() => factorialEffects([...cells.slice(1), cells[3]])).toThrow(refused("/cells/3/levels"));
    expect(() => factorialEffects([{ ...cells[0], levels: [-1, 0 as 1] }, ...cells.slice(1)])).toThrow(
      refused("/cells/0/levels"),
    );
    expect(() => factorialEffects([{ ...cells[0], trials: 0, successes: 0 }, ...cells.slice(1)])).toThrow(
      refused("/cells/0/trials"),
    );
    expect(() => factorialEffects([{ ...cells[0], successes: 101 }, ...cells.slice(1)])).toThrow(
      refused("/cells/0/successes"),
    );
  });

  it("refuse cells of which none varies, since nothing tells how sure an effect is", () => {
    const of = (successes: number) => cells.map((cell) => ({ ...cell, successes }));
    for (const flat of [
      of(0),
      of(100),
      cells.map((cell) => ({ ...cell, successes: cell.levels[0] === 1 ? 100 : 0 })),
    ])
      expect(() => factorialEffects(flat)).toThrow(refused("/cells"));
    const [one] = factorialEffects([{ ...cells[0], successes: 1 }, ...of(0).slice(1)]);
    expect(one?.p).toBeGreaterThan(0);
  });

  it("fractions: name what they cannot tell apart, and refuse generators that make two factors one", () => {
    const half = fractionalFactorialEffects({ basic: 2, generators: [[0, 1]] }, [1, 2, 3, 6]);
    expect(half.map(({ factors, aliases }) => [factors, aliases])).toEqual([
      [[0], [[1, 2]]],
      [[1], [[0, 2]]],
      [[2], [[0, 1]]],
    ]);
    expect(() =>
      fractionalFactorialEffects(
        {
          basic: 3,
          generators: [
            [0, 1],
            [1, 0],
          ],
        },
        new Array(8).fill(0),
      ),
    ).toThrow(refused("/generators"));
    expect(() => fractionalFactorialEffects({ basic: 2, generators: [[0]] }, [0, 0, 0, 0])).toThrow(
      refused("/generators/0"),
    );
    expect(() => fractionalFactorialEffects({ basic: 2, generators: [] }, [0])).toThrow(refused("/runs"));
    expect(() => fractionalFactorialEffects({ basic: 0, generators: [] }, [0])).toThrow(refused("/basic"));
  });

  it("fractions: without generators give the full design's contrasts", () => {
    const [a, b, ab] = fractionalFactorialEffects({ basic: 2, generators: [] }, [10, 20, 30, 60]);
    expect([a?.effect, b?.effect, ab?.effect]).toEqual([20, 30, 10]);
  });
});

describe("groups", () => {
  const groups = { values: [1, 2, 9], errors: [1, 1, 1] };

  it("are left alone where they vary without end, and all the same where not at all", () => {
    expect(shrinkTowardsMean(groups, 0).values).toEqual([4, 4, 4]);
    expect(shrinkTowardsMean(groups, 1e9).values.map((x) => Math.round(x * 1e6) / 1e6)).toEqual(
      groups.values,
    );
  });

  it("keep their order and stay between the mean and themselves", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.double({ min: -50, max: 50, noNaN: true }),
            fc.double({ min: 0.1, max: 20, noNaN: true }),
          ),
          { minLength: 3, maxLength: 8 },
        ),
        (pairs) => {
          const [values, errors] = [pairs.map(([value]) => value), pairs.map(([, error]) => error)];
          for (const { mean, values: shrunk } of [
            empiricalBayesGroups({ values, errors }),
            fullBayesGroups({ values, errors }),
          ]) {
            for (const [i, value] of shrunk.entries()) {
              const own = values[i] as number;
              // Full Bayes draws each towards the mean that goes with each τ, so a little beyond the mean of them is possible.
              const slack = 1e-9 + 0.3 * Math.abs(own - mean) + 0.5 * Math.max(...errors);
              expect(value).toBeGreaterThanOrEqual(Math.min(own, mean) - slack);
              expect(value).toBeLessThanOrEqual(Math.max(own, mean) + slack);
            }
          }
        },
      ),
      { numRuns: 10 },
    );
  });

  it("refuse what cannot be", () => {
    expect(() => shrinkTowardsMean({ values: [], errors: [] }, 1)).toThrow(refused("/values"));
    expect(() => shrinkTowardsMean({ values: [1], errors: [] }, 1)).toThrow(refused("/errors"));
    expect(() => shrinkTowardsMean({ values: [Number.NaN], errors: [1] }, 1)).toThrow(refused("/values/0"));
    expect(() => shrinkTowardsMean({ values: [1], errors: [0] }, 1)).toThrow(refused("/errors/0"));
    expect(() => shrinkTowardsMean(groups, -1)).toThrow(refused("/tau"));
    expect(() => fullBayesGroups({ values: [1, 2], errors: [1, 1] })).toThrow(refused("/values"));
  });
});

describe("means", () => {
  it("a sample of nothing leaves the prior, and a vague one has no expected loss", () => {
    const prior = { mu: 3, kappa: 1, alpha: 0.4, beta: 2 };
    expect(normalInverseGammaPosterior({ n: 0, sum: 0, sumSquares: 0 }, prior)).toBe(prior);
    const { expectedLoss, probabilityToBeat: beats } = compareNormalInverseGamma(prior, prior);
    expect(expectedLoss).toBeNull();
    expect(beats.treatment).toBeCloseTo(0.5, 6);
  });

  it("sampled one by one or all at once are the same belief", () => {
    const prior = { mu: 1, kappa: 2, alpha: 3, beta: 4 };
    const [first, second] = [
      [1, 5, 2],
      [8, 3],
    ];
    const stepwise = normalInverseGammaPosterior(
      sampleOf(second),
      normalInverseGammaPosterior(sampleOf(first), prior),
    );
    const atOnce = normalInverseGammaPosterior(sampleOf([...first, ...second]), prior);
    for (const key of ["mu", "kappa", "alpha", "beta"] as const)
      expect(stepwise[key]).toBeCloseTo(atOnce[key], 12);
  });

  it("best of several: two are what their difference says; lower may be better", () => {
    const arms = [
      { mean: 1, sd: 0.3 },
      { mean: 1.2, sd: 0.4 },
    ];
    const { best } = probabilityToBeBestMean(arms);
    const turned = probabilityToBeBestMean(arms, { lowerIsBetter: true });
    expect(best[1]).toBeCloseTo(0.6554217416103242, 12);
    expect(turned.best[0]).toBeCloseTo(best[1] as number, 12);
    expect(() => probabilityToBeBestMean([])).toThrow(refused("/arms"));
    expect(() => probabilityToBeBestMean([{ mean: 1, sd: 0 }])).toThrow(refused("/arms/0/sd"));
  });

  it("events: as rare successes of very many trials", () => {
    const rates = compareEventRates(
      { events: 30, exposure: 1e7 },
      { events: 45, exposure: 1e7 },
      { shape: 1, rate: 1e-9 },
    );
    const { treatment } = probabilityToBeat(
      { successes: 30, trials: 1e7 },
      { successes: 45, trials: 1e7 },
      { alpha: 1, beta: 1e-9 },
    );
    expect(rates.probabilityToBeat.treatment).toBeCloseTo(treatment, 5);
    expect(() => compareEventRates({ events: -1, exposure: 1 }, { events: 1, exposure: 1 })).toThrow(
      refused("/control/events"),
    );
  });

  it("revenue: with equal rates it is the value of an order that decides, and the other way round", () => {
    const many = { visitors: 1e6, orders: 1e5 };
    const perVisitor = compareRevenue({ ...many, revenue: 5e6 }, { ...many, revenue: 5.01e6 });
    const perOrder = compareOrderValues({ orders: 1e5, revenue: 5e6 }, { orders: 1e5, revenue: 5.01e6 });
    expect(perOrder.probabilityToBeat.treatment).toBeGreaterThan(perVisitor.probabilityToBeat.treatment);
    expect(perVisitor.probabilityToBeat.treatment).toBeGreaterThan(0.6);
    const { control, treatment } = perVisitor.expectedLoss;
    expect(control - treatment).toBeCloseTo(perVisitor.mean.treatment - perVisitor.mean.control, 8);
    expect(() =>
      compareRevenue({ visitors: 1, orders: 2, revenue: 1 }, { visitors: 1, orders: 1, revenue: 1 }),
    ).toThrow(refused("/control/trials"));
    expect(() => compareOrderValues({ orders: 1, revenue: -1 }, { orders: 1, revenue: 1 })).toThrow(
      refused("/control/revenue"),
    );
  });

  it("log-normal: the same sample is even, and a wider one has the higher mean", () => {
    const sample = sampleOfLogs({ n: 500, mean: 3, variance: 1 });
    const wider = sampleOfLogs({ n: 500, mean: 3, variance: 1.5 });
    const even = compareLogNormal(sample, sample);
    expect(even.mean.treatment).toBeCloseTo(0.5, 9);
    const { mean, median } = compareLogNormal(sample, wider);
    expect(mean.treatment).toBeGreaterThan(0.95);
    expect(median.treatment).toBeCloseTo(0.5, 2);
  });
});
