import type { BinnedColumns } from "./bin-columns.js";

/** Sums over the rows of a node, per bin of every column: gradient and curvature in pairs, and rows. */
export interface Histogram {
  readonly sums: Float64Array;
  readonly counts: Uint32Array;
}

export const newHistogram = (bins: number): Histogram => ({
  sums: new Float64Array(2 * bins),
  counts: new Uint32Array(bins),
});

/** First and second derivative of the loss by the log-odds, one each a row, weights included. */
export interface Gradients {
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** Rows of a node with room to lay their gradients side by side, so that columns are read in order. */
export interface NodeRows {
  readonly rows: Int32Array;
  readonly pairs: Float64Array;
}

/** Fills the histogram of some rows in the columns asked for. O(rows × columns). */
export function fillHistogram(
  into: Histogram,
  binned: BinnedColumns,
  node: { rows: Int32Array; columns: Int32Array; gradients: Gradients; pairs: Float64Array },
): void {
  const { rows, columns, gradients, pairs } = node;
  const { sums, counts } = into;
  const { gradient, hessian } = gradients;
  const count = rows.length;
  const all = gradient.length;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    pairs[2 * i] = gradient[row] as number;
    pairs[2 * i + 1] = hessian[row] as number;
  }
  sums.fill(0);
  counts.fill(0);
  for (const column of columns) {
    const start = binned.starts[column] as number;
    const offset = column * all;
    for (let i = 0; i < count; i++) {
      const bin = start + (binned.bins[offset + (rows[i] as number)] as number);
      (sums[2 * bin] as number) += pairs[2 * i] as number;
      (sums[2 * bin + 1] as number) += pairs[2 * i + 1] as number;
      (counts[bin] as number)++;
    }
  }
}

/** Takes a child's sums off its parent's, which makes them those of the other child: half of the work of counting is never done. */
export function subtract(parent: Histogram, child: Histogram): void {
  for (let i = 0; i < parent.sums.length; i++) (parent.sums[i] as number) -= child.sums[i] as number;
  for (let i = 0; i < parent.counts.length; i++) (parent.counts[i] as number) -= child.counts[i] as number;
}
