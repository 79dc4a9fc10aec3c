import { isCount, requireInput } from "../check.js";
import type { Baseline } from "./baseline.js";
import { covariance, type CupedSummary, type Moments, requireSquares, varianceOf } from "./moments.js";

/** Both variants with what was known before taken out. */
export interface CupedMoments {
  /** How much of a unit's past is taken out of its present. */
  readonly theta: number;
  readonly control: Moments;
  readonly treatment: Moments;
  /** The control's mean before anything is taken out. */
  readonly baseline: Baseline;
}

/**
 * CUPED (Deng, Xu, Kohavi and Walker 2013): y − θ x, with θ = cov(y, x) / var(x) over both variants together, which assignment at random leaves without bias. Where nothing
 * was known before (no variance), θ is 0.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function cuped(control: CupedSummary, treatment: CupedSummary): CupedMoments {
  requireSums(control, "/control");
  requireSums(treatment, "/treatment");
  const theta = thetaOf([control, treatment]);
  return {
    theta,
    control: adjusted(control, theta),
    treatment: adjusted(treatment, theta),
    baseline: baselineOf(control, treatment, theta),
  };
}

/** θ = cov(y, x) / var(x) over all units of these variants together; 0 where x does not vary. */
export function thetaOf(summaries: readonly CupedSummary[]): number {
  const sum = (of: (summary: CupedSummary) => number): number =>
    summaries.reduce((total, summary) => total + of(summary), 0);
  const n = sum((summary) => summary.n);
  const pre = sum(({ preSum }) => preSum);
  const squares = sum(({ preSumSquares }) => preSumSquares);
  const spread = varianceOf(n, pre, squares);
  const shared = covariance(
    n,
    pre,
    sum(({ postSum }) => postSum),
    sum(({ sumProducts }) => sumProducts),
  );
  // What is left of a constant by rounding is no variance.
  return spread > 1e-12 * (squares / n) ? shared / spread : 0;
}

/** What a relative difference is relative to: the control before anything was taken out. */
export function baselineOf(control: CupedSummary, treatment: CupedSummary, theta: number): Baseline {
  const { n, postSum, postSumSquares, preSum, sumProducts } = control;
  const variance = varianceOf(n, postSum, postSumSquares);
  const shared = variance - theta * covariance(n, preSum, postSum, sumProducts);
  const mean = postSum / n;
  return {
    mean,
    variance: variance / n,
    covariance: shared / n,
    uplift: treatment.postSum / treatment.n / mean - 1,
  };
}

/** The mean and variance of y − θ x. */
export function adjusted(summary: CupedSummary, theta: number): Moments {
  const { n, postSum, postSumSquares, preSum, preSumSquares, sumProducts } = summary;
  const variance =
    varianceOf(n, postSum, postSumSquares) +
    theta ** 2 * varianceOf(n, preSum, preSumSquares) -
    2 * theta * covariance(n, preSum, postSum, sumProducts);
  return { n, mean: (postSum - theta * preSum) / n, variance: Math.max(0, variance) };
}

/** @throws AttuneError `ATTUNE_STATS_INPUT` for sums that cannot be */
export function requireSums(summary: CupedSummary, path: string): void {
  const { n, postSum, postSumSquares, preSum, preSumSquares, sumProducts } = summary;
  requireInput(isCount(n) && n > 0, `${path}/n`, "Give how many units there were: more than 0.");
  requireInput(Number.isFinite(postSum), `${path}/postSum`, "Give the sum of the metric.");
  requireInput(Number.isFinite(preSum), `${path}/preSum`, "Give the sum of what was known before.");
  requireSquares(n, postSum, postSumSquares, `${path}/postSumSquares`);
  requireSquares(n, preSum, preSumSquares, `${path}/preSumSquares`);
  requireInput(Number.isFinite(sumProducts), `${path}/sumProducts`, "Give the sum of before times after.");
}

/** Pairs of before and after, summed up. */
export function cupedSummary(pre: readonly number[], post: readonly number[]): CupedSummary {
  requireInput(pre.length === post.length, "/post", "Give as many values after as before.");
  let [preSum, preSumSquares, postSum, postSumSquares, sumProducts] = [0, 0, 0, 0, 0];
  for (let i = 0; i < pre.length; i++) {
    const [x, y] = [pre[i] as number, post[i] as number];
    preSum += x;
    preSumSquares += x * x;
    postSum += y;
    postSumSquares += y * y;
    sumProducts += x * y;
  }
  return { type: "cuped", n: pre.length, preSum, preSumSquares, postSum, postSumSquares, sumProducts };
}
