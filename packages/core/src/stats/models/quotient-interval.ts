import type { Interval, Quantity } from "../posterior/difference.js";
import { normalQuantile } from "../special/normal.js";

/**
 * Treatment / control − 1 of two nearly normal values that may have either sign (Fieller 1954): all k for which treatment − (1 + k) control may be 0. Unlike the delta method
 * it allows for a control that is not well known.
 *
 * @returns null where the control itself may be 0 or below, since then no k is out of the question
 */
export function quotientInterval(
  control: Pick<Quantity, "mean" | "variance">,
  treatment: Pick<Quantity, "mean" | "variance">,
  tail: number,
): Interval | null {
  return quotientWithin(control, treatment, normalQuantile(1 - tail));
}

/** The same, so many standard errors wide on each side. */
export function quotientWithin(
  { mean: a, variance: ofA }: Pick<Quantity, "mean" | "variance">,
  { mean: b, variance: ofB }: Pick<Quantity, "mean" | "variance">,
  errors: number,
): Interval | null {
  const square = errors * errors;
  const room = a * a - square * ofA;
  if (!(a > 0 && room > 0)) return null;
  const middle = (a * b) / room;
  const half = Math.sqrt(Math.max(0, a * a * b * b - room * (b * b - square * ofB))) / room;
  return { lower: middle - half - 1, median: b / a - 1, upper: middle + half - 1 };
}
