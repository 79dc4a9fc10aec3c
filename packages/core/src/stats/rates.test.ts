import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  betaQuantile,
  credibleInterval,
  expectedLoss,
  logBeta,
  probabilityToBeat,
  probabilityToBeBest,
  withFloor,
} from "./index.js";

const counts = fc
  .tuple(fc.integer({ min: 0, max: 100_000 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]) => ({ trials, successes: Math.floor(trials * share) }));

/** P(B > A) of beta distributions with whole parameters as a finite sum (Evan Miller 2014). */
function sumOfMiller(a: { alpha: number; beta: number }, b: { alpha: number; beta: number }): number {
  const logFactorial = (n: number): number => {
    let sum = 0;
    for (let k = 2; k <= n; k++) sum += Math.log(k);
    return sum;
  };
  const logBetaOf = (x: number, y: number): number =>
    logFactorial(x - 1) + logFactorial(y - 1) - logFactorial(x + y - 1);
  let sum = 0;
  for (let i = 0; i < b.alpha; i++)
    sum += Math.exp(
      logBetaOf(a.alpha + i, b.beta + a.beta) -
        Math.log(b.beta + i) -
        logBetaOf(1 + i, b.beta) -
        logBetaOf(a.alpha, a.beta),
    );
  return sum;
}

describe("two rates", () => {
  it("agree with the finite sum for whole counts", () => {
    for (const [a, b] of [
      [
        { successes: 3, trials: 40 },
        { successes: 9, trials: 50 },
      ],
      [
        { successes: 0, trials: 5 },
        { successes: 60, trials: 61 },
      ],
      [
        { successes: 100, trials: 200 },
        { successes: 120, trials: 210 },
      ],
    ] as const) {
      const shape = ({ successes, trials }: { successes: number; trials: number }) => ({
        alpha: 1 + successes,
        beta: 1 + trials - successes,
      });
      expect(probabilityToBeat(a, b).treatment).toBeCloseTo(sumOfMiller(shape(a), shape(b)), 11);
    }
  });

  it("sum to 1, turn round with their arms, and losses differ by the difference of the means", () => {
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const { control, treatment } = probabilityToBeat(a, b);
        const turned = probabilityToBeat(b, a);
        expect(control + treatment).toBeCloseTo(1, 12);
        expect(Math.abs(turned.treatment - control)).toBeLessThan(1e-11);
        const loss = expectedLoss(a, b);
        const mean = ({ successes, trials }: typeof a): number => (successes + 1) / (trials + 2);
        expect(Math.abs(loss.control - loss.treatment - (mean(b) - mean(a)))).toBeLessThan(1e-11);
        expect(Math.min(loss.control, loss.treatment)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 60 },
    );
  });

  it("keep digits in a tail as thin as numbers go", () => {
    const { control } = probabilityToBeat(
      { successes: 1000, trials: 20_000 },
      { successes: 3000, trials: 20_000 },
    );
    expect(control).toBeGreaterThan(0);
    expect(control).toBeLessThan(1e-200);
  });

  it("keep digits where the flat side of a wide one lies over a narrow one", () => {
    // P(A > B) as the finite sum over A's parameter, with logBeta of counts of this size right to some 1e-8.
    const a = { successes: 783, trials: 2019 };
    const b = { successes: 18_708_150, trials: 37_928_792 };
    const [failures, others] = [a.trials - a.successes + 1, b.trials - b.successes + 1];
    let sum = 0;
    for (let i = 0; i <= a.successes; i++)
      sum += Math.exp(
        logBeta(b.successes + 1 + i, failures + others) -
          Math.log(failures + i) -
          logBeta(1 + i, failures) -
          logBeta(b.successes + 1, others),
      );
    const { control } = probabilityToBeat(a, b);
    expect(Math.abs(control / sum - 1)).toBeLessThan(1e-7);
    expect(probabilityToBeBest([a, b]).best[0]).toBeCloseTo(control, 30);
  });

  it("whatever the prior: the two sum to 1, and likewise with success and failure turned", () => {
    const count = fc.double({ min: -9, max: 12, noNaN: true }).map((log) => 10 ** log);
    const few = fc.record({ successes: fc.nat(5), failures: fc.nat(5) });
    fc.assert(
      fc.property(few, few, count, count, (a, b, alpha, beta) => {
        const of = ({ successes, failures }: typeof a) => ({ successes, trials: successes + failures });
        const turned = ({ successes, failures }: typeof a) =>
          of({ successes: failures, failures: successes });
        const { control, treatment } = probabilityToBeat(of(a), of(b), { alpha, beta });
        expect(control + treatment).toBeCloseTo(1, 12);
        const other = probabilityToBeat(turned(a), turned(b), { alpha: beta, beta: alpha });
        expect(other.control).toBeCloseTo(treatment, 12);
      }),
      { examples: [[{ successes: 0, failures: 0 }, { successes: 0, failures: 0 }, 1e-9, 1e9]] },
    );
  });

  it("of a rate that is 0 for as good as all but one in 1e18, what is given up is its mean", () => {
    const { control } = expectedLoss(
      { successes: 0, trials: 0 },
      { successes: 0, trials: 0 },
      { alpha: 1e-9, beta: 1e9 },
    );
    expect(control / 1e-18).toBeCloseTo(1, 6);
  });

  it("count up to billions, with any prior", () => {
    const one = { successes: 4e8, trials: 1e9 };
    expect(probabilityToBeat(one, one).treatment).toBeCloseTo(0.5, 12);
    const { treatment } = probabilityToBeat(
      { successes: 0, trials: 0 },
      { successes: 0, trials: 0 },
      { alpha: 0.01, beta: 0.01 },
    );
    expect(treatment).toBeCloseTo(0.5, 11);
  });

  it("refuse what cannot be, with its path", () => {
    const fine = { successes: 1, trials: 2 };
    for (const [control, treatment, path] of [
      [{ successes: 3, trials: 2 }, fine, "/control/trials"],
      [fine, { successes: -1, trials: 2 }, "/treatment/successes"],
      [fine, { successes: Number.NaN, trials: 2 }, "/treatment/successes"],
      [fine, { successes: 1, trials: Number.POSITIVE_INFINITY }, "/treatment/trials"],
    ] as const)
      expect(() => probabilityToBeat(control, treatment)).toThrow(
        expect.objectContaining({ code: "ATTUNE_STATS_INPUT", path }),
      );
    expect(() => probabilityToBeat(fine, fine, { alpha: 0, beta: 1 })).toThrow(/alpha and beta from 1e-9/);
    expect(() => probabilityToBeat(fine, fine, { alpha: 1, beta: 1e13 })).toThrow(/to 1e12/);
  });
});

describe("several rates", () => {
  it("sum to 1, and two of them are what a pair says", () => {
    fc.assert(
      fc.property(fc.array(counts, { minLength: 2, maxLength: 6 }), (arms) => {
        const { best, secondBest, expectedLoss: losses } = probabilityToBeBest(arms);
        const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
        expect(sum(best)).toBeCloseTo(1, 10);
        expect(sum(secondBest)).toBeCloseTo(1, 10);
        expect(Math.min(...losses)).toBeGreaterThanOrEqual(0);
        if (arms.length > 2) return;
        const [a, b] = arms as [(typeof arms)[number], (typeof arms)[number]];
        expect(Math.abs((best[1] as number) - probabilityToBeat(a, b).treatment)).toBeLessThan(1e-11);
        expect(Math.abs((losses[0] as number) - expectedLoss(a, b).control)).toBeLessThan(1e-11);
      }),
      { numRuns: 40 },
    );
  });

  it("need at least one arm; one is the best", () => {
    expect(probabilityToBeBest([{ successes: 0, trials: 0 }])).toEqual({
      best: [1],
      secondBest: [0],
      expectedLoss: [0],
      topTwoWeights: [1],
    });
    expect(() => probabilityToBeBest([])).toThrow(expect.objectContaining({ path: "/arms" }));
  });

  it("leave no arm below the floor", () => {
    expect(withFloor([0.5, 0.5, 0, 0], 0.125)).toEqual([0.375, 0.375, 0.125, 0.125]);
  });
});

describe("credible intervals", () => {
  const a = { successes: 100, trials: 1000 };
  const b = { successes: 120, trials: 1000 };

  it("narrow as less of the belief is asked for, around the median", () => {
    const wide = credibleInterval(a, b, { level: 0.99 });
    const narrow = credibleInterval(a, b, { level: 0.5 });
    expect(wide.lower).toBeLessThan(narrow.lower);
    expect(narrow.lower).toBeLessThan(narrow.median);
    expect(wide.upper).toBeGreaterThan(narrow.upper);
  });

  it("turn round with their arms", () => {
    fc.assert(
      fc.property(counts, counts, (one, other) => {
        const forth = credibleInterval(one, other);
        const back = credibleInterval(other, one);
        const width = forth.upper - forth.lower;
        expect(Math.abs(forth.lower + back.upper)).toBeLessThan(1e-8 * width);
        expect(Math.abs(forth.upper + back.lower)).toBeLessThan(1e-8 * width);
      }),
      { numRuns: 30 },
    );
  });

  it("of quotients turn round with their arms, however far apart these are", () => {
    const whole = (one: (typeof a)[], tolerance: number): void => {
      const [first, second] = one as [typeof a, typeof a];
      const forth = credibleInterval(first, second, { difference: "relative" });
      const back = credibleInterval(second, first, { difference: "relative" });
      const width = Math.log((1 + forth.upper) / (1 + forth.lower));
      for (const [up, down] of [
        [forth.lower, back.upper],
        [forth.median, back.median],
        [forth.upper, back.lower],
      ] as const)
        expect(Math.abs(Math.log1p(up) + Math.log1p(down))).toBeLessThan(tolerance * width);
    };
    // A belief that is narrower than the other as a difference, and much wider as a quotient.
    const rare = { successes: 3828, trials: 72_340 };
    const usual = { successes: 272_296, trials: 312_258 };
    whole([rare, usual], 1e-9);
    expect(credibleInterval(rare, usual, { difference: "relative" }).median).toBeCloseTo(15.476_516_2, 6);
    const some = counts.filter(({ successes }) => successes > 0);
    fc.assert(
      fc.property(some, some, (one, other) => whole([one, other], 1e-8)),
      { numRuns: 30 },
    );
  });

  it("stay where they have arrived, also where the last step is none", () => {
    // Whose median was met to the last digit, and that of which one more step rounds to it.
    const { lower, median, upper } = credibleInterval(
      { successes: 1_856_119, trials: 435_990_249 },
      { successes: 80_167, trials: 18_848_640 },
    );
    expect(Math.abs(median + 4.017_219_755_86e-6)).toBeLessThan(1e-8 * (upper - lower));
    // P(B < r A) of Beta(1, 13,732) and Beta(1, 344,839) is ½ at r = 0.0398229 (as for exponential ones, 13,732 / 344,839, to 3e-5).
    const quotient = credibleInterval(
      { successes: 0, trials: 13_731 },
      { successes: 0, trials: 344_838 },
      { difference: "relative" },
    );
    expect(Math.abs(quotient.median + 0.960_177_125_8)).toBeLessThan(1e-9);
  });

  it("find their way back from where the function no longer moves", () => {
    const { lower, median } = credibleInterval(
      { successes: 3, trials: 20_666_576 },
      { successes: 0, trials: 186_661 },
    );
    expect(lower).toBeCloseTo(-5.750_096e-8, 13);
    expect(median).toBeCloseTo(3.520_694e-6, 11);
  });

  it("come to the arm's own quantiles beside an arm that is known", () => {
    const known = { successes: 3e8, trials: 1e9 };
    const { lower, upper } = credibleInterval(known, a);
    expect(lower + 0.3).toBeCloseTo(betaQuantile(0.025, 101, 901), 5);
    expect(upper + 0.3).toBeCloseTo(betaQuantile(0.975, 101, 901), 5);
  });

  it("say that a quotient by what may be 0 has no mean", () => {
    const { mean, lower, upper } = credibleInterval({ successes: 0, trials: 50 }, b, {
      difference: "relative",
    });
    expect(mean).toBeNull();
    expect(lower).toBeLessThan(upper);
  });

  it("refuse a level that is none", () => {
    for (const level of [0, 1, Number.NaN])
      expect(() => credibleInterval(a, b, { level })).toThrow(expect.objectContaining({ path: "/level" }));
  });
});
