import { type Curve, widthOf } from "./curve.js";

/** A normal distribution of a mean; the origin is what its points are counted from. */
export function normalCurve({ mean, sd }: { mean: number; sd: number }, origin = 0): Curve {
  const mode = mean - origin;
  const precision = 1 / (sd * sd);
  return {
    mode,
    scale: sd,
    logRatio: (point) => -0.5 * ((point - mode) / sd) ** 2,
    slope: (point) => (mode - point) * precision,
    halfWidth: (point, lift) =>
      widthOf(precision, (mode - point) * precision, Number.POSITIVE_INFINITY, lift),
  };
}
