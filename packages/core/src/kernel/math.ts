/*
 * Functions from + − × ÷ and comparisons only. IEEE 754 fixes those to the last bit, while engines differ in `Math.pow` and its kin:
 * whatever page and server must agree on bit for bit uses these.
 */

const LN2 = 0.6931471805599453;

/**
 * What is left of 1 after `elapsed` at this half-life (same unit): 2^(−elapsed ÷ halfLife), relative error below 1e-15. Elapsed below 0
 * counts as 0. A Taylor series to the 18th power, whose rest is below 1e-19, over whole halvings.
 */
export function decay(elapsed: number, halfLife: number): number {
  let rest = Math.max(0, elapsed) / halfLife;
  let scale = 1;
  for (; rest >= 1 && scale; rest--) scale /= 2;
  let sum = 1;
  for (let n = 18; n; n--) sum = 1 - (sum * rest * LN2) / n;
  return scale && scale * sum;
}
