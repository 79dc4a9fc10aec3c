import { gammaCurve } from "../posterior/gamma-curve.js";
import { tailsAt } from "../posterior/tails.js";

/** P(X > x) of the chi-squared distribution with `df` > 0 degrees of freedom, to its own digits; NaN for what is none. */
export function chiSquaredSf(x: number, df: number): number {
  if (!(x >= 0 && df > 0)) return Number.NaN;
  return x === 0 ? 1 : tailsAt(gammaCurve({ shape: df / 2, rate: 0.5 }), Math.log(x)).above;
}
