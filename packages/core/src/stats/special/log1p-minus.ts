/**
 * log(1 + y) − y, to nearly all its digits also where y is small and the two nearly cancel. With s = y / (2 + y) it is
 * −s y + 2 s³ (1/3 + s²/5 + s⁴/7 + …), from log(1 + y) = 2 artanh s.
 */
export function log1pMinus(y: number): number {
  if (y > 0.2 || y < -0.2) return Math.log1p(y) - y;
  const s = y / (2 + y);
  const q = s * s;
  const series =
    1 / 3 +
    q *
      (1 / 5 +
        q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13 + q * (1 / 15 + q * (1 / 17 + q / 19)))))));
  return s * (2 * q * series - y);
}

/** exp(u) − 1 − u, likewise: its own series where u is small. */
export function expm1Minus(u: number): number {
  if (u > 0.25 || u < -0.25) return Math.expm1(u) - u;
  let term = (u * u) / 2;
  let sum = term;
  for (let k = 3; k < 14; k++) {
    term *= u / k;
    sum += term;
  }
  return sum;
}
