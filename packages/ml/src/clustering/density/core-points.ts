import { boxesAcross, boxesApart, diagonals } from "../geometry/boxes.js";
import { boxDistance, type KdTree } from "../geometry/kd-tree.js";

/** Whether all points of a node are one and the same, as those of every leaf are that holds more than others. */
function isOnePoint({ low, high, columns }: KdTree, node: number): boolean {
  for (let at = node * columns; at < (node + 1) * columns; at++) if (low[at] !== high[at]) return false;
  return true;
}

/** Halvings that no tree comes to. */
const DEEPEST = 64;

/** Counts the neighbours of all points of one leaf in one walk down the tree. */
function leafCounter(tree: KdTree, eps: number, minSamples: number) {
  const { points, columns, start, end, second, low, high, size } = tree;
  const within = eps * eps;
  const across = diagonals(tree);
  const found = new Int32Array(size);
  /** Places that still lack neighbours, of which those that may have some in a box lie behind those that may in the box around it. */
  const open = new Int32Array(tree.leaf * DEEPEST);
  let own = 0;

  const scan = (node: number, from: number, to: number): void => {
    const first = (start[node] as number) * columns;
    const last = (end[node] as number) * columns;
    for (let k = from; k < to; k++) {
      const place = open[k] as number;
      const here = place * columns;
      let count = found[place] as number;
      for (let at = first; at < last; at += columns) {
        let sum = 0;
        for (let c = 0; c < columns; c++) {
          const away = (points[at + c] as number) - (points[here + c] as number);
          sum += away * away;
        }
        if (sum <= within && ++count >= minSamples) break;
      }
      found[place] = count;
    }
  };
  /** Those of open[from, to) that lack neighbours and reach the box of a node, copied behind; where they end. */
  const reaching = (node: number, from: number, to: number): number => {
    let next = to;
    for (let k = from; k < to; k++) {
      const place = open[k] as number;
      if ((found[place] as number) >= minSamples) continue;
      if (boxDistance(tree, node, points, place * columns) <= within) open[next++] = place;
    }
    return next;
  };
  const isAllWithin = (node: number): boolean =>
    (across[node] as number) <= 4 * within &&
    (across[own] as number) <= 4 * within &&
    boxesAcross(tree, own, node) <= within;

  const centresApart = (node: number): number => {
    let sum = 0;
    for (let c = 0, i = node * columns, j = own * columns; c < columns; c++, i++, j++) {
      const away =
        (low[i] as number) + (high[i] as number) - ((low[j] as number) + (high[j] as number));
      sum += away * away;
    }
    return sum;
  };
  const isSecondFirst = (first: number, other: number): boolean => {
    // The own leaf comes before all others, its neighbours in the tree next.
    if (own >= first && own < other) return false;
    const behind = start[other] as number;
    if (own >= other && (start[own] as number) >= behind && (start[own] as number) < (end[other] as number))
      return true;
    return centresApart(other) < centresApart(first);
  };
  const visit = (node: number, from: number, to: number): void => {
    if (boxesApart(tree, own, node) > within) return;
    const last = reaching(node, from, to);
    if (last === to) return;
    if (isAllWithin(node)) {
      const count = (end[node] as number) - (start[node] as number);
      for (let k = to; k < last; k++) found[open[k] as number]! += count;
      return;
    }
    const other = second[node] as number;
    if (other < 0) return scan(node, to, last);
    const [near, far] = isSecondFirst(node + 1, other) ? [other, node + 1] : [node + 1, other];
    visit(near, to, last);
    visit(far, to, last);
  };
  return {
    found,
    count(leaf: number): void {
      own = leaf;
      const first = start[leaf] as number;
      const all = end[leaf] as number;
      const last = isOnePoint(tree, leaf) ? Math.min(all, first + 1) : all;
      for (let i = first; i < last; i++) open[i - first] = i;
      visit(0, 0, last - first);
      if (last < all) found.fill(found[first] as number, last, all);
    },
  };
}

/**
 * Neighbours within `eps` of each point, itself among them, per place in leaf order. A count ends as soon as it comes to `minSamples`, and a box that lies
 * within reach is counted, not read: where points are dense, few of them are looked at. Points of one leaf walk down the tree together.
 *
 * @returns Exact below `minSamples`; else at least that.
 */
export function countWithin(tree: KdTree, eps: number, minSamples: number): Int32Array {
  const { found, count } = leafCounter(tree, eps, minSamples);
  for (let node = 0; node < tree.nodes; node++) if ((tree.second[node] as number) < 0) count(node);
  return found;
}

/** Rows of the points that have at least `minSamples` within reach, rising. */
export function coreRows({ rows, size }: KdTree, found: Int32Array, minSamples: number): Int32Array {
  const isCore = new Uint8Array(size);
  let count = 0;
  for (let i = 0; i < size; i++) {
    if ((found[i] as number) < minSamples) continue;
    isCore[rows[i] as number] = 1;
    count++;
  }
  const core = new Int32Array(count);
  for (let row = 0, next = 0; row < size; row++) if (isCore[row]) core[next++] = row;
  return core;
}
