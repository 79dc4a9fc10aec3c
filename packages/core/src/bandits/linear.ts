import { probabilityToBeBestMean, withFloor } from "../stats/index.js";
import { requireInput } from "./arms.js";
import { dot, identity, type Matrix, quadratic, times } from "./matrix.js";
import { requireFloor, type SharesOptions } from "./shares.js";

/** What one arm has taught of how reward depends on context: θ is normal around `theta` with the covariance times the noise's variance. */
export interface LinearArm {
  /** (λI + Σ x xᵀ)⁻¹ */
  readonly covariance: Matrix;
  /** Σ reward × x */
  readonly rewards: readonly number[];
  readonly theta: readonly number[];
}

/**
 * Ridge regression before anything was seen.
 *
 * @param dimension length of a context
 * @param lambda how strongly θ is drawn to 0, above 0
 */
export function newLinearArm(dimension: number, lambda = 1): LinearArm {
  requireInput(Number.isInteger(dimension) && dimension > 0, "/dimension", "Give the length of a context.");
  requireInput(lambda > 0, "/lambda", "Give a lambda above 0.");
  return {
    covariance: identity(dimension, 1 / lambda),
    rewards: new Array<number>(dimension).fill(0),
    theta: new Array<number>(dimension).fill(0),
  };
}

function requireContext({ theta }: Pick<LinearArm, "theta">, context: readonly number[]): void {
  requireInput(context.length === theta.length, "/context", `Give a context of ${theta.length} numbers.`);
  for (const [i, value] of context.entries())
    requireInput(Number.isFinite(value), `/context/${i}`, "Give a finite number.");
}

/** One outcome more, in d² steps (Sherman and Morrison 1950). */
export function updateLinearArm(arm: LinearArm, context: readonly number[], reward: number): LinearArm {
  requireContext(arm, context);
  requireInput(Number.isFinite(reward), "/reward", "Give a finite reward.");
  const moved = times(arm.covariance, context);
  const scale = 1 + dot(context, moved);
  const covariance = arm.covariance.map((row, i) =>
    row.map((value, j) => value - ((moved[i] as number) * (moved[j] as number)) / scale),
  );
  const rewards = arm.rewards.map((sum, i) => sum + reward * (context[i] as number));
  return { covariance, rewards, theta: times(covariance, rewards) };
}

export interface UpperBound {
  readonly mean: number;
  readonly width: number;
  /** mean + alpha × width */
  readonly bound: number;
}

/** LinUCB's score of an arm in a context (Li, Chu, Langford and Schapire 2010): the arm with the highest bound is played. */
export function linUcb(arm: LinearArm, context: readonly number[], alpha = 1): UpperBound {
  requireContext(arm, context);
  const mean = dot(arm.theta, context);
  const width = Math.sqrt(Math.max(0, quadratic(arm.covariance, context)));
  return { mean, width, bound: mean + alpha * width };
}

/**
 * Linear Thompson sampling as shares (Agrawal and Goyal 2013): in a given context each arm's mean reward is normal, and an arm gets its probability of being the best, exactly.
 *
 * @param noise standard deviation of rewards around their mean. Default 0.5, the most that a reward of 0 or 1 can have.
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function linearThompson(
  arms: readonly LinearArm[],
  context: readonly number[],
  { floor = 0.01, noise = 0.5 }: SharesOptions & { noise?: number } = {},
): number[] {
  requireInput(arms.length > 0, "/arms", "Give at least one arm.");
  requireFloor(floor, arms.length);
  requireInput(noise > 0, "/noise", "Give a standard deviation above 0.");
  const beliefs = arms.map((arm) => {
    const { mean, width } = linUcb(arm, context);
    return { mean, sd: noise * Math.max(width, Number.EPSILON) };
  });
  return withFloor(probabilityToBeBestMean(beliefs).best, floor);
}
