import { AttuneError } from "@attune/core";
import { portableLogistic } from "../../model/portable-exp.js";
import type { Calibration, TrainedModel } from "../../model/types.js";
import { checkLabels, checkWeights, weightByClass } from "../check-rows.js";
import type { Labels } from "../types.js";
import { isotonicBlocks } from "./isotonic.js";
import { plattScaling } from "./platt.js";

export interface CalibrationOptions {
  /** `platt` for few rows or a smooth curve, `isotonic` from some thousand rows on (default `platt`). */
  readonly method?: "platt" | "isotonic";
  /** What each row counts (default 1). */
  readonly weights?: ArrayLike<number>;
}

function isotonic(logOdds: Float64Array, labels: Uint8Array, weights: Float64Array): Calibration {
  const blocks = isotonicBlocks(logOdds.map(portableLogistic), labels, weights);
  const points = blocks.flatMap(({ from, to, value }) =>
    from === to
      ? [[from, value] as const]
      : ([
          [from, value],
          [to, value],
        ] as const),
  );
  return {
    method: "isotonic",
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => Math.min(1, Math.max(0, y))),
  };
}

/**
 * What turns log-odds into probabilities that hold, from log-odds of rows that the model has not learned from: those of rows kept back, or out-of-fold ones.
 * O(n log n).
 *
 * @param logOdds One a row, finite.
 * @param labels 0 or 1, one a row; both must occur.
 * @throws AttuneError `ATTUNE_ML_EMPTY_DATA`, `ATTUNE_ML_NOT_FINITE`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_ONE_CLASS`, `ATTUNE_ML_BAD_WEIGHTS`.
 */
export function fitCalibration(
  logOdds: Float64Array,
  labels: Labels,
  options: CalibrationOptions = {},
): Calibration {
  const { method = "platt" } = options;
  if (logOdds.length === 0)
    throw new AttuneError("ATTUNE_ML_EMPTY_DATA", "There are no rows to calibrate on.", { path: "/logOdds" });
  const bad = logOdds.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new AttuneError("ATTUNE_ML_NOT_FINITE", "A log-odds is NaN or infinite: leave such rows out.", {
      path: `/logOdds/${bad}`,
    });
  }
  const checked = checkLabels(labels, logOdds.length, 2);
  const weights = checkWeights(options.weights, logOdds.length);
  if (weightByClass(checked, weights, 2).includes(0)) {
    throw new AttuneError("ATTUNE_ML_ONE_CLASS", "All rows have one label: calibrate on rows of both.", {
      path: "/labels",
    });
  }
  if (method === "isotonic") return isotonic(logOdds, checked, weights);
  return { method: "platt", ...plattScaling(logOdds, checked, weights) };
}

/**
 * The model with a calibration, as {@link fitCalibration} fits it; one that it had is replaced.
 *
 * @throws AttuneError those of {@link fitCalibration}; `ATTUNE_ML_BAD_MODEL` for a model of several outputs.
 */
export function calibrate(
  trained: TrainedModel,
  on: { logOdds: Float64Array; labels: Labels },
  options: CalibrationOptions = {},
): TrainedModel {
  if (trained.metadata.outputs.length !== 1) {
    throw new AttuneError("ATTUNE_ML_BAD_MODEL", "A calibration is for a model of one output.", {
      path: "/metadata/outputs",
    });
  }
  return { ...trained, calibration: fitCalibration(on.logOdds, on.labels, options) };
}
