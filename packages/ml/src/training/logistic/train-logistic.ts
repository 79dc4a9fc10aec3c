import { AttuneError } from "@attune/core";
import type { Points } from "../../data/points.js";
import { checkMetadata, checkRows } from "../check-rows.js";
import type { Labels, Trained, TrainingOptions } from "../types.js";
import { inverse } from "./cholesky.js";
import { newtonLogistic } from "./newton.js";
import { type Standardized, standardize, unscaled } from "./standardize.js";

export interface LogisticOptions extends TrainingOptions {
  /** ½ l2 Σ β² is added to the loss, the intercept left out; 0 or more (default 1). */
  readonly l2?: number;
  /** Whether the penalty is on coefficients per standard deviation (default), or on those of the raw inputs. The model reads raw inputs either way. */
  readonly standardize?: boolean;
  /** Newton steps at most (default 100). */
  readonly maxIterations?: number;
}

export interface LogisticReport {
  /** Σ w ln P(label) of the training rows, without the penalty. */
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
  /** Why it did not converge: a plane tells the labels apart, so that without a penalty coefficients grow without end; null where it did. */
  readonly reason: "separable" | "iterations" | null;
  /**
   * (d + 1)², row-major, intercept first, of the raw coefficients: the inverse of the curvature, penalty included. Rows and columns of constant inputs, whose weight is
   * 0, are 0. Null where it did not converge.
   */
  readonly covariance: Float64Array | null;
  /** Roots of its diagonal. */
  readonly standardErrors: Float64Array | null;
  /** Means of the training rows, for contributions. */
  readonly means: Float64Array;
}

/** Covariance on the raw inputs, J C Jᵀ, where J takes standardized coefficients to raw ones; constant columns are put back as zeros. */
function rawCovariance(
  scaled: Float64Array,
  kept: readonly number[],
  { means, deviations }: Standardized,
): Float64Array {
  const [size, inner] = [means.length + 1, kept.length + 1];
  // J, kept coefficients only: row 0 is (1, −mean ÷ deviation …), row j is 1 ÷ deviation in its own place.
  const jacobian = new Float64Array(size * inner);
  jacobian[0] = 1;
  kept.forEach((column, at) => {
    const deviation = deviations[column] as number;
    jacobian[at + 1] = -(means[column] as number) / deviation;
    jacobian[(column + 1) * inner + at + 1] = 1 / deviation;
  });
  const half = new Float64Array(size * inner);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < inner; j++)
      for (let k = 0; k < inner; k++)
        (half[i * inner + j] as number) +=
          (jacobian[i * inner + k] as number) * (scaled[k * inner + j] as number);
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++)
      for (let k = 0; k < inner; k++)
        (covariance[i * size + j] as number) +=
          (half[i * inner + k] as number) * (jacobian[j * inner + k] as number);
  return covariance;
}

/** Whether the sign of the score tells all labels that count. */
function isSeparated(
  data: Float64Array,
  labels: Uint8Array,
  by: { weights: Float64Array; coefficients: Float64Array },
): boolean {
  const d = by.coefficients.length - 1;
  return labels.every((label, i) => {
    if (by.weights[i] === 0) return true;
    let z = by.coefficients[0] as number;
    for (let j = 0; j < d; j++) z += (data[i * d + j] as number) * (by.coefficients[j + 1] as number);
    return label === 1 ? z > 0 : z < 0;
  });
}

/** The columns that are not constant, side by side. */
function keptColumns(data: Float64Array, columns: number, kept: readonly number[]): Float64Array {
  if (kept.length === columns) return data;
  const rows = data.length / columns;
  return Float64Array.from({ length: rows * kept.length }, (_, at) => {
    const row = Math.floor(at / kept.length);
    return data[row * columns + (kept[at % kept.length] as number)] as number;
  });
}

function checkOptions({ l2 = 1, maxIterations = 100 }: LogisticOptions): {
  l2: number;
  maxIterations: number;
} {
  const fail = (message: string, path: string): never => {
    throw new AttuneError("ATTUNE_ML_BAD_OPTIONS", message, { path });
  };
  if (!(l2 >= 0 && l2 < Number.POSITIVE_INFINITY))
    fail("The penalty is a finite number of 0 or more.", "/options/l2");
  if (!(Number.isInteger(maxIterations) && maxIterations >= 1))
    fail("The number of iterations is an integer of 1 or more.", "/options/maxIterations");
  return { l2, maxIterations };
}

/**
 * Logistic regression with an L2 penalty by Newton's method, solved on standardized inputs whatever their scales; the model reads the raw ones. Constant columns get
 * the weight 0. Labels that a plane tells apart are no trouble with a penalty; without one the report says so. O(iterations × n d²).
 *
 * @param points n × d.
 * @param labels 0 or 1, one a row; both must occur.
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_ONE_CLASS`, `ATTUNE_ML_BAD_WEIGHTS`, `ATTUNE_ML_BAD_METADATA`, `ATTUNE_ML_BAD_OPTIONS`;
 * `ATTUNE_ML_COLLINEAR` if columns hang together and no penalty chooses among the answers.
 */
export function trainLogistic(
  points: Points,
  labels: Labels,
  options: LogisticOptions,
): Trained<LogisticReport> {
  const { matrix, labels: checked, weights } = checkRows(points, labels, { ...options, classes: 2 });
  checkMetadata(options.metadata, matrix.columns, 1);
  const { l2, maxIterations } = checkOptions(options);
  const scaled = standardize(matrix, weights);
  const kept = [...scaled.deviations.keys()].filter((j) => (scaled.deviations[j] as number) > 0);
  const data = keptColumns(scaled.data, matrix.columns, kept);
  const penalties = Float64Array.from(kept, (j) =>
    options.standardize === false ? l2 / (scaled.deviations[j] as number) ** 2 : l2,
  );
  const solution = newtonLogistic({ data, targets: checked, weights, penalties, maxIterations });
  const { factor, coefficients, logLikelihood, iterations, converged } = solution;
  const separated = !converged && isSeparated(data, checked, { weights, coefficients });
  if (factor === null && !separated) {
    throw new AttuneError(
      "ATTUNE_ML_COLLINEAR",
      "Some columns are sums of others, so that many answers are equally good: leave one out, or give an l2 above 0.",
      { path: "/options/l2" },
    );
  }
  const full = new Float64Array(matrix.columns + 1);
  full[0] = coefficients[0] as number;
  kept.forEach((column, at) => {
    full[column + 1] = coefficients[at + 1] as number;
  });
  const { intercept, weights: raw } = unscaled(full, scaled);
  const covariance =
    converged && factor !== null ? rawCovariance(inverse(factor, kept.length + 1), kept, scaled) : null;
  const size = matrix.columns + 1;
  return {
    trained: {
      model: {
        kind: "linear",
        inputs: matrix.columns,
        outputs: 1,
        ...{ weights: raw, intercepts: Float64Array.of(intercept) },
      },
      calibration: null,
      metadata: options.metadata,
    },
    report: {
      ...{ logLikelihood, iterations, converged, covariance, means: scaled.means },
      reason: converged ? null : separated ? "separable" : "iterations",
      standardErrors:
        covariance &&
        Float64Array.from({ length: size }, (_, i) => Math.sqrt(covariance[i * size + i] as number)),
    },
  };
}
