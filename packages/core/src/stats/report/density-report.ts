import type { Model } from "../models/model.js";
import type { ArmReport, DensityReport } from "./report.js";

const POINTS = 61;
/** Left out on each side. */
const TAIL = 0.0005;
const DIGITS = 6;

/** The belief as it is drawn: by its own curve, whatever the model is. */
function densityOf(model: Model, arm: number): DensityReport | null {
  const { lower: from, upper: to } = model.own(arm, TAIL);
  const step = (to - from) / (POINTS - 1);
  if (!(step > 0) || !Number.isFinite(step)) return null;
  const raw = Array.from({ length: POINTS }, (_, i) => model.density(arm, from + i * step));
  const area =
    raw.reduce((sum, height, i) => sum + (i === 0 || i === POINTS - 1 ? height / 2 : height), 0) * step;
  if (!(area > 0) || !Number.isFinite(area)) return null;
  const heights = raw.map((height) => Number(((height / area) * (1 - 2 * TAIL)).toPrecision(DIGITS)));
  return { from, to, heights };
}

/** Arms with what their beliefs look like. */
export const withDensities = (model: Model, arms: readonly ArmReport[]): ArmReport[] =>
  arms.map((arm, i) => {
    const density = densityOf(model, i);
    return density === null ? arm : { ...arm, density };
  });
