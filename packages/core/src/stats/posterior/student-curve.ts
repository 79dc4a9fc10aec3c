import { type Curve, widthOf } from "./curve.js";

export interface StudentShape {
  readonly mean: number;
  /** Of the distribution with variance df / (df − 2), where that exists. */
  readonly scale: number;
  /** Degrees of freedom, above 0. */
  readonly df: number;
}

/** Student's t, moved and scaled. Its density has poles at ±i √df scales from its middle. */
export function studentCurve({ mean, scale, df }: StudentShape, origin = 0): Curve {
  const mode = mean - origin;
  const slope = (point: number): number => {
    const z = (point - mode) / scale;
    return (-(df + 1) * z) / (df + z * z) / scale;
  };
  return {
    mode,
    scale,
    logRatio: (point) => -0.5 * (df + 1) * Math.log1p(((point - mode) / scale) ** 2 / df),
    slope,
    halfWidth(point, lift) {
      const z = (point - mode) / scale;
      const curvature = (df + 1) / df / (scale * scale);
      return widthOf(
        curvature / (1 + (z * z) / df),
        slope(point),
        0.25 * scale * Math.sqrt(df + z * z),
        lift,
      );
    },
  };
}
