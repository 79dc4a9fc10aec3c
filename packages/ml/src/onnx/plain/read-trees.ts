import { malformed } from "../format/read-protobuf.js";
import { previousFloat32, previousFloat64 } from "./previous-float.js";
import type { Forest } from "./types.js";

/** Trees as files have them: a node is named by its tree and its number in it. */
export interface TreesAsWritten {
  readonly trees: ArrayLike<number>;
  readonly ids: ArrayLike<number>;
  readonly features: ArrayLike<number>;
  readonly thresholds: ArrayLike<number>;
  readonly modes: readonly string[];
  readonly yes: ArrayLike<number>;
  readonly no: ArrayLike<number>;
  readonly leafTrees: ArrayLike<number>;
  readonly leafIds: ArrayLike<number>;
  readonly leafTargets: ArrayLike<number>;
  readonly leafWeights: ArrayLike<number>;
}

/** What of a forest is known before its nodes are read. */
export interface ForestShape {
  readonly inputs: number;
  readonly targets: number;
  readonly base: Float64Array;
  readonly sums: Forest["sums"];
  readonly single: boolean;
}

/** Modes of a node, and whether "yes" is what lies below the threshold, and whether the threshold itself lies below. */
const MODES: Readonly<Record<string, readonly [yesIsBelow: boolean, closed: boolean]>> = {
  BRANCH_LEQ: [true, true],
  BRANCH_LT: [true, false],
  BRANCH_GT: [false, true],
  BRANCH_GTE: [false, false],
};
const LEAF = "LEAF";

/** Number of a node by its tree and its id. */
function numbering({ trees, ids }: TreesAsWritten): (tree: number, id: number) => number {
  const byTree = new Map<number, Map<number, number>>();
  for (let i = 0; i < ids.length; i++) {
    const tree = trees[i] as number;
    let inTree = byTree.get(tree);
    if (!inTree) byTree.set(tree, (inTree = new Map()));
    if (inTree.has(ids[i] as number)) malformed("has two nodes of one number in a tree");
    inTree.set(ids[i] as number, i);
  }
  return (tree, id) =>
    byTree.get(tree)?.get(id) ?? malformed("has a tree that points at a node it does not have");
}

/** What leaves add, sorted by leaf: `start[i]` to `start[i + 1]` belong to node i. */
function leavesOf(written: TreesAsWritten, numberOf: (tree: number, id: number) => number, targets: number) {
  const { leafTrees, leafIds, leafTargets, leafWeights } = written;
  const count = leafWeights.length;
  if (leafTrees.length !== count || leafIds.length !== count || leafTargets.length !== count)
    malformed("has lists of leaves that differ in length");
  const start = new Int32Array(written.ids.length + 1);
  const nodes = new Int32Array(count);
  for (let j = 0; j < count; j++) {
    const node = numberOf(leafTrees[j] as number, leafIds[j] as number);
    nodes[j] = node;
    start[node + 1] = (start[node + 1] as number) + 1;
  }
  for (let i = 0; i < written.ids.length; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
  const at = start.slice();
  const target = new Int32Array(count);
  const weight = new Float64Array(count);
  for (let j = 0; j < count; j++) {
    const of = leafTargets[j] as number;
    const value = leafWeights[j] as number;
    if (!(of >= 0 && of < targets)) malformed("has a leaf for an output that there is not");
    if (!Number.isFinite(value)) malformed("has a leaf that is no finite number");
    const to = at[nodes[j] as number] as number;
    at[nodes[j] as number] = to + 1;
    target[to] = of;
    weight[to] = value;
  }
  return { start, target, weight };
}

const CIRCLE = "has trees that run in a circle or into one another";

/**
 * Refuses what is no forest: a node that two point at, a circle, a node that no root leads to. Children below 0 are leaves. O(nodes).
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED`.
 */
export function checkTrees(left: Int32Array, right: Int32Array, roots: ArrayLike<number>): void {
  const met = new Uint8Array(left.length);
  const open = Array.from(roots);
  let count = 0;
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (!(node < left.length)) malformed("has a tree that starts at a node it does not have");
    if (node < 0) continue;
    if (met[node]) malformed(CIRCLE);
    met[node] = 1;
    count++;
    open.push(left[node] as number, right[node] as number);
  }
  if (count !== left.length) malformed(CIRCLE);
}

/** Nodes that no other points at. */
function rootsOf(left: Int32Array, right: Int32Array): Int32Array {
  const pointedAt = new Uint8Array(left.length);
  for (const children of [left, right]) for (const child of children) if (child >= 0) pointedAt[child] = 1;
  const roots: number[] = [];
  pointedAt.forEach((yes, node) => {
    if (!yes) roots.push(node);
  });
  return Int32Array.from(roots);
}

/**
 * Trees in the arrays that scoring walks through, checked so that every walk ends: each node has one parent, each tree one root. O(nodes).
 *
 * @returns null where a node asks in a way that only a runtime knows.
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED`.
 */
export function readTrees(written: TreesAsWritten, shape: ForestShape): Forest | null {
  const { ids, modes, features, thresholds } = written;
  const count = ids.length;
  for (const list of [written.trees, features, thresholds, modes, written.yes, written.no])
    if (list.length !== count) malformed("has lists of nodes that differ in length");
  const numberOf = numbering(written);
  const left = new Int32Array(count).fill(-1);
  const right = new Int32Array(count).fill(-1);
  const feature = new Int32Array(count);
  const threshold = new Float64Array(count);
  const before = shape.single ? previousFloat32 : previousFloat64;
  for (let i = 0; i < count; i++) {
    const name = modes[i] as string;
    if (name === LEAF) continue;
    const mode = MODES[name];
    if (!mode) return null;
    const [column, bound, tree] = [
      features[i] as number,
      thresholds[i] as number,
      written.trees[i] as number,
    ];
    if (!(column >= 0 && column < shape.inputs)) malformed(`asks for column ${column} of ${shape.inputs}`);
    if (Number.isNaN(bound)) malformed("has a threshold that is no number");
    const [yes, no] = [numberOf(tree, written.yes[i] as number), numberOf(tree, written.no[i] as number)];
    feature[i] = column;
    threshold[i] = mode[1] ? bound : before(bound);
    left[i] = mode[0] ? yes : no;
    right[i] = mode[0] ? no : yes;
  }
  const roots = rootsOf(left, right);
  checkTrees(left, right, roots);
  if (new Set(Array.from(roots, (root) => written.trees[root])).size !== roots.length)
    malformed("has a tree with two roots");
  const { start, target, weight } = leavesOf(written, numberOf, shape.targets);
  // From here on a child that is a leaf is told by its sign.
  const isLeaf = (node: number): boolean => modes[node] === LEAF;
  const marked = (child: number): number => (child >= 0 && isLeaf(child) ? -1 - child : child);
  return {
    ...shape,
    roots: roots.map(marked),
    feature,
    threshold,
    left: left.map(marked),
    right: right.map(marked),
    start,
    target,
    weight,
  };
}
