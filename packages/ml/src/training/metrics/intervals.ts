import { normalQuantile } from "@attune/core/stats";
import type { Measured } from "./types.js";

/** z of a two-sided interval. */
export const twoSided = (level: number): number => normalQuantile((1 + level) / 2);

const clipped = (value: number, half: number, { low = 0, high = 1 }): Measured => ({
  value,
  lower: Math.max(low, value - half),
  upper: Math.min(high, value + half),
});

/** Of a value with a variance, within [0, 1]. */
export const byVariance = (value: number, variance: number, z: number): Measured =>
  clipped(value, z * Math.sqrt(variance), {});

/** Of a share (Wilson 1927): never empty, never beyond 0 and 1. Null without rows. */
export function wilson(count: number, rows: number, z: number): Measured | null {
  if (rows === 0) return null;
  const share = count / rows;
  const bend = 1 + (z * z) / rows;
  const middle = (share + (z * z) / (2 * rows)) / bend;
  const half = (z / bend) * Math.sqrt((share * (1 - share)) / rows + (z * z) / (4 * rows * rows));
  // At 0 and at all rows the ends are exact; rounding would leave a trace of the difference.
  return {
    value: share,
    lower: count === 0 ? 0 : middle - half,
    upper: count === rows ? 1 : middle + half,
  };
}

/** Of the mean of values of 0 or more. */
export function ofMean(values: Float64Array, z: number): Measured {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const variance = values.length > 1 ? squares / (values.length - 1) / values.length : 0;
  return clipped(mean, z * Math.sqrt(variance), { high: Number.POSITIVE_INFINITY });
}
