import type { Matrix } from "../../data/points.js";
import type { Tree } from "../../model/types.js";
import { type BinnedColumns, binColumns } from "../boosting/bin-columns.js";
import { trainLogistic } from "../logistic/train-logistic.js";

/** Finer steps than boosting takes: the line between them is lost. */
const BINS = 64;
/** Columns without negative values and with a longer tail than this are read as ln(1 + x). */
const LONG_TAIL = 2;

/** Steps that a line is read by: bins of each column, and the mean of what is in each. */
export interface Steps {
  readonly binned: BinnedColumns;
  /** n × d, row-major: each value replaced by the mean of its bin. */
  readonly data: Float64Array;
  /** Per column, one a bin. */
  readonly means: readonly Float64Array[];
  /** Per column the rows' weight in each bin. */
  readonly covers: readonly Float64Array[];
}

/** What the model adds to a log-odds, with each column by itself. */
export interface AdditiveModel {
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** Third standardised moment; 0 for a constant column. */
function skewness(values: Float64Array, weights: Float64Array): number {
  let [total, mean, second, third] = [0, 0, 0, 0];
  values.forEach((value, i) => {
    total += weights[i] as number;
    mean += (weights[i] as number) * value;
  });
  mean /= total;
  values.forEach((value, i) => {
    const weight = (weights[i] as number) / total;
    second += weight * (value - mean) ** 2;
    third += weight * (value - mean) ** 3;
  });
  return second > 0 ? third / second ** 1.5 : 0;
}

/** Bins of all columns with their means: of logarithms where a column is heavy-tailed (spends, seconds, counts). O(n d log n). */
export function stepsOf(matrix: Matrix, weights: Float64Array): Steps {
  const { data, rows, columns } = matrix;
  const binned = binColumns(matrix, weights, BINS);
  const replaced = new Float64Array(rows * columns);
  const means: Float64Array[] = [];
  const covers: Float64Array[] = [];
  for (let column = 0; column < columns; column++) {
    const own = Float64Array.from({ length: rows }, (_, row) => data[row * columns + column] as number);
    const isLong = own.every((value) => value >= 0) && skewness(own, weights) > LONG_TAIL;
    const bins = binned.bins.subarray(column * rows, (column + 1) * rows);
    const size = (binned.cuts[column] as Float32Array).length + 1;
    const [mean, cover] = [new Float64Array(size), new Float64Array(size)];
    bins.forEach((bin, row) => {
      const value = own[row] as number;
      (cover[bin] as number) += weights[row] as number;
      (mean[bin] as number) += (weights[row] as number) * (isLong ? Math.log1p(value) : value);
    });
    // Cuts lie between values of rows that have weight, so that no bin is without.
    for (let bin = 0; bin < size; bin++) (mean[bin] as number) /= cover[bin] as number;
    bins.forEach((bin, row) => {
      replaced[row * columns + column] = mean[bin] as number;
    });
    means.push(mean);
    covers.push(cover);
  }
  return { binned, data: replaced, means, covers };
}

/** A balanced tree over the bins of one column. Children lie side by side after their parent. */
function treeOf(column: number, cuts: Float32Array, by: { values: Float64Array; cover: Float64Array }): Tree {
  const size = 2 * by.values.length - 1;
  const tree = {
    ...{ feature: new Int32Array(size).fill(-1), threshold: new Float32Array(size) },
    ...{ left: new Int32Array(size).fill(-1), right: new Int32Array(size).fill(-1) },
    ...{ value: new Float64Array(size), cover: new Float64Array(size) },
  };
  const ranges: [number, number][] = [[0, by.values.length - 1]];
  for (let node = 0; node < ranges.length; node++) {
    const [first, last] = ranges[node] as [number, number];
    for (let bin = first; bin <= last; bin++) {
      (tree.cover[node] as number) += by.cover[bin] as number;
      (tree.value[node] as number) += (by.cover[bin] as number) * (by.values[bin] as number);
    }
    (tree.value[node] as number) /= tree.cover[node] as number;
    if (first === last) continue;
    const middle = (first + last) >> 1;
    tree.feature[node] = column;
    tree.threshold[node] = cuts[middle] as number;
    tree.left[node] = ranges.push([first, middle]) - 1;
    tree.right[node] = ranges.push([middle + 1, last]) - 1;
  }
  return tree;
}

/**
 * A logistic regression over steps. Its penalty grows with the number of columns, so that beforehand a log-odds varies as much whatever their number (a deviation of √10).
 *
 * @param rows Rows that it learns from.
 */
export function fitSteps(
  { data }: Steps,
  { labels, weights, rows }: { labels: Uint8Array; weights: Float64Array; rows: Int32Array },
): { coefficients: Float64Array; intercept: number } {
  const columns = data.length / labels.length;
  const own = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    own.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  const { model } = trainLogistic(
    own,
    Uint8Array.from(rows, (row) => labels[row] as number),
    {
      ...{ columns, l2: Math.max(1, columns / 10) },
      weights: Float64Array.from(rows, (row) => weights[row] as number),
      metadata: {
        ...{ name: "steps", features: Array.from({ length: columns }, (_, j) => `${j}`), purposes: [] },
        ...{ featuresVersion: null, label: "", outputs: ["probability"], trainedOn: null },
      },
    },
  ).trained;
  if (model.kind !== "linear") throw new TypeError("A logistic regression is linear.");
  return { coefficients: model.weights, intercept: model.intercepts[0] as number };
}

/** The regression as trees, one a column, each adding what its bin's mean does; times `share`. Exact for the rows it was fitted on. */
export function additiveTrees(
  { binned, means, covers }: Steps,
  { coefficients, intercept }: { coefficients: Float64Array; intercept: number },
  share: number,
): AdditiveModel {
  let base = share * intercept;
  const trees: Tree[] = [];
  means.forEach((mean, column) => {
    const values = mean.map((value) => share * value * (coefficients[column] as number));
    const cuts = binned.cuts[column] as Float32Array;
    if (cuts.length === 0) base += values[0] as number;
    else trees.push(treeOf(column, cuts, { values, cover: covers[column] as Float64Array }));
  });
  return { base, trees };
}
