import { AttuneError } from "@attune/core";
import { checkLabels } from "../check-rows.js";
import type { Labels } from "../types.js";
import { ofMean, twoSided, wilson } from "./intervals.js";
import type { Measured } from "./types.js";

/** How well shares of several classes tell labels of 0 … k − 1. */
export interface ClassMetrics {
  readonly rows: number;
  /** Share of rows whose class has the greatest share; Wilson interval. Beside it that of always naming the most frequent class. */
  readonly accuracy: Measured;
  readonly majority: number;
  /** Mean over the classes that occur of the share of their rows told right. */
  readonly balancedAccuracy: number;
  readonly logLoss: Measured;
  /** k × k, row-major: rows of a class (first) that were called another (second). */
  readonly confusion: Float64Array;
}

/**
 * @param shares n × classes, row-major, each row a distribution.
 * @throws AttuneError `ATTUNE_ML_EMPTY_DATA`, `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_BAD_SCORES`, `ATTUNE_ML_BAD_LABELS`.
 */
export function classMetrics(
  shares: Float64Array,
  labels: Labels,
  classes: number,
  level = 0.95,
): ClassMetrics {
  const rows = labels.length;
  if (rows === 0)
    throw new AttuneError("ATTUNE_ML_EMPTY_DATA", "There are no rows to measure.", { path: "/labels" });
  if (shares.length !== rows * classes) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `${rows} rows of ${classes} classes need ${rows * classes} shares.`,
      {
        path: "/shares",
      },
    );
  }
  const bad = shares.findIndex((share) => !(share >= 0 && share <= 1));
  if (bad >= 0) {
    throw new AttuneError("ATTUNE_ML_BAD_SCORES", "A share is a probability in [0, 1].", {
      path: `/shares/${bad}`,
    });
  }
  const truth = checkLabels(labels, rows, classes);
  const confusion = new Float64Array(classes * classes);
  const losses = new Float64Array(rows);
  truth.forEach((label, i) => {
    const own = shares.subarray(i * classes, (i + 1) * classes);
    (confusion[label * classes + own.indexOf(Math.max(...own))] as number)++;
    losses[i] = -Math.log(Math.max(1e-15, own[label] as number));
  });
  const of = Array.from({ length: classes }, (_, k) => ({
    right: confusion[k * classes + k] as number,
    rows: confusion.subarray(k * classes, (k + 1) * classes).reduce((a, b) => a + b, 0),
  }));
  const present = of.filter((one) => one.rows > 0);
  const z = twoSided(level);
  return {
    rows,
    accuracy: wilson(
      of.reduce((sum, { right }) => sum + right, 0),
      rows,
      z,
    ) as Measured,
    majority: Math.max(...of.map((one) => one.rows)) / rows,
    balancedAccuracy: present.reduce((sum, one) => sum + one.right / one.rows, 0) / present.length,
    logLoss: ofMean(losses, z),
    confusion,
  };
}
