import { malformed } from "../format/read-protobuf.js";
import type { OnnxNode } from "../format/types.js";
import { previousFloat32, previousFloat64 } from "./previous-float.js";
import { checkTrees } from "./read-trees.js";
import type { Stream } from "./stream.js";
import type { Forest, Step } from "./types.js";

const EMPTY = new Float64Array(0);

/** By the number of a mode: whether "true" is what lies below the split, and whether the split itself does. */
const MODES: readonly (readonly [trueIsBelow: boolean, closed: boolean])[] = [
  [true, true],
  [true, false],
  [false, false],
  [false, true],
];

interface Lists {
  readonly roots: Float64Array;
  readonly features: Float64Array;
  readonly modes: Float64Array;
  readonly splits: Float64Array;
  readonly yes: Float64Array;
  readonly yesIsLeaf: Float64Array;
  readonly no: Float64Array;
  readonly noIsLeaf: Float64Array;
  readonly targets: Float64Array;
  readonly weights: Float64Array;
}

function listsOf({ attributes }: OnnxNode): Lists {
  const integers = (name: string): Float64Array => attributes.get(name)?.integers ?? EMPTY;
  const tensor = (name: string): Float64Array => attributes.get(name)?.tensor?.values ?? EMPTY;
  const lists: Lists = {
    roots: integers("tree_roots"),
    features: integers("nodes_featureids"),
    modes: tensor("nodes_modes"),
    splits: tensor("nodes_splits"),
    yes: integers("nodes_truenodeids"),
    yesIsLeaf: integers("nodes_trueleafs"),
    no: integers("nodes_falsenodeids"),
    noIsLeaf: integers("nodes_falseleafs"),
    targets: integers("leaf_targetids"),
    weights: tensor("leaf_weights"),
  };
  const { roots: _roots, targets, weights, features, ...ofNodes } = lists;
  for (const list of Object.values(ofNodes))
    if (list.length !== features.length) malformed("has lists of nodes that differ in length");
  if (targets.length !== weights.length) malformed("has lists of leaves that differ in length");
  return lists;
}

/** A child as scoring reads it: a node's number, or −1 − a leaf's. */
function child(id: number, isLeaf: boolean, count: number): number {
  if (!(id >= 0 && id < count)) malformed("has a tree that points at a node it does not have");
  return isLeaf ? -1 - id : id;
}

/** `TreeEnsemble` (ai.onnx.ml 5): sums without a transform, in the type of what comes in. */
export function readTreeEnsemble(
  node: OnnxNode,
  { columns, element, single }: Stream,
): readonly Step[] | string {
  const targets = node.attributes.get("n_targets")?.integer ?? 1;
  const aggregate = node.attributes.get("aggregate_function")?.integer ?? 1;
  if (aggregate !== 1 || (node.attributes.get("post_transform")?.integer ?? 0) !== 0)
    return "sums in an unusual way";
  if (!(targets >= 1 && targets <= 1000)) return malformed(`has trees of ${targets} outputs`);
  const lists = listsOf(node);
  const [count, leaves] = [lists.features.length, lists.weights.length];
  const left = new Int32Array(count);
  const right = new Int32Array(count);
  const threshold = new Float64Array(count);
  const before = single ? previousFloat32 : previousFloat64;
  for (let i = 0; i < count; i++) {
    const mode = MODES[lists.modes[i] as number];
    if (!mode) return "has trees that ask in an unusual way";
    const column = lists.features[i] as number;
    const bound = lists.splits[i] as number;
    if (!(column >= 0 && column < columns)) malformed(`asks for column ${column} of ${columns}`);
    if (Number.isNaN(bound)) malformed("has a threshold that is no number");
    const yes = child(
      lists.yes[i] as number,
      lists.yesIsLeaf[i] === 1,
      lists.yesIsLeaf[i] === 1 ? leaves : count,
    );
    const no = child(
      lists.no[i] as number,
      lists.noIsLeaf[i] === 1,
      lists.noIsLeaf[i] === 1 ? leaves : count,
    );
    threshold[i] = mode[1] ? bound : before(bound);
    left[i] = mode[0] ? yes : no;
    right[i] = mode[0] ? no : yes;
  }
  if (!lists.roots.every((root) => root >= 0)) malformed("has a tree that starts at a node it does not have");
  if (lists.targets.some((target) => !(target >= 0 && target < targets)))
    malformed("has a leaf for an output that there is not");
  if (!lists.weights.every(Number.isFinite)) malformed("has a leaf that is no finite number");
  checkTrees(left, right, lists.roots);
  const forest: Forest = {
    inputs: columns,
    targets,
    base: new Float64Array(targets),
    roots: Int32Array.from(lists.roots),
    feature: Int32Array.from(lists.features),
    threshold,
    left,
    right,
    start: Int32Array.from({ length: leaves + 1 }, (_, i) => i),
    target: Int32Array.from(lists.targets),
    weight: lists.weights,
    sums: element === "float" ? "float32" : "float64",
    single,
  };
  return [{ kind: "forest", forest }];
}
