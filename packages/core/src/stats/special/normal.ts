const ROOT_TWO_PI = 2.506_628_274_631_000_5;

/** Density of the standard normal distribution. */
export const normalPdf = (x: number): number => squareExp(x) / ROOT_TWO_PI;

/** Below this the series about zero is taken, above it the continued fraction of the tail. */
const TAIL_FROM = 3;

/** P(Z > x) for x ≥ 3: φ(x) / (x + 1/(x + 2/(x + 3/(x + …)))), Abramowitz and Stegun 26.2.14, from the end. */
function upperTail(x: number): number {
  let fraction = x;
  for (let k = Math.ceil(20 + 400 / (x * x)); k > 0; k--) fraction = x + k / fraction;
  return normalPdf(x) / fraction;
}

/** exp(−x²/2) with x² split in two, since its rounding error alone would cost three digits at x = 37. */
function squareExp(x: number): number {
  const high = Math.trunc(x * 16) / 16;
  return Math.exp(-0.5 * high * high) * Math.exp(-0.5 * (x - high) * (x + high));
}

/** φ(x) (x + x³/3 + x⁵/15 + …) = Φ(x) − ½, Abramowitz and Stegun 26.2.11. */
function fromHalf(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; Math.abs(term) > 1e-17 * Math.abs(sum); k += 2) {
    term *= (x * x) / k;
    sum += term;
  }
  return normalPdf(x) * sum;
}

/** P(Z ≤ x) of the standard normal distribution, to 1e-13 of itself in both tails, as far as numbers go (x ≥ −37.5). */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < -40) return 0;
  if (x > 40) return 1;
  if (x <= -TAIL_FROM) return upperTail(-x);
  return x >= TAIL_FROM ? 1 - upperTail(x) : 0.5 + fromHalf(x);
}

/**
 * The x with P(Z ≤ x) = p; ∓Infinity at 0 and 1, NaN outside. A rational start (Abramowitz and Stegun 26.2.23, right to 4.5e-4) and three of
 * Halley's steps, each of which triples the digits.
 */
export function normalQuantile(p: number): number {
  if (!(p >= 0 && p <= 1)) return Number.NaN;
  if (p === 0) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const t = Math.sqrt(-2 * Math.log(p));
  let x =
    (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
  for (let step = 0; step < 3; step++) {
    const error = (normalCdf(x) - p) / normalPdf(x);
    x -= error / (1 + 0.5 * x * error);
  }
  return x;
}

/** E[max(Z, 0)] of a normal distribution, to nearly all its digits also where it is tiny: μ Φ(μ/σ) + σ φ(μ/σ). */
export function normalExcess(mean: number, sd: number): number {
  const z = mean / sd;
  return sd * normalPdf(z) + mean * normalCdf(z);
}
