import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import type { Scaling } from "../types.js";

/** (value − center) ÷ scale of every number, after the logarithm where the column has it. */
export function applyScaling({ data, rows, columns }: Matrix, { center, scale, log }: Scaling): Matrix {
  const scaled = new Float64Array(data.length);
  for (let c = 0; c < columns; c++) {
    const [middle, width, isLog] = [center[c] as number, scale[c] as number, log[c] === 1];
    for (let at = c; at < data.length; at += columns) {
      const value = data[at] as number;
      scaled[at] = ((isLog ? Math.sign(value) * Math.log1p(Math.abs(value)) : value) - middle) / width;
    }
  }
  return { data: scaled, rows, columns };
}

const column = ({ data, rows, columns }: Matrix, c: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, i) => data[i * columns + c] as number);

/** Value at a share of a sorted list, between neighbours linear. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] as number;
  const high = sorted[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** From the first value on, so that of a column that does not vary the mean is that value and the deviation 0, however many rows there are. */
function moments(values: Float64Array): { mean: number; deviation: number } {
  const [first = 0] = values;
  const mean = first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}

/**
 * A scaling learned from points. `z-score`: mean and standard deviation. `robust`: median and half the width of the middle 68.3 %, which is the
 * deviation of a normal column and does not see the tails. `none`: as it is. A column that does not vary is only centred. O(n log n · d).
 *
 * @param log Columns read by their logarithm first; see `heavyTailed`.
 */
export function scalingOf(
  points: Points | Matrix,
  { method, log, columns }: { method: Scaling["method"]; log?: Uint8Array; columns?: number },
): Scaling {
  const matrix = "rows" in points ? (points as Matrix) : toMatrix(points as Points, columns);
  const d = matrix.columns;
  const isLog = log ?? new Uint8Array(d);
  const center = new Float64Array(d);
  const scale = new Float64Array(d).fill(1);
  if (method === "none") return { method, center, scale, log: isLog };
  for (let c = 0; c < d; c++) {
    const values = column(matrix, c).map((value) =>
      isLog[c] === 1 ? Math.sign(value) * Math.log1p(Math.abs(value)) : value,
    );
    const { mean, deviation } = moments(values);
    center[c] = mean;
    let width = deviation;
    if (method === "robust") {
      values.sort();
      center[c] = quantile(values, 0.5);
      width = (quantile(values, 0.8413) - quantile(values, 0.1587)) / 2 || deviation;
    }
    // Values that differ in their last digits alone are the same, each rounded in another way.
    if (width > 1e-12 * Math.max(1, Math.abs(center[c] as number))) scale[c] = width;
  }
  return { method, center, scale, log: isLog };
}

/**
 * Columns whose tail is so heavy that a few rows would make the distances: none below 0, and skewed by more than 2 (money, counts, seconds). Such
 * a column is read by its logarithm.
 */
export function heavyTailed(matrix: Matrix): Uint8Array {
  return Uint8Array.from({ length: matrix.columns }, (_, c) => {
    const values = column(matrix, c);
    const { mean, deviation } = moments(values);
    if (deviation === 0 || values.some((value) => value < 0)) return 0;
    const skew = values.reduce((sum, value) => sum + ((value - mean) / deviation) ** 3, 0) / values.length;
    return skew > 2 ? 1 : 0;
  });
}
