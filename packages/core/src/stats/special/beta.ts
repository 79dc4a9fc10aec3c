import { betaCurve, logitOffset, rateAt } from "../posterior/beta-curve.js";
import { quantileOf, tailsAt } from "../posterior/tails.js";

/** Both sides of a point of a distribution, each to its own digits. */
export interface CdfAndSf {
  /** P(X ≤ x). */
  readonly cdf: number;
  /** P(X > x). */
  readonly sf: number;
}

/**
 * The beta distribution function (the regularised incomplete beta function) and what is left of 1, for α, β > 0 and 0 ≤ x ≤ 1: to 1e-12 of the
 * smaller one up to α + β of 2e9. Integrated over the logit of x in panels of 16 Gauss–Legendre nodes, where no two large numbers cancel; NaN for what is no beta
 * distribution.
 */
export function betaCdf(x: number, alpha: number, beta: number): CdfAndSf {
  if (!(alpha > 0 && beta > 0 && x >= 0 && x <= 1)) return { cdf: Number.NaN, sf: Number.NaN };
  if (x === 0 || x === 1) return { cdf: x, sf: 1 - x };
  const shape = { alpha, beta };
  const { below, above } = tailsAt(betaCurve(shape), logitOffset(x, shape));
  return { cdf: below, sf: above };
}

/** The x with P(X ≤ x) = p of Beta(α, β), to 1e-12 of itself; NaN for what is none. */
export function betaQuantile(p: number, alpha: number, beta: number): number {
  if (!(alpha > 0 && beta > 0 && p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0 || p === 1) return p;
  const shape = { alpha, beta };
  return rateAt(quantileOf(betaCurve(shape), p), shape);
}
