import { checkTrees } from "./check-trees.js";
import type { RawScorer } from "./raw-scorer.js";
import type { Tree, TreeEnsembleModel } from "./types.js";

/** The leaf that a row, already rounded to float32, ends in. */
function leafOf({ feature, threshold, left, right }: Tree, row: Float32Array): number {
  let node = 0;
  for (let at = feature[0] as number; at >= 0; at = feature[node] as number)
    node = ((row[at] as number) <= (threshold[node] as number) ? left[node] : right[node]) as number;
  return node;
}

/** Log-odds of an ensemble, one a row. O(trees × depth) a row. @throws AttuneError `ATTUNE_ML_BAD_MODEL`. */
export function compileTrees(model: TreeEnsembleModel): RawScorer {
  checkTrees(model);
  const { inputs, base, trees } = model;
  return (rows, out) => {
    const row = new Float32Array(inputs);
    for (let i = 0; i < rows.length / inputs; i++) {
      row.set(rows.subarray(i * inputs, (i + 1) * inputs));
      let sum = base;
      for (const tree of trees) sum += tree.value[leafOf(tree, row)] as number;
      out[i] = sum;
    }
  };
}
