import type { Matrix } from "../../data/points.js";

/** Columns cut into bins: what histogram training reads in place of the values. */
export interface BinnedColumns {
  /** Column after column: the bin of each row. */
  readonly bins: Uint8Array;
  /** Per column the float32 that stands between bin b and b + 1: values at or below it are in bin b or before. One fewer than there are bins. */
  readonly cuts: readonly Float32Array[];
  /** Where each column's bins begin in a histogram; one more at the end. */
  readonly starts: Int32Array;
}

/** The float32 nearest the middle of two float32 numbers that is at least the first and below the second. */
function between(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2);
  return middle < high ? middle : low;
}

/** Ends of bins over sorted values: of every distinct value where there is room, else about as many rows in each. */
function cutsOf(sorted: Float32Array, most: number): Float32Array {
  const distinct = sorted.filter((value, i) => i === 0 || value !== sorted[i - 1]);
  if (distinct.length <= most) {
    return Float32Array.from({ length: distinct.length - 1 }, (_, i) =>
      between(distinct[i] as number, distinct[i + 1] as number),
    );
  }
  const cuts: number[] = [];
  let start = 0;
  while (cuts.length < most - 1) {
    // Of the rows that are left, an even share; a value that many rows have takes them all into its bin.
    let end = start + Math.max(1, Math.ceil((sorted.length - start) / (most - cuts.length)));
    while (end < sorted.length && sorted[end] === sorted[end - 1]) end++;
    if (end >= sorted.length) break;
    cuts.push(between(sorted[end - 1] as number, sorted[end] as number));
    start = end;
  }
  return Float32Array.from(cuts);
}

/** Index of the first cut that is not below the value. */
function binOf(cuts: Float32Array, value: number): number {
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cuts[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Cuts every column into at most `most` bins (2 … 256) by its quantiles. Values are rounded to float32 first and cuts are float32, as the model compares. Rows
 * without weight have no say in where the cuts are. O(d n log n).
 */
export function binColumns(
  { data, rows, columns }: Matrix,
  weights: Float64Array,
  most: number,
): BinnedColumns {
  const bins = new Uint8Array(rows * columns);
  const starts = new Int32Array(columns + 1);
  const cuts: Float32Array[] = [];
  const values = new Float32Array(rows);
  for (let column = 0; column < columns; column++) {
    for (let row = 0; row < rows; row++) values[row] = data[row * columns + column] as number;
    const own = cutsOf(values.filter((_, row) => (weights[row] as number) > 0).sort(), most);
    for (let row = 0; row < rows; row++) bins[column * rows + row] = binOf(own, values[row] as number);
    cuts.push(own);
    starts[column + 1] = (starts[column] as number) + own.length + 1;
  }
  return { bins, cuts, starts };
}
