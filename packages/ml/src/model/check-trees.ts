import { AttuneError } from "@attune/core";
import type { Tree, TreeEnsembleModel } from "./types.js";

const isIndex = (value: number | undefined, below: number): boolean =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value < below;

/** Why this is no tree, or null. Each node is reached once from the root, so that a walk ends. */
function faultOf(tree: Tree, inputs: number): string | null {
  const { feature, threshold, left, right, value, cover } = tree;
  const nodes = feature.length;
  if (nodes === 0) return "it has no nodes";
  if ([threshold, left, right, value, cover].some(({ length }) => length !== nodes))
    return "its arrays differ in length";
  const seen = new Uint8Array(nodes);
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen[node]) return `node ${node} has two parents`;
    seen[node] = 1;
    if (!Number.isFinite(value[node])) return `the value of node ${node} is not finite`;
    if (feature[node] === -1) continue;
    if (!isIndex(feature[node], inputs)) return `node ${node} asks a column that is not there`;
    if (Number.isNaN(threshold[node])) return `the threshold of node ${node} is no number`;
    if (!isIndex(left[node], nodes) || !isIndex(right[node], nodes))
      return `a child of node ${node} is not there`;
    open.push(right[node] as number, left[node] as number);
  }
  return null;
}

/** @throws AttuneError `ATTUNE_ML_BAD_MODEL` at the first tree that is none, with its path. O(nodes). */
export function checkTrees({ inputs, base, trees }: TreeEnsembleModel): void {
  const fail = (message: string, path: string): never => {
    throw new AttuneError("ATTUNE_ML_BAD_MODEL", message, { path });
  };
  if (!(Number.isInteger(inputs) && inputs > 0)) fail("A model needs inputs, 1 or more.", "/model/inputs");
  if (!Number.isFinite(base)) fail("The base must be a finite number.", "/model/base");
  trees.forEach((tree, i) => {
    const fault = faultOf(tree, inputs);
    if (fault !== null) fail(`This is no tree: ${fault}.`, `/model/trees/${i}`);
  });
}
