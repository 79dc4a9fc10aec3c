import { AttuneError, seededRandom } from "@attune/core";
import type { Points } from "../../data/points.js";
import type { Tree, TreeEnsembleModel } from "../../model/types.js";
import type { BoostingOptions, EarlyStopping } from "../boosting/options.js";
import { trainGradientBoosting } from "../boosting/train-gradient-boosting.js";
import { fitCalibration } from "../calibration/calibrate.js";
import { checkRows } from "../check-rows.js";
import { foldsOf, indicesOf } from "../folds.js";
import { logLossOfLogOdds } from "../metrics/log-loss.js";
import type { Labels, Trained } from "../types.js";
import { additiveTrees, fitSteps, type Steps, stepsOf } from "./additive-trees.js";

export interface BlendOptions extends Omit<BoostingOptions, "earlyStopping" | "monotone"> {
  /**
   * Folds by which the share, the number of trees and the calibration are found. Default: 5 folds, since with few rows those left out are missed; 3 where a label has fewer rows than 5 or there are
   * fewer groups.
   */
  readonly earlyStopping?: EarlyStopping;
  /** `null`: log-odds are left as they are (default `platt`). */
  readonly calibration?: "platt" | "isotonic" | null;
}

export interface BlendReport {
  /** Of the regression in the log-odds, in [0, 1]; what is left is the boosted trees'. */
  readonly share: number;
  /** Trees that were boosted. */
  readonly rounds: number;
  /** Weighted mean log-loss of rows left out: of the trees alone, the regression alone, and the blend. */
  readonly losses: { readonly trees: number; readonly regression: number; readonly blend: number };
  /** Log-odds of each row by models that never saw it, before calibration. */
  readonly outOfFold: Float64Array;
}

const FOLDS = 5;
const FEWER_FOLDS = 3;
const SHARES = Array.from({ length: 21 }, (_, i) => i / 20);

interface Rows {
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
}

/** Three folds where five cannot each have rows of either label, or a group of their own. */
function defaultFolds(labels: Uint8Array, groups: EarlyStopping["groups"]): number {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const most = Math.min(
    ones,
    labels.length - ones,
    groups ? new Set(Array.from(groups)).size : labels.length,
  );
  return most < FOLDS ? FEWER_FOLDS : FOLDS;
}

/** What regressions that each leave out a fold say of it. */
function regressionOutOfFold(steps: Steps, input: Rows, fold: Uint8Array): Float64Array {
  const all = indicesOf(fold.length);
  const columns = steps.means.length;
  const found = new Float64Array(fold.length);
  for (const left of new Set(fold)) {
    const rows = all.filter((row) => fold[row] !== left);
    const { coefficients, intercept } = fitSteps(steps, { ...input, rows });
    for (const row of all) {
      if (fold[row] !== left) continue;
      let sum = intercept;
      for (let j = 0; j < columns; j++)
        sum += (coefficients[j] as number) * (steps.data[row * columns + j] as number);
      found[row] = sum;
    }
  }
  return found;
}

const mixed = (trees: Float64Array, regression: Float64Array, share: number): Float64Array =>
  trees.map((logOdds, i) => (1 - share) * logOdds + share * (regression[i] as number));

const scaled = (tree: Tree, by: number): Tree => ({ ...tree, value: tree.value.map((value) => by * value) });

/** The share at which rows left out are told best, the smallest of equals. The loss is convex in it, so that a grid misses little. */
function bestShare(trees: Float64Array, regression: Float64Array, { labels, weights }: Rows) {
  const rows = indicesOf(labels.length);
  const losses = SHARES.map((share) =>
    logLossOfLogOdds(mixed(trees, regression, share), labels, { rows, weights }),
  );
  const blend = Math.min(...losses);
  const at = losses.indexOf(blend);
  return {
    share: SHARES[at] as number,
    losses: { trees: losses[0] as number, regression: losses.at(-1) as number, blend },
  };
}

/**
 * Boosted trees and a logistic regression, their log-odds averaged with the share that tells rows left out best (stacking: Wolpert 1992), and calibrated on these: for few rows or many columns,
 * where either alone varies with what it happened to see. The regression reads heavy-tailed columns by their logarithms, in steps, so that all of it is one ensemble of trees that scores,
 * explains and ships as any other. The same input and seed give the same model. O(trainGradientBoosting + folds × n d²).
 *
 * Trees are smaller and slower than those of `trainGradientBoosting` unless it is said, and each sees other rows (6 leaves, rate 0.05, 0.8 of the rows).
 *
 * @param points n × d; columns may be of any scale.
 * @param labels 0 or 1, one a row; both must occur.
 * @throws AttuneError those of `trainGradientBoosting`.
 */
export function trainBlend(points: Points, labels: Labels, options: BlendOptions): Trained<BlendReport> {
  const { earlyStopping = {}, calibration: method = "platt", seed = 1 } = options;
  const { matrix, ...input } = checkRows(points, labels, { ...options, classes: 2 });
  const { groups } = earlyStopping;
  const folds = earlyStopping.folds ?? defaultFolds(input.labels, groups);
  const trees = trainGradientBoosting(points, labels, {
    ...{ learningRate: 0.05, ...options, seed, earlyStopping: earlyStopping && { ...earlyStopping, folds } },
    tree: { leaves: 6, ...options.tree },
    sampling: { rows: 0.8, ...options.sampling },
  });
  const steps = stepsOf(matrix, input.weights);
  const fold = foldsOf(input.labels, { folds, ...(groups && { groups }) }, seededRandom(seed));
  const { model, metadata } = trees.trained;
  const { stopping, rounds } = trees.report;
  if (model.kind !== "trees" || stopping === null) {
    throw new AttuneError("ATTUNE_ML_BAD_OPTIONS", "A blend needs folds that are left out.", {
      path: "/options/earlyStopping",
    });
  }
  const regression = regressionOutOfFold(steps, input, fold);
  const { share, losses } = bestShare(stopping.outOfFold, regression, input);
  const outOfFold = mixed(stopping.outOfFold, regression, share);
  const whole = fitSteps(steps, { ...input, rows: indicesOf(matrix.rows) });
  const additive = share === 0 ? { base: 0, trees: [] } : additiveTrees(steps, whole, share);
  const blended: TreeEnsembleModel = {
    ...{ kind: "trees", inputs: matrix.columns },
    base: (1 - share) * model.base + additive.base,
    trees: [...(share === 1 ? [] : model.trees.map((tree) => scaled(tree, 1 - share))), ...additive.trees],
  };
  const calibration =
    method === null ? null : fitCalibration(outOfFold, input.labels, { method, weights: input.weights });
  return {
    trained: { model: blended, calibration, metadata },
    report: { share, rounds: share === 1 ? 0 : rounds, losses, outOfFold },
  };
}
