import { squaredBetween } from "../geometry/distance.js";
import { boxDistance, diagonals, farCorner, type KdTree } from "../geometry/kd-tree.js";

/**
 * Which points have at least `minSamples` points, themselves among them, within `eps`. A count ends as soon as that is known, and a box that lies
 * within reach is counted, not read: where points are dense, few of them are looked at.
 *
 * @returns 1 per row that is a core point.
 */
export function corePoints(tree: KdTree, eps: number, minSamples: number): Uint8Array {
  const { points, columns, start, end, second, rows } = tree;
  const within = eps * eps;
  const core = new Uint8Array(tree.size);
  const across = diagonals(tree);
  let count = 0;
  const visit = (node: number, from: number): void => {
    const other = second[node] as number;
    const first = start[node] as number;
    const last = end[node] as number;
    if ((across[node] as number) <= 4 * within && farCorner(tree, node, points, from) <= within) {
      count += last - first;
      return;
    }
    if (other < 0) {
      for (let i = first; i < last && count < minSamples; i++) {
        if (squaredBetween(points, i * columns, points, from, columns) <= within) count++;
      }
      return;
    }
    const a = boxDistance(tree, node + 1, points, from);
    const b = boxDistance(tree, other, points, from);
    const [near, nearBox, far, farBox] = a <= b ? [node + 1, a, other, b] : [other, b, node + 1, a];
    if (nearBox <= within) visit(near, from);
    if (count < minSamples && farBox <= within) visit(far, from);
  };
  for (let i = 0; i < tree.size; i++) {
    count = 0;
    visit(0, i * columns);
    if (count >= minSamples) core[rows[i] as number] = 1;
  }
  return core;
}
