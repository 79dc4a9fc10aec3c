import { isCount, requireInput } from "../check.js";

/** What is summed up of one variant: enough for everything that is computed of it. */
export type Summary =
  | { readonly type: "proportion"; readonly n: number; readonly sum: number }
  | { readonly type: "mean"; readonly n: number; readonly sum: number; readonly sumSquares: number }
  | RatioSummary
  | CupedSummary;

/** A numerator and a denominator per unit of assignment, such as orders and sessions per visitor. */
export interface RatioSummary {
  readonly type: "ratio";
  readonly n: number;
  readonly numSum: number;
  readonly numSumSquares: number;
  readonly denSum: number;
  readonly denSumSquares: number;
  /** Σ numerator × denominator. */
  readonly sumProducts: number;
}

/** A metric and, of the same units, what was known of them before the experiment. */
export interface CupedSummary {
  readonly type: "cuped";
  readonly n: number;
  readonly postSum: number;
  readonly postSumSquares: number;
  readonly preSum: number;
  readonly preSumSquares: number;
  /** Σ before × after. */
  readonly sumProducts: number;
}

/** A mean of n units and the variance of one of them. */
export interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly variance: number;
}

/** (Σxy − Σx Σy / n) / (n − 1); 0 for fewer than two. */
export function covariance(n: number, sumX: number, sumY: number, sumProducts: number): number {
  return n > 1 ? (sumProducts - (sumX * sumY) / n) / (n - 1) : 0;
}

export const varianceOf = (n: number, sum: number, sumSquares: number): number =>
  Math.max(0, covariance(n, sum, sum, sumSquares));

/**
 * Mean and variance of what a summary is of. A proportion's variance is p (1 − p); a ratio's comes from the delta method (Deng, Knoblich and Lu 2018),
 * var(N)/D² − 2 N cov(N, D)/D³ + N² var(D)/D⁴.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for sums that cannot be
 */
export function momentsOf(summary: Exclude<Summary, CupedSummary>, path = ""): Moments {
  const { n } = summary;
  requireInput(isCount(n) && n > 0, `${path}/n`, "Give how many units there were: more than 0.");
  if (summary.type === "proportion") {
    const { sum } = summary;
    requireInput(
      isCount(sum) && sum <= n,
      `${path}/sum`,
      "Give how many of them succeeded: not more than there were.",
    );
    const mean = sum / n;
    return { n, mean, variance: mean * (1 - mean) };
  }
  if (summary.type === "mean") {
    const { sum, sumSquares } = summary;
    requireInput(Number.isFinite(sum), `${path}/sum`, "Give the sum of their values.");
    requireSquares(n, sum, sumSquares, `${path}/sumSquares`);
    return { n, mean: sum / n, variance: varianceOf(n, sum, sumSquares) };
  }
  return ratioMoments(summary, path);
}

/** No sum of squares is below the square of the sum over n; a little less may be rounding. */
export function requireSquares(n: number, sum: number, sumSquares: number, path: string): void {
  const least = (sum * sum) / n;
  requireInput(
    Number.isFinite(sumSquares) && sumSquares >= least * (1 - 1e-9),
    path,
    "Give the sum of their squares, which is at least the square of their sum over their number.",
  );
}

function ratioMoments(summary: RatioSummary, path: string): Moments {
  const { n, numSum, numSumSquares, denSum, denSumSquares, sumProducts } = summary;
  requireInput(Number.isFinite(numSum), `${path}/numSum`, "Give the sum of the numerators.");
  requireInput(
    Number.isFinite(denSum) && denSum !== 0,
    `${path}/denSum`,
    "Give the sum of the denominators: not 0.",
  );
  requireSquares(n, numSum, numSumSquares, `${path}/numSumSquares`);
  requireSquares(n, denSum, denSumSquares, `${path}/denSumSquares`);
  requireInput(
    Number.isFinite(sumProducts),
    `${path}/sumProducts`,
    "Give the sum of numerator times denominator.",
  );
  const num = numSum / n;
  const den = denSum / n;
  const variance =
    varianceOf(n, numSum, numSumSquares) / den ** 2 -
    (2 * num * covariance(n, numSum, denSum, sumProducts)) / den ** 3 +
    (num ** 2 * varianceOf(n, denSum, denSumSquares)) / den ** 4;
  return { n, mean: num / den, variance: Math.max(0, variance) };
}
