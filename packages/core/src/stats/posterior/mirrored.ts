import type { Axis } from "./axis.js";
import type { Curve } from "./curve.js";

/** The distribution of −X, so that the lowest becomes the highest. */
export const mirrored = ({ mode, scale, logRatio, slope, halfWidth }: Curve): Curve => ({
  mode: -mode,
  scale,
  logRatio: (point) => logRatio(-point),
  slope: (point) => -slope(-point),
  halfWidth: (point, lift) => halfWidth(-point, lift),
});

export const mirroredAxis = ({ stretch, reach }: Axis): Axis => ({
  stretch: (point) => stretch(-point),
  reach: (point) => reach(-point),
});

/** The same distribution with points counted from elsewhere. */
export const shifted = (curve: Curve, by: number): Curve => ({
  mode: curve.mode + by,
  scale: curve.scale,
  logRatio: (point) => curve.logRatio(point - by),
  slope: (point) => curve.slope(point - by),
  halfWidth: (point, lift) => curve.halfWidth(point - by, lift),
});
