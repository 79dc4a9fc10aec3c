import { AttuneError } from "@attune/core";

/**
 * Solves A X = B by Gaussian elimination with partial pivoting, in place: B holds X afterwards. O(n² (n + m)).
 *
 * @param a n × n, row-major; overwritten.
 * @param b n × m, row-major; overwritten.
 * @throws AttuneError `ATTUNE_ML_SINGULAR`
 */
export function solveInPlace(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const m = b.length / n;
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let row = column + 1; row < n; row++) {
      if (Math.abs(a[row * n + column] as number) > Math.abs(a[pivot * n + column] as number)) pivot = row;
    }
    const divisor = a[pivot * n + column] as number;
    if (!(Math.abs(divisor) > 1e-300)) {
      throw new AttuneError("ATTUNE_ML_SINGULAR", "The system of equations has no single solution.");
    }
    if (pivot !== column) {
      swapRows(a, n, { first: pivot, second: column });
      swapRows(b, m, { first: pivot, second: column });
    }
    for (let row = 0; row < n; row++) {
      if (row === column) continue;
      const factor = (a[row * n + column] as number) / divisor;
      if (factor === 0) continue;
      for (let k = column; k < n; k++) {
        a[row * n + k] = (a[row * n + k] as number) - factor * (a[column * n + k] as number);
      }
      for (let k = 0; k < m; k++) {
        b[row * m + k] = (b[row * m + k] as number) - factor * (b[column * m + k] as number);
      }
    }
  }
  for (let row = 0; row < n; row++) {
    const divisor = a[row * n + row] as number;
    for (let k = 0; k < m; k++) b[row * m + k] = (b[row * m + k] as number) / divisor;
  }
  return b;
}

function swapRows(
  matrix: Float64Array,
  columns: number,
  { first, second }: { first: number; second: number },
): void {
  const kept = matrix.slice(first * columns, (first + 1) * columns);
  matrix.copyWithin(first * columns, second * columns, (second + 1) * columns);
  matrix.set(kept, second * columns);
}
