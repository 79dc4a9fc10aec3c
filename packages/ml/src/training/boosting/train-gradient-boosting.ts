import { AttuneError, seededRandom } from "@attune/core";
import type { Points } from "../../data/points.js";
import { checkMetadata, checkRows } from "../check-rows.js";
import { foldsOf, indicesOf } from "../folds.js";
import type { Labels, Trained } from "../types.js";
import { binColumns } from "./bin-columns.js";
import { type BoosterInput, createBooster } from "./booster.js";
import { chooseRounds, type RoundsFound } from "./choose-rounds.js";
import { type BoostingOptions, settle, type SettledBoosting } from "./options.js";

export interface BoostingReport {
  /** Trees, and nodes of all of them. */
  readonly rounds: number;
  readonly nodes: number;
  /** Σ gain of the splits by each column, as shares of 1; all 0 where nothing was split. */
  readonly importance: Float64Array;
  /** Per tree the gain of each node's split; 0 for leaves. */
  readonly gains: readonly Float64Array[];
  /** How the number of trees was found; null where it was given. */
  readonly stopping: {
    /** Steps of the least loss: as many as there are trees, unless some found nothing to split or would have had too many nodes. */
    readonly steps: number;
    /** Weighted mean log-loss of rows left out, before the first tree and after each that was tried. */
    readonly losses: Float64Array;
    /** Log-odds of each row by a model that never saw it: for metrics and {@link calibrate}. */
    readonly outOfFold: Float64Array;
  } | null;
}

function search(input: BoosterInput, settled: SettledBoosting, options: BoostingOptions): RoundsFound | null {
  const { earlyStopping = {} } = options;
  if (earlyStopping === false) return null;
  const { folds = 3, patience = 20, groups } = earlyStopping;
  if (!(Number.isInteger(patience) && patience >= 1)) {
    throw new AttuneError("ATTUNE_ML_BAD_OPTIONS", "This is an integer of 1 or more.", {
      path: "/options/earlyStopping/patience",
    });
  }
  const random = seededRandom(settled.seed);
  const fold = foldsOf(input.labels, { folds, ...(groups && { groups }) }, random);
  return chooseRounds(input, settled.rules, {
    ...{ fold, folds, patience, random },
    ...{ maxRounds: settled.rounds, maxNodes: settled.maxNodes },
  });
}

function importanceOf(
  trees: readonly { feature: Int32Array }[],
  gains: readonly Float64Array[],
  columns: number,
): Float64Array {
  const sums = new Float64Array(columns);
  let total = 0;
  trees.forEach(({ feature }, i) => {
    feature.forEach((column, node) => {
      if (column < 0) return;
      const gain = (gains[i] as Float64Array)[node] as number;
      (sums[column] as number) += gain;
      total += gain;
    });
  });
  return total > 0 ? sums.map((sum) => sum / total) : sums;
}

/**
 * Gradient-boosted trees for a label of 0 or 1: histograms of up to 256 bins, leaf-wise growth with L2 (Friedman 2001; Chen and Guestrin 2016; Ke et al. 2017), samples of rows and
 * columns, monotone constraints. The number of trees is the one at which rows left out in turn are told best; the model then learns from all rows. The same input and seed
 * give the same model. O(folds × trees × rows × columns × log leaves).
 *
 * @param points n × d; columns may be of any scale, and constant ones are never asked.
 * @param labels 0 or 1, one a row; both must occur.
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_ONE_CLASS`, `ATTUNE_ML_BAD_WEIGHTS`, `ATTUNE_ML_BAD_METADATA`, `ATTUNE_ML_BAD_OPTIONS`,
 * `ATTUNE_ML_BAD_FOLDS`, `ATTUNE_ML_TOO_FEW_ROWS`.
 */
export function trainGradientBoosting(
  points: Points,
  labels: Labels,
  options: BoostingOptions,
): Trained<BoostingReport> {
  const { matrix, labels: checked, weights } = checkRows(points, labels, { ...options, classes: 2 });
  checkMetadata(options.metadata, matrix.columns, 1);
  const settled = settle(options, matrix);
  const binned = binColumns(matrix, weights, settled.bins);
  const input = { binned, labels: checked, weights, rows: indicesOf(matrix.rows) };
  const found = search(input, settled, options);
  const rounds = found?.rounds ?? settled.rounds;
  const booster = createBooster(input, settled.rules, seededRandom(settled.seed));
  for (let round = 0; round < rounds; round++) booster.step(settled.maxNodes);
  const { base, trees, gains } = booster;
  return {
    trained: {
      model: { kind: "trees", inputs: matrix.columns, base, trees },
      calibration: null,
      metadata: options.metadata,
    },
    report: {
      ...{ rounds: trees.length, nodes: booster.nodes(), gains },
      importance: importanceOf(trees, gains, matrix.columns),
      stopping: found && { steps: found.rounds, losses: found.losses, outOfFold: found.outOfFold },
    },
  };
}
