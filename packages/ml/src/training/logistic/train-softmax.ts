import { AttuneError } from "@attune/core";
import type { Points } from "../../data/points.js";
import { checkMetadata, checkRows } from "../check-rows.js";
import type { Labels, Trained, TrainingOptions } from "../types.js";
import { minimize } from "./minimize.js";
import { standardize } from "./standardize.js";

export interface SoftmaxOptions extends TrainingOptions {
  /** ½ l2 Σ β² of coefficients per standard deviation is added to the loss, intercepts left out; above 0 (default 1). */
  readonly l2?: number;
  /** Steps at most (default 500). */
  readonly maxIterations?: number;
}

export interface SoftmaxReport {
  /** Σ w ln P(label) of the training rows, without the penalty. */
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** Means of the training rows, for contributions. */
  readonly means: Float64Array;
}

interface Problem {
  readonly data: Float64Array;
  readonly labels: Uint8Array;
  readonly weights: Float64Array;
  readonly classes: number;
  readonly columns: number;
  readonly l2: number;
}

/** Logits of a row become shares in place; the result is −ln of the label's. */
function toShares(logits: Float64Array, label: number): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) largest = Math.max(largest, logit);
  const own = (logits[label] as number) - largest;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += logits[k] = Math.exp((logits[k] as number) - largest);
  for (let k = 0; k < logits.length; k++) (logits[k] as number) /= sum;
  return Math.log(sum) - own;
}

/** Loss and gradient of k × (intercept, d coefficients), per unit of weight. O(n k d). */
function softmaxLoss(problem: Problem): (at: Float64Array, gradient: Float64Array) => number {
  const { data, labels, weights, classes, columns, l2 } = problem;
  const size = columns + 1;
  const total = weights.reduce((a, b) => a + b, 0);
  const logits = new Float64Array(classes);
  return (at, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let i = 0; i < labels.length; i++) {
      const share = (weights[i] as number) / total;
      const row = i * columns;
      for (let k = 0; k < classes; k++) {
        let z = at[k * size] as number;
        for (let j = 0; j < columns; j++) z += (at[k * size + 1 + j] as number) * (data[row + j] as number);
        logits[k] = z;
      }
      const label = labels[i] as number;
      loss += share * toShares(logits, label);
      for (let k = 0; k < classes; k++) {
        const pull = share * ((logits[k] as number) - (k === label ? 1 : 0));
        (gradient[k * size] as number) += pull;
        for (let j = 0; j < columns; j++)
          (gradient[k * size + 1 + j] as number) += pull * (data[row + j] as number);
      }
    }
    for (let entry = 0; entry < at.length; entry++) {
      if (entry % size === 0) continue;
      const b = at[entry] as number;
      loss += (l2 * b * b) / (2 * total);
      (gradient[entry] as number) += (l2 * b) / total;
    }
    return loss;
  };
}

/**
 * Multinomial logistic regression (softmax) with an L2 penalty, for labels 0 … k − 1, one output for each, by L-BFGS on standardized inputs; the model reads the raw ones.
 * Intercepts are moved to the mean 0, which changes no probability. O(iterations × n k d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_ONE_CLASS` (a class that the metadata names and no row has), `ATTUNE_ML_BAD_WEIGHTS`,
 * `ATTUNE_ML_BAD_METADATA`, `ATTUNE_ML_BAD_OPTIONS`.
 */
export function trainSoftmax(
  points: Points,
  labels: Labels,
  options: SoftmaxOptions,
): Trained<SoftmaxReport> {
  const classes = options.metadata.outputs.length;
  if (classes < 2) {
    throw new AttuneError("ATTUNE_ML_BAD_METADATA", "Name an output for each class, 2 or more.", {
      path: "/options/metadata/outputs",
    });
  }
  const { matrix, labels: checked, weights } = checkRows(points, labels, { ...options, classes });
  const { columns } = matrix;
  checkMetadata(options.metadata, columns, classes);
  const { l2 = 1, maxIterations = 500 } = options;
  if (!(l2 > 0 && l2 < Number.POSITIVE_INFINITY)) {
    throw new AttuneError("ATTUNE_ML_BAD_OPTIONS", "The penalty is a finite number above 0.", {
      path: "/options/l2",
    });
  }
  const { data, means, deviations } = standardize(matrix, weights);
  const objective = softmaxLoss({ data, labels: checked, weights, classes, columns, l2 });
  const size = columns + 1;
  const { at, value, iterations, converged } = minimize(objective, classes * size, {
    tolerance: 1e-9,
    maxIterations,
  });
  const raw = new Float64Array(classes * columns);
  const intercepts = new Float64Array(classes);
  let [squares, sum] = [0, 0];
  for (let k = 0; k < classes; k++) {
    let intercept = at[k * size] as number;
    for (let j = 0; j < columns; j++) {
      const deviation = deviations[j] as number;
      const coefficient = at[k * size + 1 + j] as number;
      squares += coefficient * coefficient;
      if (deviation === 0) continue;
      raw[k * columns + j] = coefficient / deviation;
      intercept -= (coefficient / deviation) * (means[j] as number);
    }
    intercepts[k] = intercept;
    sum += intercept;
  }
  const total = weights.reduce((a, b) => a + b, 0);
  return {
    trained: {
      model: {
        kind: "linear",
        inputs: columns,
        outputs: classes,
        weights: raw,
        intercepts: intercepts.map((intercept) => intercept - sum / classes),
      },
      calibration: null,
      metadata: options.metadata,
    },
    report: { logLikelihood: (l2 * squares) / 2 - value * total, iterations, converged, means },
  };
}
