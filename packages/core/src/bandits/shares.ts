import { probabilityToBeBest, withFloor } from "../stats/index.js";
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
  floored(arms, options, ({ best }) => best);

/**
 * Top-two Thompson sampling with β = ½ (Russo 2020) as shares: the best arm is played half of the time and its most likely rival the other half, which finds the best sooner where finding it is what
 * counts.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export const topTwoThompson = (arms: BernoulliArms, options: SharesOptions = {}): number[] =>
  floored(arms, options, ({ topTwoWeights }) => topTwoWeights);

function floored(
  arms: BernoulliArms,
  { floor = 0.01 }: SharesOptions,
  sharesOf: (found: ReturnType<typeof probabilityToBeBest>) => readonly number[],
): number[] {
  requireInput(arms.length > 0, "/arms", "Give at least one arm.");
  requireInput(
    floor >= 0 && floor * arms.length <= 1,
    "/floor",
    "Give a floor of 0 or more that leaves room for all arms.",
  );
  for (const [i, { alpha, beta }] of arms.entries())
    requireInput(
      alpha > 0 && beta > 0 && Number.isFinite(alpha + beta),
      `/arms/${i}`,
      "Give alpha and beta above 0.",
    );
  // A posterior is a prior without counts.
  const shares = sharesOf(bestOf(arms));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return withFloor(
    shares.map((share) => share / total),
    floor,
  );
}

const bestOf = (arms: BernoulliArms): ReturnType<typeof probabilityToBeBest> => {
  const least = arms.reduce(
    (least, { alpha, beta }) => Math.min(least, alpha, beta),
    Number.POSITIVE_INFINITY,
  );
  const prior = { alpha: least, beta: least };
  return probabilityToBeBest(
    arms.map(({ alpha, beta }) => ({ successes: alpha - least, trials: alpha - least + (beta - least) })),
    prior,
  );
};
