import { requireInput } from "../check.js";
import { LINEAR } from "../posterior/axis.js";
import { compareAll } from "../posterior/compare.js";
import { normalCurve } from "../posterior/normal-curve.js";
import type { BestOfArms } from "../rates/compare-rates.js";

/** A mean that is normally distributed. */
export interface NormalBelief {
  readonly mean: number;
  readonly sd: number;
}

/**
 * Which of several means is the best: the highest, or with `lowerIsBetter` the lowest.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function probabilityToBeBestMean(
  arms: readonly NormalBelief[],
  { lowerIsBetter = false }: { lowerIsBetter?: boolean } = {},
): BestOfArms {
  requireInput(arms.length > 0, "/arms", "Give at least one arm.");
  for (const [i, { mean, sd }] of arms.entries()) {
    requireInput(Number.isFinite(mean), `/arms/${i}/mean`, "Give a finite mean.");
    requireInput(Number.isFinite(sd) && sd > 0, `/arms/${i}/sd`, "Give a standard deviation above 0.");
  }
  const sign = lowerIsBetter ? -1 : 1;
  const origin = sign * (arms[0] as NormalBelief).mean;
  const curves = arms.map(({ mean, sd }) => normalCurve({ mean: sign * mean, sd }, origin));
  const { best, second, loss } = compareAll(curves, LINEAR);
  return {
    best,
    secondBest: second,
    expectedLoss: loss,
    topTwoWeights: best.map((share, k) => (share + (second[k] as number)) / 2),
  };
}
