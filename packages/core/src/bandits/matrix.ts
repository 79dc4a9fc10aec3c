/** A square matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

export const identity = (size: number, scale = 1): number[][] =>
  Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? scale : 0)));

export const dot = (a: readonly number[], b: readonly number[]): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

export const times = (matrix: Matrix, vector: readonly number[]): number[] =>
  matrix.map((row) => dot(row, vector));

/** xᵀ M x */
export const quadratic = (matrix: Matrix, x: readonly number[]): number => dot(x, times(matrix, x));

/** The lower triangle L with L Lᵀ = M, of a symmetric positive definite matrix; null where it is none. */
export function cholesky(matrix: Matrix): number[][] | null {
  const size = matrix.length;
  const lower = identity(size, 0);
  for (let i = 0; i < size; i++) {
    const row = lower[i] as number[];
    for (let j = 0; j <= i; j++) {
      const other = lower[j] as number[];
      let sum = (matrix[i] as readonly number[])[j] as number;
      for (let k = 0; k < j; k++) sum -= (row[k] as number) * (other[k] as number);
      if (i !== j) row[j] = sum / (other[j] as number);
      else if (sum > 0) row[j] = Math.sqrt(sum);
      else return null;
    }
  }
  return lower;
}

/** x with L Lᵀ x = b. */
export function solveCholesky(lower: Matrix, b: readonly number[]): number[] {
  const size = b.length;
  const x = [...b];
  for (let i = 0; i < size; i++) {
    const row = lower[i] as readonly number[];
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (row[k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (row[i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++)
      x[i] = (x[i] as number) - ((lower[k] as readonly number[])[i] as number) * (x[k] as number);
    x[i] = (x[i] as number) / ((lower[i] as readonly number[])[i] as number);
  }
  return x;
}

/** The inverse of L Lᵀ. */
export function inverseOf(lower: Matrix): number[][] {
  const size = lower.length;
  const columns = identity(size).map((unit) => solveCholesky(lower, unit));
  return columns.map((_, i) => columns.map((column) => column[i] as number));
}
