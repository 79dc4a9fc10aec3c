/**
 * Probability that two samples of sizes m and n from one continuous distribution lie `d` or more apart, exactly: of all orders in which their values can come, the
 * share in which both empirical distribution functions part that far (Hodges 1958; what has parted is summed, so that small values keep their digits). O(mn).
 */
export function twoSampleProbability(d: number, m: number, n: number): number {
  // Over whole numbers, so that no rounding decides whether a distance is reached.
  const reached = Math.round(d * m * n);
  if (reached <= 0) return 1;
  const parted = new Float64Array(n + 1);
  for (let i = 0; i <= m; i++) {
    for (let j = 0; j <= n; j++) {
      if (Math.abs(i * n - j * m) >= reached) parted[j] = 1;
      else {
        const above = i > 0 ? (parted[j] as number) * i : 0;
        const beside = j > 0 ? (parted[j - 1] as number) * j : 0;
        parted[j] = i + j > 0 ? (above + beside) / (i + j) : 0;
      }
    }
  }
  return parted[n] as number;
}

/** P(D⁺ ≥ d) of one sample of n against its distribution (Birnbaum and Tingey 1951). */
function oneSided(d: number, n: number): number {
  // log n!, summed once.
  const logFactorial = new Float64Array(n + 1);
  for (let i = 2; i <= n; i++) logFactorial[i] = (logFactorial[i - 1] as number) + Math.log(i);
  let sum = Math.exp(n * Math.log1p(-d));
  for (let j = 1; j <= n * (1 - d); j++) {
    const rest = 1 - d - j / n;
    if (rest <= 0) break;
    const logChoose =
      (logFactorial[n] as number) - (logFactorial[j] as number) - (logFactorial[n - j] as number);
    sum += d * Math.exp(logChoose + (n - j) * Math.log(rest) + (j - 1) * Math.log(d + j / n));
  }
  return Math.min(1, sum);
}

type Square = Float64Array;

function product(a: Square, b: Square, size: number): Square {
  const out = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k] as number;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) (out[i * size + j] as number) += factor * (b[k * size + j] as number);
    }
  return out;
}

/** Of the matrix's n-th power the element in its middle, times n! ÷ nⁿ; powers of ten are kept apart where numbers grow too large. */
function middleOfPower(matrix: Square, size: number, n: number): number {
  let power: Square | null = null;
  let powerScale = 0;
  let square = matrix;
  let squareScale = 0;
  const middle = ((size - 1) / 2) * size + (size - 1) / 2;
  const tame = (values: Square): number => {
    if ((values[middle] as number) < 1e140) return 0;
    for (let i = 0; i < values.length; i++) (values[i] as number) *= 1e-140;
    return 140;
  };
  for (let rest = n; rest > 0; rest >>= 1) {
    if (rest & 1) {
      power = power === null ? square.slice() : product(power, square, size);
      powerScale += squareScale;
      powerScale += tame(power);
    }
    if (rest > 1) {
      square = product(square, square, size);
      squareScale *= 2;
      squareScale += tame(square);
    }
  }
  let value = (power as Square)[middle] as number;
  for (let i = 1; i <= n; i++) {
    value = (value * i) / n;
    if (value < 1e-140) {
      value *= 1e140;
      powerScale -= 140;
    }
  }
  return value * 10 ** powerScale;
}

/**
 * Probability that one sample of n lies `d` or more from the distribution it was drawn from, exactly: Durbin's matrix as Marsaglia, Tsang and Wang (2003) raise it to the
 * n-th power; from n d² = 4 on twice the one-sided probability, which is then right to 1e-13 and keeps the digits of small values. O((nd)³ log n).
 */
export function oneSampleProbability(d: number, n: number): number {
  if (d <= 1 / (2 * n)) return 1;
  if (d >= 1) return 0;
  if (n * d * d >= 4 || d >= 0.5) return Math.min(1, 2 * oneSided(d, n));
  const k = Math.floor(n * d) + 1;
  const size = 2 * k - 1;
  const h = k - n * d;
  const matrix = new Float64Array(size * size);
  for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) matrix[i * size + j] = i - j + 1 < 0 ? 0 : 1;
  for (let i = 0; i < size; i++) {
    (matrix[i * size] as number) -= h ** (i + 1);
    (matrix[(size - 1) * size + i] as number) -= h ** (size - i);
  }
  (matrix[(size - 1) * size] as number) += 2 * h - 1 > 0 ? (2 * h - 1) ** size : 0;
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) for (let g = 1; g <= i - j + 1; g++) (matrix[i * size + j] as number) /= g;
  return 1 - middleOfPower(matrix, size, n);
}
