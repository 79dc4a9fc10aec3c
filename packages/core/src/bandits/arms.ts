import { inputCheck, type RequireInput } from "../kernel/input.js";
import type { BetaShape } from "../stats/index.js";

/** What is known of each arm's rate of success: a beta distribution. */
export type BernoulliArms = readonly BetaShape[];

/** What was seen of an arm since it was last updated. */
export interface ArmBatch {
  readonly arm: number;
  readonly successes: number;
  readonly trials: number;
}

/** @throws AttuneError `ATTUNE_BANDIT_INPUT` at `path` */
export const requireInput: RequireInput = inputCheck("ATTUNE_BANDIT_INPUT");

export const UNIFORM: BetaShape = { alpha: 1, beta: 1 };

/** Arms of which nothing is known yet. */
export const newArms = (count: number, prior: BetaShape = UNIFORM): BetaShape[] =>
  Array.from({ length: count }, () => prior);

/**
 * What is known after batches: successes are added to α, failures to β, in any order.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function updateArms(arms: BernoulliArms, batches: readonly ArmBatch[]): BetaShape[] {
  const updated = [...arms];
  for (const [i, { arm, successes, trials }] of batches.entries()) {
    const before = updated[arm];
    requireInput(before !== undefined, `/batches/${i}/arm`, "Name an arm that is there.");
    requireInput(
      successes >= 0 && trials >= successes && Number.isFinite(trials),
      `/batches/${i}`,
      "Give how many succeeded and how many there were: not fewer.",
    );
    updated[arm] = { alpha: before.alpha + successes, beta: before.beta + (trials - successes) };
  }
  return updated;
}

/**
 * Forgets: everything that was learned beyond the prior counts `keep` as much, for all arms at once (discounted Thompson sampling, Raj and Kalyani 2017). Before each
 * batch, for worlds that drift.
 *
 * @param keep in [0, 1]; 1 forgets nothing
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function discounted(arms: BernoulliArms, keep: number, prior: BetaShape = UNIFORM): BetaShape[] {
  requireInput(keep >= 0 && keep <= 1, "/keep", "Give a share from 0 to 1.");
  return arms.map(({ alpha, beta }) => ({
    alpha: prior.alpha + keep * (alpha - prior.alpha),
    beta: prior.beta + keep * (beta - prior.beta),
  }));
}

/**
 * The same arms, of which it was believed beforehand that they are about as good as all of them together have been, with the weight of one success (of one failure, where most succeed), instead of that all rates
 * are alike. Where rates are low, as those of clicks and orders are, the uniform prior takes each arm for one that half of the visitors choose until some dozens did not, which costs a tenth to a quarter more
 * regret on ten such arms; no such arm is ever shut out, since the prior's own weight is one success only.
 *
 * @param arms from the uniform prior
 */
export function pooledPrior(arms: BernoulliArms): BetaShape[] {
  let [successes, failures] = [1, 1];
  for (const { alpha, beta } of arms) {
    successes += alpha - UNIFORM.alpha;
    failures += beta - UNIFORM.beta;
  }
  const prior = { alpha: Math.max(1, successes / failures), beta: Math.max(1, failures / successes) };
  return arms.map(({ alpha, beta }) => ({
    alpha: prior.alpha + alpha - UNIFORM.alpha,
    beta: prior.beta + beta - UNIFORM.beta,
  }));
}

/** One outcome of one arm. */
export interface Outcome {
  readonly arm: number;
  /** 0 or 1. */
  readonly reward: number;
}

/** What is known when only the last `window` outcomes of all arms count (Trovò et al. 2020). */
export function slidingWindow(
  count: number,
  outcomes: readonly Outcome[],
  window: number,
  prior: BetaShape = UNIFORM,
): BetaShape[] {
  requireInput(Number.isInteger(window) && window > 0, "/window", "Give a number of outcomes above 0.");
  const batches = outcomes.slice(-window).map(({ arm, reward }) => ({ arm, successes: reward, trials: 1 }));
  return updateArms(newArms(count, prior), batches);
}
