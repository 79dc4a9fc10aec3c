import type { BinnedColumns } from "./bin-columns.js";

/** Sums over the rows of a node, per bin of every column three side by side: gradient, curvature, rows. */
export type Histogram = Float64Array;

export const newHistogram = (bins: number): Histogram => new Float64Array(3 * bins);

/** First and second derivative of the loss by the log-odds, one each a row, weights included. */
export interface Gradients {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Fills the histogram of some rows in the columns asked for. O(rows × columns). */
export function fillHistogram(
  into: Histogram,
  binned: BinnedColumns,
  node: { rows: Int32Array; columns: Int32Array; gradients: Gradients; pairs: Float64Array },
): void {
  const { rows, columns, gradients, pairs } = node;
  const { gradient, hessian } = gradients;
  const count = rows.length;
  const all = gradient.length;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    pairs[2 * i] = gradient[row] as number;
    pairs[2 * i + 1] = hessian[row] as number;
  }
  into.fill(0);
  for (const column of columns) {
    const start = binned.starts[column] as number;
    const bins = binned.bins.subarray(column * all, (column + 1) * all);
    for (let i = 0; i < count; i++) {
      const at = 3 * (start + (bins[rows[i] as number] as number));
      (into[at] as number) += pairs[2 * i] as number;
      (into[at + 1] as number) += pairs[2 * i + 1] as number;
      (into[at + 2] as number)++;
    }
  }
}

/** Takes a child's sums off its parent's, which makes them those of the other child: half of the work of counting is never done. */
export function subtract(parent: Histogram, child: Histogram): void {
  for (let i = 0; i < parent.length; i++) (parent[i] as number) -= child[i] as number;
}
