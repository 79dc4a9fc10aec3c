import { betaCurve } from "../posterior/beta-curve.js";
import { quantileOf, tailsAt } from "../posterior/tails.js";

/*
 * T² / (df + T²) is Beta(½, df / 2), and its logit less that distribution's own middle, ln(1 / df), is ln T²: the tails of t are tails of a beta curve.
 */

/** P(T ≤ t) of Student's t with `df` > 0 degrees of freedom, not necessarily whole, to its own digits in the lower tail; NaN for what is none. */
export function studentTCdf(t: number, df: number): number {
  if (Number.isNaN(t) || !(df > 0)) return Number.NaN;
  const beyond = 0.5 * tailsAt(betaCurve({ alpha: 0.5, beta: df / 2 }), Math.log(t * t)).above;
  return t < 0 ? beyond : 1 - beyond;
}

/** The t with P(T ≤ t) = p. */
export function studentTQuantile(p: number, df: number): number {
  if (!(p >= 0 && p <= 1 && df > 0)) return Number.NaN;
  if (p === 0.5) return 0;
  if (p === 0 || p === 1) return p === 0 ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const beyond = 2 * Math.min(p, 1 - p);
  const t = Math.exp(0.5 * quantileOf(betaCurve({ alpha: 0.5, beta: df / 2 }), beyond, 1));
  return p < 0.5 ? -t : t;
}
