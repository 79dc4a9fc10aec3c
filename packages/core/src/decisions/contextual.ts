import { reader } from "../targeting/path.js";
import type { Attributes } from "../targeting/types.js";
import { type NormalScore, probabilityHighest } from "./highest-score.js";
import type { ContextFeature, ContextualArm, ContextualPolicy } from "./types.js";

/** The least share of an arm where a policy names none. */
const DEFAULT_FLOOR = 0.01;

/**
 * Reads a visitor's context: 1, then each attribute as (value − centre) / scale. What is missing or no finite number counts as the centre, hence 0. What learns the weights must read
 * contexts by this function too.
 */
export function contextReader(features: readonly ContextFeature[]): (attributes: Attributes) => number[] {
  const reads = features.map(({ attribute, centre = 0, scale = 1 }) => {
    const read = reader(attribute);
    return (attributes: Attributes): number => {
      const value = read(attributes);
      const scaled = typeof value === "number" ? (value - centre) / scale : 0;
      return Number.isFinite(scaled) ? scaled : 0;
    };
  });
  return (attributes) => [1, ...reads.map((read) => read(attributes))];
}

/** What is believed of an arm's score in a context: xᵀm, and xᵀΣx of the covariance whose lower triangle is given. */
export function scoreOf({ mean, covariance }: ContextualArm, context: readonly number[]): NormalScore {
  let expected = 0;
  let variance = 0;
  let at = 0;
  for (let i = 0; i < context.length; i++) {
    const x = context[i] as number;
    expected += x * (mean[i] as number);
    for (let j = 0; j <= i; j++, at++)
      variance += (i === j ? 1 : 2) * x * (context[j] as number) * (covariance[at] as number);
  }
  return { mean: expected, sd: Math.sqrt(Math.max(0, variance)) };
}

/**
 * The share of each arm for a visitor: its probability of having the highest score, with a floor. By sums, products, quotients and roots alone and always in the same order, so that
 * every engine comes to the same bits.
 *
 * @returns One share per arm in the order of `arms`; they sum to 1 (± 1e-12)
 */
export function contextualShares(policy: ContextualPolicy): (attributes: Attributes) => number[] {
  const arms = Object.values(policy.arms);
  const read = contextReader(policy.context);
  const floor = Math.min(policy.floor ?? DEFAULT_FLOOR, 1 / arms.length);
  return (attributes) => {
    const context = read(attributes);
    const best = probabilityHighest(arms.map((arm) => scoreOf(arm, context)));
    return best.map((share) => floor + (1 - arms.length * floor) * share);
  };
}
