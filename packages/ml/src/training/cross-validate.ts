import { seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../data/points.js";
import { compileModel, compileRawModel, outputsOf } from "../model/compile-model.js";
import type { TrainedModel } from "../model/types.js";
import { calibrate, type CalibrationOptions } from "./calibration/calibrate.js";
import { checkLabels, checkWeights } from "./check-rows.js";
import { type FoldOptions, foldsOf, indicesOf } from "./folds.js";
import type { Labels, Train, TrainingSubset } from "./types.js";

export interface CrossValidationOptions extends FoldOptions {
  readonly columns?: number;
  /** What each row counts, handed on to the learner (default 1). */
  readonly weights?: ArrayLike<number>;
  /** Each fold's model is calibrated on folds within the rows it learns from, never on rows that it is asked about. Left out: not at all. */
  readonly calibration?: CalibrationOptions["method"];
  /** Folds within a fold, for calibration (default 3). */
  readonly innerFolds?: number;
  /** Of the folds (default 1). */
  readonly seed?: number;
}

export interface CrossValidation {
  /** n × outputs, row-major: what the model that never saw a row says of it. For {@link metrics}. */
  readonly scores: Float64Array;
  /** The same before calibration, in log-odds. */
  readonly logOdds: Float64Array;
  readonly outputs: number;
  /** The fold that each row was left out in. */
  readonly fold: Uint8Array;
  /** One a fold. */
  readonly models: readonly TrainedModel[];
}

interface Whole {
  readonly matrix: Matrix;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  readonly groups: readonly (string | number)[] | undefined;
}

function rowsOf({ data, columns }: Matrix, indices: Int32Array): Float64Array {
  const rows = new Float64Array(indices.length * columns);
  indices.forEach((row, i) => {
    rows.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  });
  return rows;
}

function subset({ matrix, labels, weights }: Whole, indices: Int32Array): TrainingSubset {
  return {
    ...{ points: rowsOf(matrix, indices), columns: matrix.columns, indices },
    labels: Uint8Array.from(indices, (row) => labels[row] as number),
    weights: Float64Array.from(indices, (row) => weights[row] as number),
  };
}

/** Trains on some rows, and where asked for calibrates on folds of these alone. */
function trainOn(
  whole: Whole,
  indices: Int32Array,
  by: { train: Train; options: CrossValidationOptions },
): TrainedModel {
  const { train, options } = by;
  const own = subset(whole, indices);
  const model = train(own);
  if (options.calibration === undefined) return model;
  const folds = options.innerFolds ?? 3;
  const groups =
    whole.groups &&
    Array.from(indices, (row) => (whole.groups as (string | number)[])[row] as string | number);
  const fold = foldsOf(own.labels, { folds, ...(groups && { groups }) }, seededRandom(options.seed ?? 1));
  const logOdds = new Float64Array(indices.length);
  for (let left = 0; left < folds; left++) {
    const inner = train(
      subset(
        whole,
        indices.filter((_, i) => fold[i] !== left),
      ),
    );
    const asked = indicesOf(indices.length).filter((i) => fold[i] === left);
    const rows = rowsOf(
      whole.matrix,
      asked.map((i) => indices[i] as number),
    );
    const raw = compileRawModel(inner.model)(rows);
    asked.forEach((i, at) => {
      logOdds[i] = raw[at] as number;
    });
  }
  const { calibration: method } = options;
  return calibrate(model, { logOdds, labels: own.labels }, { method, weights: own.weights });
}

/**
 * What a learner's models say of rows that they never saw: rows are dealt into folds with like shares of the labels, groups kept together; each fold is asked about by a model that learned
 * from the others. `train` is handed rows of its own and must use no others.
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_BAD_WEIGHTS`, `ATTUNE_ML_BAD_FOLDS`, `ATTUNE_ML_TOO_FEW_ROWS`, and those of `train`.
 */
export function crossValidate(
  points: Points,
  labels: Labels,
  options: CrossValidationOptions & { readonly train: Train },
): CrossValidation {
  const { folds = 5, groups, train } = options;
  const matrix = toMatrix(points, options.columns);
  const checked = checkLabels(labels, matrix.rows);
  const whole: Whole = {
    matrix,
    labels: checked,
    weights: checkWeights(options.weights, matrix.rows),
    groups,
  };
  const fold = foldsOf(checked, { folds, ...(groups && { groups }) }, seededRandom(options.seed ?? 1));
  const all = indicesOf(matrix.rows);
  const models: TrainedModel[] = [];
  let scores = new Float64Array(0);
  let logOdds = scores;
  for (let left = 0; left < folds; left++) {
    const model = trainOn(
      whole,
      all.filter((row) => fold[row] !== left),
      { train, options },
    );
    const outputs = outputsOf(model.model);
    if (left === 0) {
      scores = new Float64Array(matrix.rows * outputs);
      logOdds = new Float64Array(matrix.rows * outputs);
    }
    const asked = all.filter((row) => fold[row] === left);
    const rows = rowsOf(matrix, asked);
    const [said, raw] = [compileModel(model)(rows), compileRawModel(model.model)(rows)];
    asked.forEach((row, at) => {
      scores.set(said.subarray(at * outputs, (at + 1) * outputs), row * outputs);
      logOdds.set(raw.subarray(at * outputs, (at + 1) * outputs), row * outputs);
    });
    models.push(model);
  }
  return { scores, logOdds, outputs: scores.length / matrix.rows, fold, models };
}
