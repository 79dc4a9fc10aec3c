import type { Matrix } from "../../data/points.js";

/** Columns moved and scaled to mean 0 and standard deviation 1; a constant column is all 0. */
export interface Standardized {
  readonly data: Float64Array;
  readonly means: Float64Array;
  /** 0 for a constant column. */
  readonly deviations: Float64Array;
}

/**
 * By weighted mean and deviation (population form), two passes, over differences from the first row that has weight: those of a constant column are exactly 0, where a mean of its values
 * would be off by as much rounding as there are rows. O(n d).
 */
export function standardize({ data, rows, columns }: Matrix, weights: Float64Array): Standardized {
  const total = weights.reduce((a, b) => a + b, 0);
  const means = new Float64Array(columns);
  const squares = new Float64Array(columns);
  const first = weights.findIndex((weight) => weight > 0) * columns;
  const origins = data.slice(first, first + columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      (means[j] as number) +=
        ((weights[i] as number) * ((data[i * columns + j] as number) - (origins[j] as number))) / total;
  for (let j = 0; j < columns; j++) (means[j] as number) += origins[j] as number;
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      (squares[j] as number) +=
        ((weights[i] as number) * ((data[i * columns + j] as number) - (means[j] as number)) ** 2) / total;
  // Below this the spread is what rounding left of a constant.
  const deviations = squares.map((square, j) => {
    const deviation = Math.sqrt(square);
    return deviation > 1e-13 * Math.abs(means[j] as number) ? deviation : 0;
  });
  const scaled = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const deviation = deviations[j] as number;
      const at = i * columns + j;
      if (deviation > 0) scaled[at] = ((data[at] as number) - (means[j] as number)) / deviation;
    }
  return { data: scaled, means, deviations };
}

/** Coefficients on the raw inputs from those on standardized ones, intercept first. */
export function unscaled(
  coefficients: ArrayLike<number>,
  { means, deviations }: Pick<Standardized, "means" | "deviations">,
): { intercept: number; weights: Float64Array } {
  let intercept = coefficients[0] as number;
  const weights = deviations.map((deviation, j) =>
    deviation > 0 ? (coefficients[j + 1] as number) / deviation : 0,
  );
  weights.forEach((weight, j) => {
    intercept -= weight * (means[j] as number);
  });
  return { intercept, weights };
}
