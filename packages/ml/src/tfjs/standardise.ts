import type { Matrix } from "../data/points.js";
import type { NetworkLayer } from "../model/types.js";

/** Mean and standard deviation by column; 1 where a column never changes. */
export interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** Columns with mean 0 and standard deviation 1, as float32, and what they were. A column that never changes becomes zeros. */
export function standardised({ data, rows, columns }: Matrix): { values: Float32Array; scale: Scale } {
  const mean = new Float64Array(columns);
  const deviation = new Float64Array(columns);
  data.forEach((value, i) => {
    mean[i % columns] = (mean[i % columns] as number) + value / rows;
  });
  data.forEach((value, i) => {
    deviation[i % columns] =
      (deviation[i % columns] as number) + (value - (mean[i % columns] as number)) ** 2 / rows;
  });
  for (let j = 0; j < columns; j++) {
    const spread = Math.sqrt(deviation[j] as number);
    // The mean of equal values is off by its rounding, which must not be taken for a spread.
    deviation[j] = spread > 1e-9 * Math.abs(mean[j] as number) ? spread : 1;
  }
  const values = Float32Array.from(
    data,
    (value, i) => (value - (mean[i % columns] as number)) / (deviation[i % columns] as number),
  );
  return { values, scale: { mean, deviation } };
}

/** A first layer that takes raw values, in place of one that takes standardised ones. */
export function foldStandardisation(
  { weights, biases, activation }: NetworkLayer,
  { mean, deviation }: Scale,
): NetworkLayer {
  const inputs = mean.length;
  const folded = Float32Array.from(weights, (weight, i) => weight / (deviation[i % inputs] as number));
  const shifted = Float32Array.from(biases, (bias, unit) => {
    let sum = bias;
    // With the weights as they are kept, so that their rounding does not shift the sum.
    for (let j = 0; j < inputs; j++) sum -= (folded[unit * inputs + j] as number) * (mean[j] as number);
    return sum;
  });
  return { weights: folded, biases: shifted, activation };
}
