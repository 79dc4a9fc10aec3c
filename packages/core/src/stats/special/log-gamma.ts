const HALF_LOG_TWO_PI = 0.918_938_533_204_672_74;
/** From here on eight terms of Stirling's series leave less than 1e-17. */
const STIRLING_FROM = 10;

/**
 * What Stirling's formula leaves out: ln Γ(x) − ((x − ½) ln x − x + ½ ln 2π), for x ≥ 10. The coefficients are B₂ₖ / (2k (2k − 1)); Abramowitz
 * and Stegun 6.1.40.
 */
export function stirlingRemainder(x: number): number {
  const y = 1 / (x * x);
  const series =
    1 / 12 +
    y *
      (-1 / 360 +
        y *
          (1 / 1260 +
            y * (-1 / 1680 + y * (1 / 1188 + y * (-691 / 360_360 + y * (1 / 156 - (y * 3617) / 122_400))))));
  return series / x;
}

/** ln Γ(x) for x > 0, to about 1e-15 of the larger of 1 and itself; NaN elsewhere. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  if (x === Number.POSITIVE_INFINITY) return x;
  // Γ(x + 1) = x Γ(x), up to where the series holds.
  let product = 1;
  let up = x;
  for (; up < STIRLING_FROM; up++) product *= up;
  return (up - 0.5) * Math.log(up) - up + HALF_LOG_TWO_PI + stirlingRemainder(up) - Math.log(product);
}

/**
 * ln B(a, b) = ln Γ(a) + ln Γ(b) − ln Γ(a + b) for a, b > 0; NaN elsewhere. Where one of them is large, what nearly cancels is subtracted
 * before it is computed (Didonato and Morris 1992, "algdiv"), so that a small a beside a b of 1e9 keeps its digits.
 */
export function logBeta(a: number, b: number): number {
  if (!(a > 0 && b > 0)) return Number.NaN;
  const [small, large] = a < b ? [a, b] : [b, a];
  const sum = small + large;
  if (large < STIRLING_FROM) return logGamma(small) + logGamma(large) - logGamma(sum);
  if (small < STIRLING_FROM) {
    // ln Γ(large) − ln Γ(large + small)
    const ratio = small / large;
    const between =
      -(large - 0.5) * Math.log1p(ratio) -
      small * Math.log(sum) +
      small +
      stirlingRemainder(large) -
      stirlingRemainder(sum);
    return logGamma(small) + between;
  }
  return (
    -0.5 * Math.log(large) +
    HALF_LOG_TWO_PI +
    (small - 0.5) * Math.log(small / sum) -
    large * Math.log1p(small / large) +
    (stirlingRemainder(small) + stirlingRemainder(large) - stirlingRemainder(sum))
  );
}
