import { AttuneError } from "@attune/core";
import { portableLogistic } from "./portable-exp.js";
import type { Calibration } from "./types.js";

/** Value at `at` of the line through the points, flat beyond them. O(log n). */
function interpolated(x: Float64Array, y: Float64Array, at: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  if (low === x.length) return y[low - 1] as number;
  if (low === 0) return y[0] as number;
  const [x0, x1, y0, y1] = [x[low - 1], x[low], y[low - 1], y[low]] as [number, number, number, number];
  return at === x1 ? y1 : y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

function checkIsotonic(x: Float64Array, y: Float64Array): void {
  const rises = x.every((value, i) => i === 0 || value > (x[i - 1] as number));
  if (x.length > 0 && x.length === y.length && rises && y.every((value) => value >= 0 && value <= 1)) return;
  throw new AttuneError(
    "ATTUNE_ML_BAD_MODEL",
    "An isotonic calibration needs points at rising x, each with a y in [0, 1]: calibrate the model again.",
    { path: "/calibration" },
  );
}

/**
 * What turns a log-odds into a probability: the calibration, or the logistic function where there is none. The same to the last bit in every engine.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_MODEL` if the calibration is no calibration.
 */
export function probabilityOf(calibration: Calibration | null): (logOdds: number) => number {
  if (calibration === null) return portableLogistic;
  if (calibration.method === "platt") {
    const { slope, intercept } = calibration;
    if (!(Number.isFinite(slope) && Number.isFinite(intercept))) {
      throw new AttuneError(
        "ATTUNE_ML_BAD_MODEL",
        "Slope and intercept of the calibration must be finite: calibrate the model again.",
        { path: "/calibration" },
      );
    }
    return (logOdds) => portableLogistic(slope * logOdds + intercept);
  }
  const { x, y } = calibration;
  checkIsotonic(x, y);
  return (logOdds) => interpolated(x, y, portableLogistic(logOdds));
}
