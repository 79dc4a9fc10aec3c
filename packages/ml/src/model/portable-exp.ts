const LN2 = Math.LN2;
/** ln 2 in two parts: the first has its last 21 bits clear, so that k times it is exact; the second is the rest. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 2^k, exactly, for k in [−1074, 1023]. */
function powerOfTwo(k: number): number {
  let factor = k < 0 ? 0.5 : 2;
  let power = 1;
  for (let rest = k < 0 ? -k : k; rest > 0; rest >>= 1) {
    if (rest & 1) power *= factor;
    factor *= factor;
  }
  return power;
}

/**
 * The exponential function from + − × ÷ alone, whose results IEEE 754 fixes to the last bit, so that a page and a server agree whichever engine they run;
 * `Math.exp` may differ between engines (ECMA-262, 21.3.2). Relative error below 4e-16. Infinity above 709.78, 0 below −745.13, NaN for NaN.
 *
 * With k = round(x ÷ ln 2) and r the rest, |r| ≤ ln 2 ÷ 2: exp(r) = 1 + 2r ÷ (r coth(r/2) − r), where r coth(r/2) = Σ 2 B₂ₙ r²ⁿ ÷ (2n)! with Bernoulli's numbers
 * (Abramowitz and Stegun 4.5.67); what is left out of the sum is below 1e-17.
 */
export function portableExp(x: number): number {
  if (!(x > -745.2)) return x <= -745.2 ? 0 : Number.NaN;
  if (x > 709.79) return Number.POSITIVE_INFINITY;
  const k = Math.floor(x / LN2 + 0.5);
  const high = x - k * LN2_HIGH;
  const low = k * LN2_LOW;
  const r = high - low;
  const s = r * r;
  // r coth(r/2) − 2, from the second term on.
  const t =
    s *
    (1 / 6 +
      s * (-1 / 360 + s * (1 / 15120 + s * (-1 / 604800 + s * (1 / 23950080 + s * (-691 / 653837184000))))));
  // 2r ÷ (2 + t − r) = r + r (r − t) ÷ (2 + t − r): the large part, r, is added last, and with what rounding it lost.
  const value = 1 + (high - (low - (r * (r - t)) / (2 + t - r)));
  // Where 2^k alone were beyond what a number can hold, in two steps.
  if (k === 1024) return value * 2 * powerOfTwo(1023);
  if (k < -1021) return value * powerOfTwo(k + 64) * powerOfTwo(-64);
  return value * powerOfTwo(k);
}

/** The logistic function 1 ÷ (1 + exp(−x)), portable as {@link portableExp} is, without cancellation on either side. In [0, 1]. */
export function portableLogistic(x: number): number {
  if (x >= 0) return 1 / (1 + portableExp(-x));
  const e = portableExp(x);
  return e / (1 + e);
}

/** The hyperbolic tangent, portable as {@link portableExp} is; absolute error below 2e-16. */
export function portableTanh(x: number): number {
  const e = portableExp(-2 * (x < 0 ? -x : x));
  const size = (1 - e) / (1 + e);
  return x < 0 ? -size : size === size ? size : x;
}
