import { requireInput } from "./arms.js";
import type { LinearArm } from "./linear.js";
import type { LogisticModel } from "./logistic.js";
import type { Matrix } from "./matrix.js";
import { requireFloor } from "./shares.js";

/** As much of a ruleset's contextual policy as is learned; whatever else it has stays as it is. */
export interface BeliefsPolicy {
  readonly type: "contextual";
  /** A context is a constant 1 and then one number for each of these. */
  readonly context: readonly unknown[];
  readonly arms: Readonly<
    Record<string, { readonly mean: readonly number[]; readonly covariance: readonly number[] }>
  >;
  readonly floor?: number;
}

export interface ContextualPolicyOptions {
  /** The least share of each variant; default: the policy's own. */
  readonly floor?: number;
  /** Of linear arms: standard deviation of rewards around their mean. Default 0.5, the most that a reward of 0 or 1 can have. */
  readonly noise?: number;
  /**
   * How widely beliefs are spread for the sake of exploring, as a multiple of their standard deviations, above 0: 1 is Thompson sampling as it stands, which explores more than pays off where there are many weights to
   * learn (Chapelle and Li 2011). Default 0.5, by simulation.
   */
  readonly exploration?: number;
}

/**
 * From what was learned of each variant to a ruleset's contextual policy: what is believed of the weights of its score, which is the log odds of logistic arms and the reward of linear ones; the highest
 * score is the same variant either way, so each visitor's shares are P(it is the best for this context).
 *
 * Each update is new content, hence a new policy version. The decision keeps the propensity it was made with, since the shares also depend on the visitor.
 *
 * @param current its context says what the numbers of a context mean; arms must have been learned with the same
 * @param arms by variant: all logistic or all linear
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function contextualPolicy<P extends BeliefsPolicy>(
  current: P,
  arms: Readonly<Record<string, LogisticModel | LinearArm>>,
  { floor, noise = 0.5, exploration = 0.5 }: ContextualPolicyOptions = {},
): P {
  const entries = Object.entries(arms);
  const dimension = current.context.length + 1;
  requireInput(entries.length > 0, "/arms", "Give at least one arm.");
  requireInput(noise > 0, "/noise", "Give a standard deviation above 0.");
  requireInput(exploration > 0, "/exploration", "Give a multiple above 0.");
  const least = floor ?? current.floor;
  if (least !== undefined) requireFloor(least, entries.length);
  const linear = entries.filter(([, arm]) => "theta" in arm).length;
  requireInput(
    linear === 0 || linear === entries.length,
    "/arms",
    "Give arms of one kind: log odds and rewards cannot be compared.",
  );
  const beliefs = entries.map(([variant, arm]) => {
    const mean = "theta" in arm ? arm.theta : arm.weights;
    requireInput(
      mean.length === dimension && mean.every(Number.isFinite),
      `/arms/${variant}`,
      `Give an arm that was learned with contexts of ${dimension} numbers: 1, then the policy's.`,
    );
    const scale = exploration ** 2 * ("theta" in arm ? noise ** 2 : 1);
    return [variant, { mean: [...mean], covariance: lowerTriangle(arm.covariance, scale) }] as const;
  });
  return {
    ...current,
    arms: Object.fromEntries(beliefs),
    ...(least !== undefined && { floor: least }),
  };
}

/** Row by row up to the diagonal. */
const lowerTriangle = (matrix: Matrix, scale: number): number[] =>
  matrix.flatMap((row, i) => row.slice(0, i + 1).map((value) => scale * value));
