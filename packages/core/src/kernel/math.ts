/*
 * Elementary functions from + − × ÷ and comparisons only. IEEE 754 fixes those to the last bit, while engines differ in `Math.exp` and
 * its kin: whatever page and server must agree on bit for bit uses these.
 */

/** ln 2 in two parts (as in fdlibm): k · HI is exact for every exponent k of a double. */
const LN2_HI = 0.6931471803691238;
const LN2_LO = 1.9082149292705877e-10;
const LN2 = 0.6931471805599453;

/** 2^k for an integer k in ±1074, exactly. */
function power(k: number): number {
  let result = 1;
  let base = k < 0 ? 0.5 : 2;
  for (let n = k < 0 ? -k : k; n; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return result;
}

/** e^r · 2^k for |r| ≤ ln 2 / 2: the Taylor series to r^14, whose rest is below 1e-18. */
function scaled(r: number, k: number): number {
  let sum = 1;
  for (let n = 14; n; n--) sum = 1 + (sum * r) / n;
  const half = k >> 1;
  return sum * power(half) * power(k - half);
}

/** e^x. Relative error below 1e-15 wherever the result is a normal number; 0 and Infinity outside the range of doubles. */
export function exp(x: number): number {
  if (!(x > -746 && x < 710)) return x < 0 ? 0 : x > 0 ? Infinity : x;
  const k = Math.floor(x / LN2 + 0.5);
  return scaled(x - k * LN2_HI - k * LN2_LO, k);
}

/** 2^x. Relative error below 1e-15 wherever the result is a normal number; exact at integers. */
export function pow2(x: number): number {
  if (!(x > -1076 && x < 1024)) return x < 0 ? 0 : x > 0 ? Infinity : x;
  const k = Math.floor(x + 0.5);
  return scaled((x - k) * LN2, k);
}

/** Natural logarithm; relative error below 1e-15. NaN below 0, −Infinity at 0. */
export function log(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  let m = x;
  let k = 0;
  // Brings m into [√½, √2]; products with powers of two are exact.
  for (let step = 512; step; step >>= 1) {
    const up = power(step);
    for (; m >= up; k += step) m /= up;
    for (; m * up <= 1; k -= step) m *= up;
  }
  if (m > 1.4142135623730951) {
    m /= 2;
    k++;
  } else if (m < 0.7071067811865476) {
    m *= 2;
    k--;
  }
  // ln m = 2 artanh f; f² ≤ 0.0295, so twelve terms leave less than 1e-19.
  const f = (m - 1) / (m + 1);
  let sum = 0;
  for (let n = 25; n > 1; n -= 2) sum = (sum + 1 / n) * f * f;
  return k * LN2_HI + (k * LN2_LO + 2 * f * sum + 2 * f);
}

/** 1 / (1 + e^−x), in [0, 1], without overflow or cancellation on either side. */
export function sigmoid(x: number): number {
  const e = exp(x < 0 ? x : -x);
  return (x < 0 ? e : 1) / (1 + e);
}

/**
 * What is left of 1 after `elapsed` at this half-life (same unit): 2^(−elapsed ÷ halfLife), relative error below 1e-15. Elapsed below 0
 * counts as 0. As `pow2`, but smaller: this one is on the page.
 */
export function decay(elapsed: number, halfLife: number): number {
  let rest = Math.max(0, elapsed) / halfLife;
  let scale = 1;
  for (; rest >= 1 && scale; rest--) scale /= 2;
  let sum = 1;
  for (let n = 18; n; n--) sum = 1 - (sum * rest * LN2) / n;
  return scale && scale * sum;
}
