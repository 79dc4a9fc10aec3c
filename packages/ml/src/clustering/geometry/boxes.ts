import type { KdTree } from "./kd-tree.js";

/** What is above 0 of a number, without a branch: which side of a box a point lies on is a coin toss to the processor. Exact: x + |x| is 2x or 0. */
const above0 = (value: number): number => 0.5 * (value + Math.abs(value));

/** Squared distance of a point to a node's box; 0 inside. Never above that to a point inside, to the last bit. Positional, for the hot loops. */
export function boxDistance(
  { low, high, columns }: KdTree,
  node: number,
  data: Float64Array,
  from: number,
): number {
  const at = node * columns;
  let sum = 0;
  for (let c = 0; c < columns; c++) {
    const value = data[from + c] as number;
    const beyond = above0((low[at + c] as number) - value) + above0(value - (high[at + c] as number));
    sum += beyond * beyond;
  }
  return sum;
}

/**
 * Squared distance between the boxes of two nodes, 0 where they meet. Summed in the order of the columns, as distances of points are, and rounding keeps
 * order: it is never above that of two points inside, to the last bit.
 */
export function boxesApart({ low, high, columns }: KdTree, a: number, b: number): number {
  let sum = 0;
  for (let c = 0, i = a * columns, j = b * columns; c < columns; c++, i++, j++) {
    const gap =
      above0((low[i] as number) - (high[j] as number)) + above0((low[j] as number) - (high[i] as number));
    sum += gap * gap;
  }
  return sum;
}

/** Squared distance between the corners of two nodes' boxes that are farthest apart: never below that of two points inside. */
export function boxesAcross({ low, high, columns }: KdTree, a: number, b: number): number {
  let sum = 0;
  for (let c = 0, i = a * columns, j = b * columns; c < columns; c++, i++, j++) {
    const one = (high[i] as number) - (low[j] as number);
    const other = (high[j] as number) - (low[i] as number);
    const reach = one > other ? one : other;
    sum += reach * reach;
  }
  return sum;
}

/** Squared diagonal of each node's box. Two boxes of which one's is more than twice a radius have corners farther apart than that radius. */
export function diagonals({ low, high, nodes, columns }: KdTree): Float64Array {
  const squared = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let sum = 0;
    for (let at = node * columns; at < (node + 1) * columns; at++) {
      const side = (high[at] as number) - (low[at] as number);
      sum += side * side;
    }
    squared[node] = sum;
  }
  return squared;
}
