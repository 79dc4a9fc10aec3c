import { compileTrees } from "../../model/compile-trees.js";
import type { Tree } from "../../model/types.js";
import type { Forest } from "./types.js";

type Run = (values: Float64Array, rows: number) => Float64Array;

/** The leaf that a row of `values` ends in. */
function leafOf(forest: Forest, root: number, values: Float64Array, offset: number): number {
  const { feature, threshold, left, right } = forest;
  let node = root;
  while (node >= 0) {
    const below = (values[offset + (feature[node] as number)] as number) <= (threshold[node] as number);
    node = (below ? left[node] : right[node]) as number;
  }
  return -1 - node;
}

/** Any forest: several targets, sums rounded as runtimes round them. O(trees × depth) a row. */
function walking(forest: Forest): Run {
  const { inputs, targets, base, roots, start, target, weight, sums } = forest;
  const single = sums === "float32";
  return (values, rows) => {
    const out = new Float64Array(rows * targets);
    for (let row = 0; row < rows; row++) {
      const to = row * targets;
      for (const root of roots) {
        const leaf = leafOf(forest, root, values, row * inputs);
        for (let j = start[leaf] as number; j < (start[leaf + 1] as number); j++) {
          const at = to + (target[j] as number);
          const sum = (out[at] as number) + (weight[j] as number);
          out[at] = single ? Math.fround(sum) : sum;
        }
      }
      for (let j = 0; j < targets; j++) {
        const sum = (out[to + j] as number) + (base[j] as number);
        out[to + j] = sums === "float64" ? sum : Math.fround(sum);
      }
    }
    return out;
  };
}

/** One tree of a forest of one target in arrays of its own. */
export function treeOf(forest: Forest, root: number): Tree {
  const nodes: number[] = [root];
  const left: number[] = [];
  const right: number[] = [];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i] as number;
    left.push(node < 0 ? -1 : nodes.length);
    right.push(node < 0 ? -1 : nodes.length + 1);
    if (node >= 0) nodes.push(forest.left[node] as number, forest.right[node] as number);
  }
  return {
    feature: Int32Array.from(nodes, (node) => (node < 0 ? -1 : (forest.feature[node] as number))),
    threshold: Float32Array.from(nodes, (node) => (node < 0 ? 0 : (forest.threshold[node] as number))),
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    value: Float64Array.from(nodes, (node) => (node < 0 ? leafSum(forest, -1 - node) : 0)),
    cover: new Float64Array(nodes.length),
  };
}

function leafSum({ start, weight }: Forest, leaf: number): number {
  let sum = 0;
  for (let j = start[leaf] as number; j < (start[leaf + 1] as number); j++) sum += weight[j] as number;
  return sum;
}

/** Whether a forest asks and sums as `TreeEnsembleModel` does: one target, float32 asked and answered, sums in float64. */
export const isPlainForest = ({ targets, threshold, sums, single }: Forest): boolean =>
  targets === 1 && sums !== "float32" && single && threshold.every((bound) => bound === Math.fround(bound));

/**
 * A forest as a function of rows. Where it is of one target and sums in float64, by the fast walk of models trained here.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL` for what is no forest.
 */
export function compileForest(forest: Forest): Run {
  if (!isPlainForest(forest)) return walking(forest);
  const base = forest.base[0] as number;
  const trees = Array.from(forest.roots, (root) => treeOf(forest, root));
  const score = compileTrees({ kind: "trees", inputs: forest.inputs, base, trees });
  return (values, rows) => {
    const out = new Float64Array(rows);
    score(values, out);
    if (forest.sums === "rounded") for (let i = 0; i < rows; i++) out[i] = Math.fround(out[i] as number);
    return out;
  };
}
