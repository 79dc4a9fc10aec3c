import { boxDistance, boxesAcross, boxesApart, diagonals } from "../geometry/boxes.js";
import { isWithin } from "../geometry/distance.js";
import type { KdTree } from "../geometry/kd-tree.js";
import { createUnionFind, type UnionFind } from "../geometry/union-find.js";

interface Joining {
  readonly tree: KdTree;
  readonly within: number;
  readonly sets: UnionFind;
  /** 1 per node whose points are known to be of one component. */
  readonly whole: Uint8Array;
  /** Squared diagonals. */
  readonly across: Float64Array;
  /** Component of each place of the leaf that is being compared. */
  readonly roots: Int32Array;
}

const sizeOf = ({ tree }: Joining, node: number): number =>
  (tree.end[node] as number) - (tree.start[node] as number);
const rootOf = ({ tree, sets }: Joining, node: number): number => sets.find(tree.start[node] as number);

/** Notes whether a node has come to be of one component, from what is known below. */
function noteWhole(state: Joining, node: number): void {
  const { tree, sets, whole } = state;
  if (whole[node]) return;
  const other = tree.second[node] as number;
  if (other >= 0) {
    const [a, b] = [sizeOf(state, node + 1), sizeOf(state, other)];
    if ((a > 0 && !whole[node + 1]) || (b > 0 && !whole[other])) return;
    if (a > 0 && b > 0 && rootOf(state, node + 1) !== rootOf(state, other)) return;
  } else {
    const root = rootOf(state, node);
    for (let i = (tree.start[node] as number) + 1; i < (tree.end[node] as number); i++)
      if (sets.find(i) !== root) return;
  }
  whole[node] = 1;
}

/** Joins all points of a node. */
function unite(state: Joining, node: number): void {
  const { tree, sets, whole } = state;
  if (whole[node] || sizeOf(state, node) === 0) return;
  const other = tree.second[node] as number;
  if (other >= 0) {
    unite(state, node + 1);
    unite(state, other);
  }
  const first = tree.start[node] as number;
  for (let i = first + 1; i < (tree.end[node] as number); i++) sets.union(first, i);
  whole[node] = 1;
}

/** Joins the points of a leaf that are within reach of each other. */
function joinInside({ tree, sets, within }: Joining, leaf: number): void {
  const { points, columns, start, end } = tree;
  for (let i = start[leaf] as number; i < (end[leaf] as number); i++) {
    for (let j = i + 1; j < (end[leaf] as number); j++) {
      if (sets.find(i) === sets.find(j)) continue;
      if (isWithin(points, i * columns, points, j * columns, columns, within)) sets.union(i, j);
    }
  }
}

/** Joins the points of one leaf with those of another; pairs of one component are not measured. */
function joinLeaves(state: Joining, a: number, b: number): void {
  const { tree, sets, within, roots, whole } = state;
  const { points, columns, start, end } = tree;
  const first = start[b] as number;
  const last = end[b] as number;
  const look = (): void => {
    for (let j = first; j < last; j++) roots[j] = sets.find(j);
  };
  look();
  for (let i = start[a] as number; i < (end[a] as number); i++) {
    let root = sets.find(i);
    if (whole[b] && roots[first] === root) continue;
    if (boxDistance(tree, b, points, i * columns) > within) continue;
    for (let j = first; j < last; j++) {
      if (roots[j] === root) continue;
      if (!isWithin(points, i * columns, points, j * columns, columns, within)) continue;
      root = sets.union(i, j);
      look();
    }
  }
}

/** Joins the points of one node with those of another, whose box is within reach. */
function joinApart(state: Joining, a: number, b: number): void {
  const { tree, sets, within, whole, across } = state;
  if (sizeOf(state, a) === 0 || sizeOf(state, b) === 0) return;
  if (whole[a] && whole[b] && rootOf(state, a) === rootOf(state, b)) return;
  const areSmall = (across[a] as number) <= 4 * within && (across[b] as number) <= 4 * within;
  if (areSmall && boxesAcross(tree, a, b) <= within) {
    unite(state, a);
    unite(state, b);
    sets.union(tree.start[a] as number, tree.start[b] as number);
    return;
  }
  const isLeafA = (tree.second[a] as number) < 0;
  const isLeafB = (tree.second[b] as number) < 0;
  if (isLeafA && isLeafB) {
    joinLeaves(state, a, b);
    noteWhole(state, a);
    noteWhole(state, b);
    return;
  }
  const splitsA = isLeafB || (!isLeafA && sizeOf(state, a) > sizeOf(state, b));
  const [split, kept] = splitsA ? [a, b] : [b, a];
  const [first, other] = [split + 1, tree.second[split] as number];
  const [toFirst, toOther] = [boxesApart(tree, first, kept), boxesApart(tree, other, kept)];
  // Whatever is near is joined first: most of what is far is then known to be of one component.
  const [near, toNear, far, toFar] =
    toFirst <= toOther ? [first, toFirst, other, toOther] : [other, toOther, first, toFirst];
  if (toNear <= within) joinApart(state, near, kept);
  if (toFar <= within) joinApart(state, far, kept);
  noteWhole(state, split);
}

/** Joins the points of a node with each other. */
function joinNode(state: Joining, node: number): void {
  const { tree, within, across } = state;
  if (sizeOf(state, node) === 0) return;
  if ((across[node] as number) <= within) {
    unite(state, node);
    return;
  }
  const other = tree.second[node] as number;
  if (other < 0) joinInside(state, node);
  else {
    joinNode(state, node + 1);
    joinNode(state, other);
    if (boxesApart(tree, node + 1, other) <= within) joinApart(state, node + 1, other);
  }
  noteWhole(state, node);
}

/**
 * The connected components of points that are within `eps` of each other, per place in leaf order of the tree: their root. Pairs of boxes are compared
 * (Gray and Moore 2001), the smallest and nearest first; where all points of both are of one component already they are not opened, so that little more
 * than the rims of components is measured. About O(n log n) where components are few; the number of neighbours does not matter.
 */
export function joinWithin(tree: KdTree, eps: number): (place: number) => number {
  const sets = createUnionFind(tree.size);
  if (tree.size > 0) {
    joinNode(
      {
        ...{ tree, sets, within: eps * eps, across: diagonals(tree) },
        ...{ whole: new Uint8Array(tree.nodes), roots: new Int32Array(tree.size) },
      },
      0,
    );
  }
  return sets.find;
}
