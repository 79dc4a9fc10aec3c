import { requireInput } from "../check.js";
import type { Difference } from "../level.js";
import { type CupedSummary, type Moments, momentsOf, type Summary } from "./moments.js";
import type { Baseline } from "./baseline.js";
import { cuped } from "./cuped.js";

/** How far a treatment lies from the control, and how sure that is. */
export interface Effect {
  readonly value: number;
  /** Standard error of the value. */
  readonly se: number;
  /** Units of both, and the variance of the absolute difference's parts, for tests that need degrees of freedom. */
  readonly control: Moments;
  readonly treatment: Moments;
}

/**
 * Treatment − control, or by the delta method treatment / control − 1, with the standard error that the central limit theorem gives. For rates of few successes use
 * `credibleInterval`, which assumes nothing of the kind.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for sums that cannot be, and for a relative difference from 0
 */
export function effectOf(control: Summary, treatment: Summary, difference: Difference): Effect {
  if (control.type === "cuped" || treatment.type === "cuped") {
    requireInput(control.type === treatment.type, "/treatment/type", "Give both variants in the same form.");
    return cupedEffect(control as CupedSummary, treatment as CupedSummary, difference);
  }
  return differenceOf(momentsOf(control, "/control"), momentsOf(treatment, "/treatment"), difference);
}

/** What is said of an effect without an error: nothing tells how sure it is. */
export const UNTOLD = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY, p: 1 } as const;

/**
 * The effect with an error to test it by, which is 0 where nothing tells one. A few units that are all the same seem to have none: where all or none of an arm succeed the error of rates is at least that of both arms together, as
 * there would be without a difference, and a relative effect of −1 has the error that it would have at 0.
 */
export function testedEffect(control: Summary, treatment: Summary, difference: Difference): Effect {
  const effect = effectOf(control, treatment, difference);
  const { se, control: a, treatment: b } = effect;
  const scale = difference === "relative" ? Math.abs(a.mean) : 1;
  if (control.type === "proportion" && treatment.type === "proportion") {
    if (a.variance > 0 && b.variance > 0) return effect;
    const rate = (a.n * a.mean + b.n * b.mean) / (a.n + b.n);
    const together = Math.sqrt(rate * (1 - rate) * (1 / a.n + 1 / b.n));
    return { ...effect, se: Math.max(se, together / scale) };
  }
  // One unit does not tell by how much values vary.
  if (Math.min(a.n, b.n) < 2) return { ...effect, se: 0 };
  if (se > 0 || control.type === "cuped") return effect;
  return { ...effect, se: Math.sqrt(a.variance / a.n + b.variance / b.n) / scale };
}

function cupedEffect(control: CupedSummary, treatment: CupedSummary, difference: Difference): Effect {
  const adjusted = cuped(control, treatment);
  return differenceOf(adjusted.control, adjusted.treatment, difference, adjusted.baseline);
}

/** @param baseline where it is not the control's own mean */
export function differenceOf(
  control: Moments,
  treatment: Moments,
  difference: Difference,
  baseline?: Baseline,
): Effect {
  const apart = treatment.mean - control.mean;
  const ofControl = control.variance / control.n;
  const ofTreatment = treatment.variance / treatment.n;
  if (difference === "absolute")
    return { value: apart, se: Math.sqrt(ofControl + ofTreatment), control, treatment };
  const mean = baseline?.mean ?? control.mean;
  requireInput(
    mean !== 0,
    "/control",
    "The control's mean is 0, so nothing can be relative to it; ask for the absolute difference.",
  );
  const value = apart / mean;
  const { variance, covariance, uplift } = baseline ?? {
    variance: ofControl,
    covariance: ofControl,
    uplift: value,
  };
  const spread = ofControl + ofTreatment + uplift * uplift * variance + 2 * uplift * covariance;
  return { value, se: Math.sqrt(Math.max(0, spread)) / Math.abs(mean), control, treatment };
}
