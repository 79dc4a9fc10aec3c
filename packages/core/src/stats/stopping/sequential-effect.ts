import { sequenceAt } from "../effects/always-valid.js";
import { quotientWithin } from "../models/quotient-interval.js";
import type { Contrast } from "../models/model.js";

/** How far a treatment lies from the control, as it may be looked at any number of times. */
export interface SequentialEffect {
  /** Treatment − control. */
  readonly value: number;
  readonly se: number;
  /** A confidence sequence: it holds at all looks at once. */
  readonly lower: number;
  readonly upper: number;
  /** Valid whenever one stops. Also 1 over an e-value, so that corrections for many comparisons may be made with it. */
  readonly p: number;
  /** The sequence of treatment / control − 1; null where the control may be 0. */
  readonly relative: { readonly lower: number; readonly upper: number } | null;
}

/** @throws never; where nothing varies there is no sequence, and null */
export function sequentialEffect(
  { control, treatment, baseline, errorOfNone = 0 }: Contrast,
  { alpha, tightestAt }: { alpha: number; tightestAt: number },
): SequentialEffect | null {
  const value = treatment.mean - control.mean;
  const [ofControl, ofTreatment] = [control.variance / control.n, treatment.variance / treatment.n];
  const se = Math.max(Math.sqrt(ofControl + ofTreatment), errorOfNone);
  if (!(se > 0)) return null;
  const { halfWidth, pOf } = sequenceAt(control.n + treatment.n, alpha, tightestAt);
  const half = se * halfWidth;
  // What CUPED has adjusted keeps its distance from the other, and is relative to what it was before.
  const relative = quotientWithin(
    { mean: baseline, variance: ofControl },
    { mean: baseline + value, variance: ofTreatment },
    halfWidth,
  );
  return {
    ...{ value, se, lower: value - half, upper: value + half, p: pOf(value / se) },
    relative: relative && { lower: relative.lower, upper: relative.upper },
  };
}
