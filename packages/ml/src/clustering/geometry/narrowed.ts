import type { KdTree } from "./kd-tree.js";

/** Draws the boxes anew, children first. A node without points gets a box that is infinitely far from everything. */
function drawBoxes({ points, start, end, second, low, high, nodes, columns }: KdTree): void {
  for (let node = nodes - 1; node >= 0; node--) {
    const other = second[node] as number;
    const at = node * columns;
    for (let c = 0; c < columns; c++) {
      let least = Number.POSITIVE_INFINITY;
      let most = Number.NEGATIVE_INFINITY;
      if (other >= 0) {
        least = Math.min(low[at + columns + c] as number, low[other * columns + c] as number);
        most = Math.max(high[at + columns + c] as number, high[other * columns + c] as number);
      } else {
        for (let i = start[node] as number; i < (end[node] as number); i++) {
          const value = points[i * columns + c] as number;
          if (value < least) least = value;
          if (value > most) most = value;
        }
      }
      low[at + c] = least;
      high[at + c] = most;
    }
  }
}

/**
 * The tree over some of its points alone: the same nodes, with boxes that fit what is left in them. Cheaper than a tree of their own, since nothing is
 * sorted. O(n · d).
 *
 * @param keep 1 per place that stays. Rows remain those of the points that the first tree was given.
 */
export function narrowed(tree: KdTree, keep: Uint8Array): KdTree {
  const { columns, size, nodes } = tree;
  const before = new Int32Array(size + 1);
  for (let i = 0; i < size; i++) before[i + 1] = (before[i] as number) + (keep[i] as number);
  const left = before[size] as number;
  const points = new Float64Array(left * columns);
  const rows = new Int32Array(left);
  for (let i = 0; i < size; i++) {
    if (!keep[i]) continue;
    const to = before[i] as number;
    rows[to] = tree.rows[i] as number;
    for (let c = 0; c < columns; c++) points[to * columns + c] = tree.points[i * columns + c] as number;
  }
  const place = (at: number): number => before[at] as number;
  const small: KdTree = {
    ...{ columns, size: left, leaf: tree.leaf, points, rows, second: tree.second, nodes },
    ...{ start: tree.start.map(place), end: tree.end.map(place) },
    ...{ low: new Float64Array(nodes * columns), high: new Float64Array(nodes * columns) },
  };
  drawBoxes(small);
  return small;
}
