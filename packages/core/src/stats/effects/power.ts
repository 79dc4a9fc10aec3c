import { requireInput } from "../check.js";
import { normalQuantile } from "../special/normal.js";

export interface SampleSizeInput {
  /** The control's rate, in (0, 1). */
  readonly baseline: number;
  /** The least uplift that should be found, relative to the baseline; below 0 for a drop. */
  readonly relativeUplift: number;
  /** Two-sided error of the first kind. Default 0.05. */
  readonly alpha?: number;
  /** How likely an uplift of that size is found. Default 0.8. */
  readonly power?: number;
}

export interface SampleSize {
  /** Units per variant, not rounded, with the variance of no difference under the null hypothesis. */
  readonly perVariant: number;
  /** The same with each variant's own variance throughout. */
  readonly perVariantUnpooled: number;
}

/**
 * How many units each of two variants needs to find a difference of rates in one look at the end (Fleiss, Levin and Paik 2003, section 4.2, without continuity correction).
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function sampleSize({
  baseline,
  relativeUplift,
  alpha = 0.05,
  power = 0.8,
}: SampleSizeInput): SampleSize {
  requireInput(baseline > 0 && baseline < 1, "/baseline", "Give a rate between 0 and 1.");
  const treated = baseline * (1 + relativeUplift);
  requireInput(
    treated > 0 && treated < 1 && treated !== baseline,
    "/relativeUplift",
    "Give an uplift other than 0 with which the rate stays between 0 and 1.",
  );
  requireInput(alpha > 0 && alpha < 1, "/alpha", "Give an error between 0 and 1, such as 0.05.");
  requireInput(power > 0 && power < 1, "/power", "Give a power between 0 and 1, such as 0.8.");
  const zAlpha = normalQuantile(1 - alpha / 2);
  const zPower = normalQuantile(power);
  const middle = (baseline + treated) / 2;
  const own = baseline * (1 - baseline) + treated * (1 - treated);
  const apart2 = (treated - baseline) ** 2;
  return {
    perVariant: (zAlpha * Math.sqrt(2 * middle * (1 - middle)) + zPower * Math.sqrt(own)) ** 2 / apart2,
    perVariantUnpooled: ((zAlpha + zPower) ** 2 * own) / apart2,
  };
}
