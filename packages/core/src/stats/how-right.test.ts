import { describe, expect, it } from "vitest";
import { betaCdf, betaQuantile, probabilityToBeBest } from "./index.js";

/** All of it from benchmarks/exact-rates.py: another way, in 50 digits, of which these are the first. */
const CDF = [
  [100, 900, 0.1, 0.511216030479812, 0.488783969520188],
  [100, 900, 0.14, 0.999938293155042, 6.170684495795714e-5],
  [3, 40, 0.2, 0.994443826977619, 0.005556173022380945],
  [400_000_000, 600_000_000, 0.40001, 0.740698304870836, 0.25930169512916396],
  [400_000_000, 600_000_000, 0.3999, 5.405683945347922e-11, 0.9999999999459431],
  [999_999_999, 1_000_000_001, 0.49998, 0.03682273724893559, 0.9631772627510644],
  [1000, 999_999_000, 0.0000011, 0.9989406824834725, 0.001059317516527554],
] as const;
const QUANTILES = [
  [100, 900, 0.025, 0.08218828996955176],
  [3, 40, 0.975, 0.16164195969165393],
  [400_000_000, 600_000_000, 0.000001, 0.39992636170731966],
  [1000, 999_999_000, 0.5, 9.996666870933997e-7],
] as const;
/** Successes and trials of each arm, P(it is the best), and what choosing it gives up. */
const BEST = [
  {
    arms: [
      [3, 10],
      [4, 10],
      [2, 10],
    ],
    best: [0.2869165562853424, 0.6004435281878916, 0.11263991552676607],
    loss: [0.13488315869798279, 0.05154982536464945, 0.21821649203131613],
  },
  {
    arms: [
      [500, 10_000],
      [520, 10_000],
      [540, 10_000],
      [505, 10_000],
      [531, 10_000],
    ],
    best: [
      0.030501678130144635, 0.14679497506577546, 0.4816844325433939, 0.04710355889702139, 0.29391535536366464,
    ],
    loss: [
      0.005211647099778555, 0.003212047019794552, 0.0012124469398105487, 0.004711747079782554,
      0.0021122669758033502,
    ],
  },
  {
    arms: [
      [400_000_000, 1_000_000_000],
      [400_010_000, 1_000_000_000],
      [400_020_000, 1_000_000_000],
    ],
    best: [0.11163716066254331, 0.2814214586119269, 0.6069413807255298],
    loss: [2.5709884572747174e-5, 1.570988459274717e-5, 5.709884612747173e-6],
  },
  {
    arms: [
      [40_000_000, 1_000_000_000],
      [40_005_000, 1_000_000_000],
      [40_004_000, 1_000_000_000],
      [39_990_000, 1_000_000_000],
      [40_002_000, 1_000_000_000],
    ],
    best: [
      0.12007151175918063, 0.374708487976679, 0.3049070558221293, 0.004617856470242291, 0.19569508797176882,
    ],
    loss: [
      9.527984788184199e-6, 4.527984798184199e-6, 5.527984796184199e-6, 1.9527984768184198e-5,
      7.527984792184199e-6,
    ],
  },
] as const;

const beside = (got: number, exact: number): number => Math.abs(got / exact - 1);

describe("beside 50 digits, with counts up to billions", () => {
  it.each(CDF)(
    "beta distribution function of (%d, %d) at %d: both tails to 1e-12 of themselves",
    (a, b, x, cdf, sf) => {
      const got = betaCdf(x, a, b);
      expect(beside(got.cdf, cdf)).toBeLessThan(1e-12);
      expect(beside(got.sf, sf)).toBeLessThan(1e-12);
    },
  );

  it.each(QUANTILES)("beta quantile of (%d, %d) at %d: to 1e-12 of itself", (a, b, p, x) => {
    expect(beside(betaQuantile(p, a, b), x)).toBeLessThan(1e-12);
  });

  it.each(BEST)(
    "P(best) and expected loss of $arms: to 1e-11, and to 1e-8 of themselves",
    ({ arms, best, loss }) => {
      const got = probabilityToBeBest(arms.map(([successes, trials]) => ({ successes, trials })));
      for (const [k, exact] of best.entries()) {
        const share = got.best[k] as number;
        expect(Math.abs(share - exact)).toBeLessThan(1e-11);
        expect(beside(share, exact)).toBeLessThan(1e-8);
      }
      for (const [k, exact] of loss.entries()) {
        const given = got.expectedLoss[k] as number;
        expect(Math.abs(given - exact)).toBeLessThan(1e-11);
        expect(beside(given, exact)).toBeLessThan(1e-8);
      }
    },
  );
});
