import { AttuneError } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../data/points.js";
import type { ClassWeights, Labels, TrainingOptions } from "./types.js";

/** Rows to learn from, checked. */
export interface TrainingRows {
  readonly matrix: Matrix;
  readonly labels: Uint8Array;
  /** Of rows, with those of the classes multiplied in. */
  readonly weights: Float64Array;
  readonly classes: number;
}

/**
 * Labels as integers 0 … classes − 1.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_LABELS` if there is not one for each row, or one is no class.
 */
export function checkLabels(labels: Labels, rows: number, most = 256): Uint8Array {
  if (labels.length !== rows) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_LABELS",
      `There are ${labels.length} labels for ${rows} rows: give one for each.`,
      { path: "/labels" },
    );
  }
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number;
    if (!(Number.isInteger(label) && label >= 0 && label < most)) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_LABELS",
        most === 2 ? "A label is 0 or 1." : `A label is an integer from 0 to ${most - 1}.`,
        { path: `/labels/${i}` },
      );
    }
  }
  return Uint8Array.from(labels);
}

/** @throws AttuneError `ATTUNE_ML_BAD_WEIGHTS` if there is not one for each row, one is negative or not finite, or all are 0. */
export function checkWeights(weights: ArrayLike<number> | undefined, rows: number): Float64Array {
  if (weights === undefined) return new Float64Array(rows).fill(1);
  const fail = (message: string, path: string): never => {
    throw new AttuneError("ATTUNE_ML_BAD_WEIGHTS", message, { path });
  };
  if (weights.length !== rows)
    fail(`There are ${weights.length} weights for ${rows} rows: give one for each.`, "/options/weights");
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i] as number;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY))
      fail("A weight is a finite number of 0 or more.", `/options/weights/${i}`);
    sum += weight;
  }
  if (!(sum > 0 && sum < Number.POSITIVE_INFINITY))
    fail("The weights need a finite sum above 0.", "/options/weights");
  return Float64Array.from(weights);
}

/** Total weight of each class. */
export function weightByClass(labels: Uint8Array, weights: Float64Array, classes: number): Float64Array {
  const totals = new Float64Array(classes);
  labels.forEach((label, i) => {
    (totals[label] as number) += weights[i] as number;
  });
  return totals;
}

function byClass(classWeights: ClassWeights, totals: Float64Array): ArrayLike<number> {
  if (classWeights === "balanced") {
    const sum = totals.reduce((a, b) => a + b, 0);
    return totals.map((total) => sum / (totals.length * total));
  }
  if (
    classWeights.length !== totals.length ||
    !classWeights.every((weight) => weight > 0 && weight < Infinity)
  ) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_WEIGHTS",
      `Class weights are "balanced" or ${totals.length} finite numbers above 0, one for each class.`,
      { path: "/options/classWeights" },
    );
  }
  return classWeights;
}

/**
 * Points, labels and weights as every learner reads them, checked once at the door.
 *
 * @param classes How many classes there are; without it, as many as the labels name, at least 2.
 * @throws AttuneError those of `toMatrix`, {@link checkLabels} and {@link checkWeights}; `ATTUNE_ML_ONE_CLASS` if a class has no row of any weight.
 */
export function checkRows(
  points: Points,
  labels: Labels,
  options: Omit<TrainingOptions, "metadata"> & { classes?: number },
): TrainingRows {
  const matrix = toMatrix(points, options.columns);
  const checked = checkLabels(labels, matrix.rows, options.classes);
  const classes = options.classes ?? Math.max(2, checked.reduce((a, b) => Math.max(a, b), 0) + 1);
  const weights = checkWeights(options.weights, matrix.rows);
  const totals = weightByClass(checked, weights, classes);
  const without = totals.indexOf(0);
  if (without >= 0) {
    throw new AttuneError(
      "ATTUNE_ML_ONE_CLASS",
      `No row has the label ${without}: there is nothing to tell apart. Give rows of every class.`,
      { path: "/labels" },
    );
  }
  if (options.classWeights !== undefined) {
    const factors = byClass(options.classWeights, totals);
    for (let i = 0; i < weights.length; i++)
      (weights[i] as number) *= factors[checked[i] as number] as number;
  }
  return { matrix, labels: checked, weights, classes };
}

/** @throws AttuneError `ATTUNE_ML_BAD_METADATA` if it does not name each input, or each output. */
export function checkMetadata(metadata: TrainingOptions["metadata"], inputs: number, outputs: number): void {
  const { features, outputs: names } = metadata;
  if (features.length === inputs && names.length === outputs) return;
  throw new AttuneError(
    "ATTUNE_ML_BAD_METADATA",
    `The metadata names ${features.length} features and ${names.length} outputs; the model has ${inputs} and ${outputs}.`,
    { path: "/options/metadata" },
  );
}
