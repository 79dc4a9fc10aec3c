import { checkTrees } from "./check-trees.js";
import { packTrees, sumOf } from "./pack-trees.js";
import { rankColumns } from "./rank-columns.js";
import type { RawScorer } from "./raw-scorer.js";
import type { Tree, TreeEnsembleModel } from "./types.js";

/** The leaf that a row, already rounded to float32, ends in. */
function leafOf({ feature, threshold, left, right }: Tree, row: Float32Array): number {
  let node = 0;
  for (let at = feature[0] as number; at >= 0; at = feature[node] as number)
    node = ((row[at] as number) <= (threshold[node] as number) ? left[node] : right[node]) as number;
  return node;
}

/** Tree by tree, for ensembles of any form. */
function walked({ inputs, base, trees }: TreeEnsembleModel): RawScorer {
  const row = new Float32Array(inputs);
  return (rows, out) => {
    for (let i = 0; i < rows.length / inputs; i++) {
      row.set(rows.subarray(i * inputs, (i + 1) * inputs));
      let sum = base;
      for (const tree of trees) sum += tree.value[leafOf(tree, row)] as number;
      out[i] = sum;
    }
  };
}

/**
 * Log-odds of an ensemble, one a row. The row is turned into ranks among the thresholds once, then trees of one depth are walked side by side over integers.
 * O(columns × log thresholds + trees × depth) a row.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL`.
 */
export function compileTrees(model: TreeEnsembleModel): RawScorer {
  checkTrees(model);
  const { inputs, base, trees } = model;
  const columns = rankColumns(model);
  const packed = packTrees(trees, inputs, columns);
  if (packed === null) return walked(model);
  const ranks = new Int32Array(inputs);
  return (rows, out) => {
    for (let i = 0, offset = 0; offset < rows.length; i++, offset += inputs) {
      columns.write(rows, offset, ranks);
      let sum = base;
      for (const block of packed) sum += sumOf(block, ranks);
      out[i] = sum;
    }
  };
}
