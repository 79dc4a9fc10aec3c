import { requireInput } from "../check.js";
import type { BetaShape } from "../posterior/beta-curve.js";
import { compareAll, comparePair, type PairComparison } from "../posterior/compare.js";
import type { Curve } from "../posterior/curve.js";
import { type Counts, rateAxis, ratePosterior } from "./posterior.js";

function pairOf(control: Counts, treatment: Counts, prior?: BetaShape): PairComparison {
  const { curves, ...axis } = rateAxis([
    ratePosterior(control, prior, "/control"),
    ratePosterior(treatment, prior, "/treatment"),
  ]);
  const [a, b] = curves as [Curve, Curve];
  return comparePair(a, b, axis);
}

/** One figure for each of two variants. */
export interface ForBoth {
  readonly control: number;
  readonly treatment: number;
}

/**
 * For two rates the probability that each is the higher one, by quadrature: to 1e-11, and the smaller one to 1e-8 of itself however small, up to billions of trials. Each is
 * computed by itself, not as 1 − the other.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function probabilityToBeat(control: Counts, treatment: Counts, prior?: BetaShape): ForBoth {
  const { aBeatsB, bBeatsA } = pairOf(control, treatment, prior);
  return { control: aBeatsB, treatment: bBeatsA };
}

/**
 * For two rates what is given up on average by choosing each: E[max(other − it, 0)], in the units of a rate.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function expectedLoss(control: Counts, treatment: Counts, prior?: BetaShape): ForBoth {
  const { lossOfA, lossOfB } = pairOf(control, treatment, prior);
  return { control: lossOfA, treatment: lossOfB };
}

/** By arm, in the order given. */
export interface BestOfArms {
  /** P(its rate is the highest). */
  readonly best: readonly number[];
  /** P(its rate is the second highest). */
  readonly secondBest: readonly number[];
  /** What is given up on average by choosing it: E[the highest − its own]. */
  readonly expectedLoss: readonly number[];
  /** Shares of top-two Thompson sampling with β = ½ (Russo 2020), in the limit of infinitely many draws: the mean of the first two. */
  readonly topTwoWeights: readonly number[];
}

/**
 * For any number of rates which is the best, all at once on one grid.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function probabilityToBeBest(arms: readonly Counts[], prior?: BetaShape): BestOfArms {
  const [first, ...others] = arms.map((arm, i) => ratePosterior(arm, prior, `/arms/${i}`));
  requireInput(first !== undefined, "/arms", "Give at least one arm.");
  if (others.length === 0) return { best: [1], secondBest: [0], expectedLoss: [0], topTwoWeights: [1] };
  const { curves, ...axis } = rateAxis([first, ...others]);
  const { best, second, loss } = compareAll(curves, axis);
  return {
    best,
    secondBest: second,
    expectedLoss: loss,
    topTwoWeights: best.map((share, k) => (share + (second[k] as number)) / 2),
  };
}

/** Shares with a floor under each, so that no arm is given up: f + (1 − K f) w, for K arms. */
export const withFloor = (weights: readonly number[], floor: number): number[] =>
  weights.map((weight) => floor + (1 - weights.length * floor) * weight);
