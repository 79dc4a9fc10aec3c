import { squaredBetween } from "./distance.js";
import { boxDistance } from "./boxes.js";
import type { KdTree } from "./kd-tree.js";

/** The nearest of what was asked for, by rows of the points the tree was built over; squared distances, nearest first. */
export interface Neighbours {
  readonly rows: Int32Array;
  readonly squared: Float64Array;
}

/**
 * A function that finds the `count` nearest points of the tree to a point, the point itself among them where it is in the tree. Its result is
 * overwritten by the next call. About O(count · log n) in few dimensions, O(n) in many.
 */
export function nearestFinder(tree: KdTree, count: number): (data: Float64Array, from: number) => Neighbours {
  const wanted = Math.min(count, tree.size);
  const rows = new Int32Array(wanted);
  const squared = new Float64Array(wanted);
  const { points, columns, start, end, second } = tree;
  let found = 0;

  const insert = (distance: number, row: number): void => {
    let at = found < wanted ? found++ : wanted - 1;
    while (at > 0 && (squared[at - 1] as number) > distance) {
      squared[at] = squared[at - 1] as number;
      rows[at] = rows[at - 1] as number;
      at--;
    }
    squared[at] = distance;
    rows[at] = row;
  };

  const visit = (node: number, data: Float64Array, from: number): void => {
    const other = second[node] as number;
    if (other < 0) {
      for (let i = start[node] as number; i < (end[node] as number); i++) {
        const distance = squaredBetween(points, i * columns, data, from, columns);
        if (found < wanted || distance < (squared[wanted - 1] as number))
          insert(distance, tree.rows[i] as number);
      }
      return;
    }
    const first = node + 1;
    const a = boxDistance(tree, first, data, from);
    const b = boxDistance(tree, other, data, from);
    const [near, nearBox, far, farBox] = a <= b ? [first, a, other, b] : [other, b, first, a];
    if (found < wanted || nearBox < (squared[wanted - 1] as number)) visit(near, data, from);
    if (found < wanted || farBox < (squared[wanted - 1] as number)) visit(far, data, from);
  };

  return (data, from) => {
    found = 0;
    visit(0, data, from);
    return { rows, squared };
  };
}
