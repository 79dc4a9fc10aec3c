import { type Curve, widthOf } from "./curve.js";

/** Points at equal distances. */
export interface Steps {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/**
 * ln ∫ exp(g), for a g that falls off at both ends: of smooth integrands on the whole line the plain sum over equal steps converges faster than any power of the
 * step (Trefethen and Weideman 2014).
 */
export function logIntegral({ from, to, step }: Steps, logOf: (at: number) => number): number {
  let highest = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let at = from; at <= to; at += step) {
    const log = logOf(at);
    if (log > highest) {
      sum = sum * Math.exp(highest - log) + 1;
      highest = log;
    } else if (log > Number.NEGATIVE_INFINITY) sum += Math.exp(log - highest);
  }
  return highest + Math.log(sum * step);
}

/** A curve whose density is an integral itself, so that its slopes are taken from differences. */
export function mixedCurve(
  logDensity: (point: number) => number,
  { mode, scale, tail }: { mode: number; scale: number; tail: number },
): Curve {
  const top = logDensity(mode);
  const step = 0.05 * scale;
  const slope = (point: number): number => (logDensity(point + step) - logDensity(point - step)) / (2 * step);
  return {
    ...{ mode, scale, slope },
    logRatio: (point) => logDensity(point) - top,
    halfWidth(point, lift) {
      const [left, here, right] = [logDensity(point - step), logDensity(point), logDensity(point + step)];
      const curvature = Math.max(0, (2 * here - left - right) / (step * step));
      return widthOf(
        curvature,
        (right - left) / (2 * step),
        0.25 * Math.hypot(point - mode, tail * scale),
        lift,
      );
    },
  };
}
