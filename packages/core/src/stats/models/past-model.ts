import { adjusted, thetaOf } from "../effects/cuped.js";
import { type CupedSummary, varianceOf } from "../effects/moments.js";
import { requireInput } from "../check.js";
import type { Model } from "./model.js";
import { cupedModel } from "./normal-model.js";
import type { CountSums, PastSums, RevenueSums } from "./sums.js";

/**
 * Units that something has to be known of before it is taken out, all arms together. θ is one number that is learned from them: of a handful it would fit the chance of those few and take the difference of
 * their values for certain. Counted as an effective number, (Σx)² / Σx² (Kish 1965, 8.2), so that one who bought for a fortune is one.
 */
const LEAST = 100;

export type WithPast = (RevenueSums | CountSums) & { readonly before: PastSums };

/** The same sums as pairs of before and after. */
export function asPairs(sums: WithPast): CupedSummary {
  const { before, n } = sums;
  const [postSum, postSumSquares] =
    sums.type === "revenue" ? [sums.sum, sums.sumSquares] : [sums.events, sums.sumSquares ?? Number.NaN];
  return {
    ...{ type: "cuped", n, postSum, postSumSquares },
    ...{ preSum: before.sum, preSumSquares: before.sumSquares, sumProducts: before.sumProducts },
  };
}

/**
 * Arms of which it was summed up what was before: means with that taken out (CUPED). Null where there is no past, where it is of too few to learn from, or where nothing is left that varies: what is believed is then
 * what it would be without.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` where some arms have a past and others none
 */
export function pastModel(arms: readonly (RevenueSums | CountSums)[]): Model | null {
  const withPast = arms.filter((arm): arm is WithPast => arm.before !== undefined);
  if (withPast.length === 0) return null;
  requireInput(
    withPast.length === arms.length,
    `/arms/${arms.findIndex(({ before }) => before === undefined)}/before`,
    "Give what was before of all variants, or of none.",
  );
  const pairs = withPast.map(asPairs);
  const sum = pairs.reduce((total, { preSum }) => total + preSum, 0);
  const squares = pairs.reduce((total, { preSumSquares }) => total + preSumSquares, 0);
  if (!(squares > 0) || (sum * sum) / squares < LEAST) return null;
  const theta = thetaOf(pairs);
  const varies = pairs.every(
    (pair) => varianceOf(pair.n, pair.postSum, pair.postSumSquares) > 0 && adjusted(pair, theta).variance > 0,
  );
  if (!varies) return null;
  const model = cupedModel(pairs);
  const eventsOf = (arm: number): number => {
    const own = arms[arm] as RevenueSums | CountSums;
    return own.type === "revenue" ? own.buyers : own.events;
  };
  return {
    ...model,
    // A large sample is one of events here too, whatever is taken out of them.
    contrast: (c, t) => ({ ...model.contrast(c, t), events: eventsOf(c) + eventsOf(t) }),
  };
}
