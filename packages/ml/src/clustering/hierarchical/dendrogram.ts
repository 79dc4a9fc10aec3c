import { createUnionFind } from "../geometry/union-find.js";

/** Merges of two clusters each, by rising height: a binary tree whose leaves are the rows. Step i makes node n + i. */
export interface Dendrogram {
  readonly rows: number;
  /** Nodes that are merged, n − 1 each. */
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** Distance at which they are. */
  readonly height: Float64Array;
  /** Rows below the new node. */
  readonly size: Int32Array;
}

/** Merges as an algorithm finds them: any row of either side, in no order. */
export interface Merges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** Puts merges in order of height, equal ones as they came, and names the nodes. O(n log n). */
export function dendrogramOf({ from, to, weight }: Merges): Dendrogram {
  const steps = weight.length;
  const rows = steps + 1;
  const order = Int32Array.from({ length: steps }, (_, i) => i).sort(
    (a, b) => (weight[a] as number) - (weight[b] as number) || a - b,
  );
  const sets = createUnionFind(rows);
  const node = Int32Array.from({ length: rows }, (_, i) => i);
  const left = new Int32Array(steps);
  const right = new Int32Array(steps);
  const height = new Float64Array(steps);
  const size = new Int32Array(steps);
  order.forEach((edge, step) => {
    const a = sets.find(from[edge] as number);
    const b = sets.find(to[edge] as number);
    const [low, high] = [node[a] as number, node[b] as number].sort((x, y) => x - y) as [number, number];
    left[step] = low;
    right[step] = high;
    height[step] = weight[edge] as number;
    const root = sets.union(a, b);
    node[root] = rows + step;
    size[step] = sets.sizeOf(root);
  });
  return { rows, left, right, height, size };
}

/** Numbers sets of rows by their first row. */
function numbered(rows: number, find: (row: number) => number): { labels: Int32Array; clusters: number } {
  const number = new Int32Array(rows).fill(-1);
  let clusters = 0;
  const labels = Int32Array.from({ length: rows }, (_, row) => {
    const root = find(row);
    if (number[root] === -1) number[root] = clusters++;
    return number[root] as number;
  });
  return { labels, clusters };
}

/** Labels after the first `steps` merges. */
function after({ rows, left, right }: Dendrogram, steps: number): { labels: Int32Array; clusters: number } {
  const sets = createUnionFind(rows);
  const first = new Int32Array(steps);
  const below = (node: number): number => (node < rows ? node : (first[node - rows] as number));
  for (let step = 0; step < steps; step++) {
    const a = below(left[step] as number);
    first[step] = a;
    sets.union(a, below(right[step] as number));
  }
  return numbered(rows, sets.find);
}

/** Exactly `k` clusters: all merges but the last k − 1. Numbered by their first row. O(n). */
export const cutIntoClusters = (
  dendrogram: Dendrogram,
  k: number,
): { labels: Int32Array; clusters: number } => after(dendrogram, Math.max(0, dendrogram.rows - k));

/** The clusters that no merge above `height` joins. O(n). */
export function cutAtHeight(
  dendrogram: Dendrogram,
  height: number,
): { labels: Int32Array; clusters: number } {
  const { height: heights } = dendrogram;
  let steps = 0;
  while (steps < heights.length && (heights[steps] as number) <= height) steps++;
  return after(dendrogram, steps);
}
