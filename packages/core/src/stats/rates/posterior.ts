import { isCount, requireInput } from "../check.js";
import type { Axis } from "../posterior/axis.js";
import { type BetaShape, betaCurve } from "../posterior/beta-curve.js";
import type { Curve } from "../posterior/curve.js";

/** What was seen of one variant: how many of how many. */
export interface Counts {
  readonly successes: number;
  readonly trials: number;
}

/** Every rate is as likely as any other (Bayes and Laplace). */
export const UNIFORM_PRIOR: BetaShape = { alpha: 1, beta: 1 };

/** Less is as good as nothing known, more as good as certain; far beyond both, densities are no numbers any more. */
const isPriorCount = (value: number): boolean => value >= 1e-9 && value <= 1e12;

/**
 * What is known of a rate after the counts: Beta(α + successes, β + failures).
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for counts or a prior that cannot be
 */
export function ratePosterior(
  { successes, trials }: Counts,
  prior: BetaShape = UNIFORM_PRIOR,
  path = "",
): BetaShape {
  requireInput(isCount(successes), `${path}/successes`, "Give how many succeeded: 0 or more.");
  requireInput(
    isCount(trials) && successes <= trials,
    `${path}/trials`,
    "Give how many there were: not fewer than succeeded.",
  );
  requireInput(
    isPriorCount(prior.alpha) && isPriorCount(prior.beta),
    "/prior",
    "Give a prior with alpha and beta from 1e-9 to 1e12, such as 1 and 1.",
  );
  return { alpha: prior.alpha + successes, beta: prior.beta + (trials - successes) };
}

/** Rates on one axis: offsets from the logit of the first one's mean. */
export interface RateAxis extends Axis {
  readonly curves: readonly Curve[];
}

export function rateAxis(posteriors: readonly [BetaShape, ...BetaShape[]]): RateAxis {
  const origin = posteriors[0];
  const absolute = Math.log(origin.alpha / origin.beta);
  return {
    // As in the curves themselves.
    reach: (point) => 0.39 * Math.sqrt((point + absolute) ** 2 + Math.PI ** 2),
    curves: posteriors.map((posterior) => betaCurve(posterior, origin)),
    stretch(point) {
      const odds = Math.exp(-Math.abs(point + absolute));
      return odds / ((1 + odds) * (1 + odds));
    },
  };
}
