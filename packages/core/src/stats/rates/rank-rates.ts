import { requireInput } from "../check.js";
import type { BetaShape } from "../posterior/beta-curve.js";
import { rankShares } from "../posterior/rank-shares.js";
import { rateAxis } from "./posterior.js";

/**
 * For any number of rates of which betas are known: by rank, the highest first, and then by arm, P(its rate has this rank). Within 1e-12, by quadrature; a probability below
 * 1e-9 is not refined, as those of `probabilityToBeBest` are, and nothing else is computed, so this is what shares are made of: ten arms of 1,000 outcomes each take a tenth of its time.
 *
 * @param ranks how many ranks, from 1 to the number of arms (default 1: the highest only)
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function rankProbabilities(posteriors: readonly BetaShape[], ranks = 1): number[][] {
  const [first, ...others] = posteriors;
  requireInput(first !== undefined, "/posteriors", "Give at least one arm.");
  requireInput(
    Number.isInteger(ranks) && ranks > 0 && ranks <= posteriors.length,
    "/ranks",
    "Give a number of ranks from 1 to the number of arms.",
  );
  for (const [i, { alpha, beta }] of posteriors.entries())
    requireInput(
      alpha > 0 && beta > 0 && Number.isFinite(alpha + beta),
      `/posteriors/${i}`,
      "Give alpha and beta above 0.",
    );
  if (others.length === 0) return [[1]];
  const { curves, ...axis } = rateAxis([first, ...others]);
  return rankShares(curves, axis, ranks);
}
