import { requireInput } from "./arms.js";
import type { LinearArm } from "./linear.js";
import { cholesky, identity, inverseOf, type Matrix, times } from "./matrix.js";

/** All that ridge regression needs of an arm's outcomes, whatever their number: plain sums, which add up over batches, servers and days. */
export interface LinearSums {
  /** Σ x xᵀ */
  readonly contexts: Matrix;
  /** Σ reward × x */
  readonly rewards: readonly number[];
}

export interface LinearData {
  readonly contexts: readonly (readonly number[])[];
  readonly rewards: readonly number[];
}

/** @param dimension length of a context */
export const newLinearSums = (dimension: number): LinearSums => ({
  contexts: identity(dimension, 0),
  rewards: new Array<number>(dimension).fill(0),
});

/**
 * The sums with a batch more, in n d² steps, in any order.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function addToSums(sums: LinearSums, { contexts, rewards }: LinearData): LinearSums {
  const dimension = sums.rewards.length;
  const gram = sums.contexts.map((row) => [...row]);
  const products = [...sums.rewards];
  requireInput(contexts.length === rewards.length, "/rewards", "Give a reward for each context.");
  for (const [n, context] of contexts.entries()) {
    const reward = rewards[n] as number;
    requireInput(
      context.length === dimension && context.every(Number.isFinite),
      `/contexts/${n}`,
      `Give ${dimension} finite numbers.`,
    );
    requireInput(Number.isFinite(reward), `/rewards/${n}`, "Give a finite reward.");
    for (const [i, x] of context.entries()) {
      products[i] = (products[i] as number) + reward * x;
      const row = gram[i] as number[];
      for (const [j, y] of context.entries()) row[j] = (row[j] as number) + x * y;
    }
  }
  return { contexts: gram, rewards: products };
}

/**
 * Forgets: of all that was summed, `keep` is left. Before each batch, for worlds that drift (discounted linear bandits: Russac, Vernade and Cappé 2019).
 *
 * @param keep in [0, 1]
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function discountedSums({ contexts, rewards }: LinearSums, keep: number): LinearSums {
  requireInput(keep >= 0 && keep <= 1, "/keep", "Give a share from 0 to 1.");
  return {
    contexts: contexts.map((row) => row.map((sum) => keep * sum)),
    rewards: rewards.map((sum) => keep * sum),
  };
}

/**
 * What sums say of an arm: ridge regression, by Cholesky's triangle, in d³ steps.
 *
 * @param lambda how strongly θ is drawn to 0, above 0
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function linearArmOf({ contexts, rewards }: LinearSums, lambda = 1): LinearArm {
  requireInput(lambda > 0, "/lambda", "Give a lambda above 0.");
  const lower = cholesky(contexts.map((row, i) => row.map((sum, j) => (i === j ? sum + lambda : sum))));
  requireInput(lower !== null, "/contexts", "Give sums of x xᵀ, as addToSums makes them.");
  const covariance = inverseOf(lower);
  return { covariance, rewards, theta: times(covariance, rewards) };
}
