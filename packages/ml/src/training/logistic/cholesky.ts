/**
 * The lower Cholesky factor of a symmetric n × n matrix, row-major, in place of its lower triangle; false where it is not positive definite to
 * working precision. O(n³ ÷ 6).
 */
export function factorize(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const diagonal = a[i * n + i] as number;
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * n + k] as number) * (a[j * n + k] as number);
      if (j < i) a[i * n + j] = sum / (a[j * n + j] as number);
      // What is left of the diagonal is all rounding: this row hangs on those before it.
      else if (!(sum > 1e-13 * diagonal)) return false;
      else a[i * n + i] = Math.sqrt(sum);
    }
  }
  return true;
}

/** Solves L Lᵀ x = b in place of b. O(n²). */
export function solve(factor: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  for (let i = 0; i < n; i++) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k++) sum -= (factor[i * n + k] as number) * (b[k] as number);
    b[i] = sum / (factor[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = b[i] as number;
    for (let k = i + 1; k < n; k++) sum -= (factor[k * n + i] as number) * (b[k] as number);
    b[i] = sum / (factor[i * n + i] as number);
  }
  return b;
}

/** The inverse of what was factorized. O(n³). */
export function inverse(factor: Float64Array, n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    result.set(solve(factor, unit), i * n);
  }
  return result;
}
