import { squaredBetween } from "../geometry/distance.js";
import { boxDistance, diagonals, farCorner, type KdTree } from "../geometry/kd-tree.js";
import { createUnionFind } from "../geometry/union-find.js";

/**
 * The connected components of points that are within `eps` of each other, per place in leaf order of the tree: their root. A box whose points
 * are all of one component is known as such and not opened again for points of the same, so that each point looks at little more than the rim of
 * its own component. About O(n log n) where components are few; the number of neighbours does not matter.
 */
export function joinWithin(
  tree: KdTree,
  eps: number,
): { find(place: number): number; wholeOf(node: number): number } {
  const { points, columns, start, end, second, nodes, size } = tree;
  const within = eps * eps;
  const sets = createUnionFind(size);
  const whole = new Uint8Array(nodes);
  const across = diagonals(tree);

  const isWhole = (node: number): boolean => {
    if (whole[node]) return true;
    const first = start[node] as number;
    const root = sets.find(first);
    const other = second[node] as number;
    if (other >= 0) {
      if (!(whole[node + 1] && whole[other] && sets.find(start[other] as number) === root)) return false;
    } else {
      for (let i = first + 1; i < (end[node] as number); i++) if (sets.find(i) !== root) return false;
    }
    whole[node] = 1;
    return true;
  };

  const visit = (node: number, at: number): void => {
    const from = at * columns;
    const first = start[node] as number;
    if (whole[node] && sets.find(first) === sets.find(at)) return;
    const other = second[node] as number;
    if ((across[node] as number) <= 4 * within && joins(node, at)) return;
    if (other < 0) {
      for (let i = first; i < (end[node] as number); i++) {
        if (i !== at && squaredBetween(points, i * columns, points, from, columns) <= within)
          sets.union(at, i);
      }
    } else {
      const a = boxDistance(tree, node + 1, points, from);
      const b = boxDistance(tree, other, points, from);
      const [near, nearBox, far, farBox] = a <= b ? [node + 1, a, other, b] : [other, b, node + 1, a];
      if (nearBox <= within) visit(near, at);
      if (farBox <= within) visit(far, at);
    }
    isWhole(node);
  };

  /** A box all of whose points are within reach joins at once. */
  const joins = (node: number, at: number): boolean => {
    if (farCorner(tree, node, points, at * columns) > within) return false;
    for (let i = start[node] as number; i < (end[node] as number); i++) sets.union(at, i);
    markWhole(node);
    return true;
  };
  const markWhole = (node: number): void => {
    if (whole[node]) return;
    whole[node] = 1;
    if ((second[node] as number) >= 0) {
      markWhole(node + 1);
      markWhole(second[node] as number);
    }
  };

  for (let at = 0; at < size; at++) visit(0, at);
  return {
    find: sets.find,
    wholeOf: (node) => (isWhole(node) ? sets.find(start[node] as number) : -1),
  };
}
