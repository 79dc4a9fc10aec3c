import { rankProbabilities, withFloor } from "../stats/index.js";
import { type BernoulliArms, requireInput } from "./arms.js";

export interface SharesOptions {
  /** The least share of each arm, so that none is given up for good and every outcome has a known propensity above 0. Default 0.01. */
  readonly floor?: number;
}

/**
 * Thompson sampling as shares: each arm gets what its probability of being the best comes to, exactly, so that the propensity of each assignment is known and a hash of the visitor can assign. By
 * quadrature; no draws.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export const thompson = (arms: BernoulliArms, options: SharesOptions = {}): number[] =>
  floored(arms, options, (arms) => rankProbabilities(arms)[0] as number[]);

/**
 * Top-two Thompson sampling with β = ½ (Russo 2020) as shares: the best arm is played half of the time and its most likely rival the other half, which finds the best sooner where finding it is what
 * counts.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export const topTwoThompson = (arms: BernoulliArms, options: SharesOptions = {}): number[] =>
  floored(arms, options, (arms) => {
    const [best = [], second] = rankProbabilities(arms, Math.min(2, arms.length));
    return best.map((share, i) => share + (second?.[i] ?? 0));
  });

function floored(
  arms: BernoulliArms,
  { floor = 0.01 }: SharesOptions,
  weightsOf: (arms: BernoulliArms) => readonly number[],
): number[] {
  requireInput(arms.length > 0, "/arms", "Give at least one arm.");
  requireFloor(floor, arms.length);
  for (const [i, { alpha, beta }] of arms.entries())
    requireInput(
      alpha > 0 && beta > 0 && Number.isFinite(alpha + beta),
      `/arms/${i}`,
      "Give alpha and beta above 0.",
    );
  const weights = weightsOf(arms);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return withFloor(
    weights.map((weight) => weight / total),
    floor,
  );
}

/** @throws AttuneError `ATTUNE_BANDIT_INPUT` */
export const requireFloor = (floor: number, arms: number): void =>
  requireInput(
    floor >= 0 && floor * arms <= 1,
    "/floor",
    "Give a floor of 0 or more that leaves room for all arms.",
  );
