import type { Tree } from "../../model/types.js";
import type { BinnedColumns } from "./bin-columns.js";
import { findSplit, leafValue, type NodeSums, type Split, type SplitRules } from "./find-split.js";
import { fillHistogram, type Gradients, type Histogram, newHistogram, subtract } from "./histogram.js";

export interface GrowthRules extends SplitRules {
  readonly maxLeaves: number;
  readonly maxDepth: number;
}

/** A tree over bins. Nodes are in the order in which they were made: children after their parent, side by side. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
}

export interface GrownNode {
  /** −1 for a leaf. */
  column: number;
  bin: number;
  left: number;
  /** Before the learning rate. */
  value: number;
  /** Of its split; 0 for a leaf. */
  gain: number;
}

interface OpenNode {
  readonly at: number;
  readonly depth: number;
  readonly start: number;
  readonly end: number;
  readonly histogram: Histogram;
  readonly split: Split;
}

/** Room that trees of one training share, so that it is not made anew for each. */
export interface Workshop {
  readonly pairs: Float64Array;
  readonly spare: Int32Array;
  readonly pool: Histogram[];
}

export const newWorkshop = (rows: number): Workshop => ({
  ...{ pairs: new Float64Array(2 * rows), spare: new Int32Array(rows), pool: [] },
});

/** Brings the rows that go left before those that go right, each in the order they had, and says where the latter begin. */
function partition(rows: Int32Array, spare: Int32Array, bins: Uint8Array, last: number): number {
  let [left, right] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    if ((bins[row] as number) <= last) rows[left++] = row;
    else spare[right++] = row;
  }
  rows.set(spare.subarray(0, right), left);
  return left;
}

/**
 * Grows one tree, always splitting where the loss falls most (leaf-wise: Shi 2007), until no split is worth it or the leaves are as many as may be.
 * Each split counts the smaller child only.
 *
 * @param rows Rows to grow on; reordered.
 */
export function growTree(
  binned: BinnedColumns,
  gradients: Gradients,
  on: { rows: Int32Array; columns: Int32Array; rules: GrowthRules; workshop: Workshop },
): GrownTree {
  const { rows, columns, rules, workshop } = on;
  const total = binned.starts[binned.starts.length - 1] as number;
  const allRows = gradients.gradient.length;
  const nodes: GrownNode[] = [];
  const open: OpenNode[] = [];
  const take = (): Histogram => workshop.pool.pop() ?? newHistogram(total);
  const count = (start: number, end: number): Histogram => {
    const histogram = take();
    fillHistogram(histogram, binned, {
      rows: rows.subarray(start, end),
      columns,
      gradients,
      pairs: workshop.pairs,
    });
    return histogram;
  };
  const addNode = (sums: NodeSums): number =>
    nodes.push({ column: -1, bin: 0, left: -1, value: leafValue(sums, rules.l2), gain: 0 }) - 1;
  const consider = (
    node: Omit<OpenNode, "split" | "histogram">,
    sums: NodeSums,
    histogram: Histogram,
  ): void => {
    const split = node.depth < rules.maxDepth ? findSplit(histogram, binned, columns, sums, rules) : null;
    if (split === null) workshop.pool.push(histogram);
    else open.push({ ...node, histogram, split });
  };

  const sums = sumsOf(rows, gradients);
  consider({ at: addNode(sums), depth: 0, start: 0, end: rows.length }, sums, count(0, rows.length));
  for (let leaves = 1; leaves < rules.maxLeaves && open.length > 0; leaves++) {
    let best = 0;
    for (let i = 1; i < open.length; i++)
      if ((open[i] as OpenNode).split.gain > (open[best] as OpenNode).split.gain) best = i;
    const { at, depth, start, end, histogram, split } = open.splice(best, 1)[0] as OpenNode;
    const bins = binned.bins.subarray(split.column * allRows, (split.column + 1) * allRows);
    const middle = start + partition(rows.subarray(start, end), workshop.spare, bins, split.bin);
    const left = addNode(split.left);
    const right = addNode(split.right);
    Object.assign(nodes[at] as GrownNode, { column: split.column, bin: split.bin, left, gain: split.gain });
    if (leaves + 1 === rules.maxLeaves) {
      workshop.pool.push(histogram);
      break;
    }
    const isLeftSmaller = middle - start <= end - middle;
    const smaller = isLeftSmaller ? count(start, middle) : count(middle, end);
    subtract(histogram, smaller);
    const [ofLeft, ofRight] = isLeftSmaller ? [smaller, histogram] : [histogram, smaller];
    consider({ at: left, depth: depth + 1, start, end: middle }, split.left, ofLeft);
    consider({ at: right, depth: depth + 1, start: middle, end }, split.right, ofRight);
  }
  for (const { histogram } of open) workshop.pool.push(histogram);
  return { nodes };
}

function sumsOf(rows: Int32Array, { gradient, hessian }: Gradients): NodeSums {
  let [g, h] = [0, 0];
  for (const row of rows) {
    g += gradient[row] as number;
    h += hessian[row] as number;
  }
  return {
    ...{ gradient: g, hessian: h, rows: rows.length },
    ...{ low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  };
}

/** The leaf that each row ends in. O(rows × depth). */
export function leavesOf({ nodes }: GrownTree, { bins }: BinnedColumns, rows: number): Int32Array {
  const leaves = new Int32Array(rows);
  const column = Int32Array.from(nodes, (node) => node.column * rows);
  const bin = Int32Array.from(nodes, (node) => node.bin);
  const left = Int32Array.from(nodes, (node) => node.left);
  for (let row = 0; row < rows; row++) {
    let node = 0;
    for (let at = column[0] as number; at >= 0; at = column[node] as number)
      node = (left[node] as number) + ((bins[at + row] as number) <= (bin[node] as number) ? 0 : 1);
    leaves[row] = node;
  }
  return leaves;
}

/** A grown tree as models hold it: with its cuts, the learning rate in its leaves, and cover and mean by the training rows' weights. */
export function asTree(
  { nodes }: GrownTree,
  binned: BinnedColumns,
  by: { learningRate: number; leaves: Int32Array; weights: Float64Array },
): Tree {
  const value = Float64Array.from(nodes, (node) => by.learningRate * node.value);
  const cover = new Float64Array(nodes.length);
  by.leaves.forEach((leaf, row) => {
    (cover[leaf] as number) += by.weights[row] as number;
  });
  // Children come after their parent, so that backwards both are done before it.
  for (let at = nodes.length - 1; at >= 0; at--) {
    const { column, left } = nodes[at] as GrownNode;
    if (column < 0) continue;
    const [a, b] = [cover[left] as number, cover[left + 1] as number];
    cover[at] = a + b;
    const [x, y] = [value[left] as number, value[left + 1] as number];
    value[at] = a + b > 0 ? (a * x + b * y) / (a + b) : (x + y) / 2;
  }
  return {
    feature: Int32Array.from(nodes, (node) => node.column),
    threshold: Float32Array.from(nodes, (node) =>
      node.column < 0 ? 0 : ((binned.cuts[node.column] as Float32Array)[node.bin] as number),
    ),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => (node.left < 0 ? -1 : node.left + 1)),
    ...{ value, cover },
  };
}
