import { boxDistance, boxesAcross, boxesApart, diagonals } from "../geometry/boxes.js";
import { squaredBetween } from "../geometry/distance.js";
import type { KdTree } from "../geometry/kd-tree.js";

/** Whether all points of a node are one and the same, as those of every leaf are that holds more than others. */
function isOnePoint({ low, high, columns }: KdTree, node: number): boolean {
  for (let at = node * columns; at < (node + 1) * columns; at++) if (low[at] !== high[at]) return false;
  return true;
}

/** Halvings that no tree comes to. */
const DEEPEST = 64;

/**
 * A function that counts which of the points [first, last) are within reach of the one at `place`, on from `count`; it ends at `enough`. Positional, as the innermost
 * loop of all.
 */
function scanner({ points, columns }: KdTree, within: number, enough: number) {
  /** Most distances are beyond reach after four columns already; sums are those of `squaredBetween` to the last bit. */
  const byFours = (place: number, first: number, last: number, found: number): number => {
    const here = place * columns;
    const p = points[here] as number;
    const q = points[here + 1] as number;
    const r = points[here + 2] as number;
    const s = points[here + 3] as number;
    let count = found;
    for (let at = first * columns; at < last * columns; at += columns) {
      const a = (points[at] as number) - p;
      const b = (points[at + 1] as number) - q;
      const c = (points[at + 2] as number) - r;
      const d = (points[at + 3] as number) - s;
      let sum = a * a + b * b + c * c + d * d;
      if (sum > within) continue;
      for (let j = 4; j < columns; j++) {
        const away = (points[at + j] as number) - (points[here + j] as number);
        sum += away * away;
      }
      if (sum <= within && ++count >= enough) break;
    }
    return count;
  };
  const plain = (place: number, first: number, last: number, found: number): number => {
    let count = found;
    for (let i = first; i < last && count < enough; i++)
      if (squaredBetween(points, i * columns, points, place * columns, columns) <= within) count++;
    return count;
  };
  return columns < 4 ? plain : byFours;
}

/** Counts the neighbours of all points of one leaf in one walk down the tree. */
function leafCounter(tree: KdTree, eps: number, minSamples: number) {
  const { points, columns, start, end, second } = tree;
  const within = eps * eps;
  const across = diagonals(tree);
  const scan = scanner(tree, within, minSamples);
  const found = new Int32Array(tree.size);
  /** Places of the leaf that still lack neighbours: behind those that reach a box stand those of them that reach the box inside that is being looked at. */
  const open = new Int32Array(tree.leaf * DEEPEST);
  let own = 0;

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

  const visit = (node: number, from: number, to: number): void => {
    const last = reaching(node, from, to);
    if (last === to) return;
    const [begin, behind] = [start[node] as number, end[node] as number];
    if (isAllWithin(node)) {
      for (let k = to; k < last; k++) found[open[k] as number]! += behind - begin;
      return;
    }
    const other = second[node] as number;
    if (other < 0) {
      for (let k = to; k < last; k++) {
        const place = open[k] as number;
        found[place] = scan(place, begin, behind, found[place] as number);
      }
      return;
    }
    const a = boxesApart(tree, own, node + 1);
    const b = boxesApart(tree, own, other);
    // Of two that meet it the one that holds the own leaf, if any, comes first.
    const isOtherFirst = b < a || (b === a && own >= other);
    if (isOtherFirst && b <= within) visit(other, to, last);
    if (a <= within) visit(node + 1, to, last);
    if (!isOtherFirst && b <= within) visit(other, to, last);
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
