import type { Quantity } from "../posterior/difference.js";

/** Of a standard deviation, and of the way to what cannot be. */
const STEP = 1e-4;

/** How dense a belief is at a value, in no unit: as on the line of its curve, times how fast that line is passed there. 0 outside of what can be. */
export function densityAt({ curve, pointOf, support, variance }: Quantity, value: number): number {
  const room = Math.min(value - support.from, support.to - value);
  if (!(room > 0)) return 0;
  const step = STEP * Math.min(Math.sqrt(variance), room);
  const speed = (pointOf(value + step) - pointOf(value - step)) / (2 * step);
  return Math.exp(curve.logRatio(pointOf(value))) * speed;
}
