import { requireInput } from "./arms.js";
import { laplace, type LogisticData, type LogisticModel, type LogisticPrior } from "./logistic.js";
import { cholesky, identity, inverseOf } from "./matrix.js";

/**
 * What is known of how an arm's odds depend on context, in a form that the next batch can be added to without the outcomes before it: d weights and d² numbers, however many outcomes there were.
 */
export interface LogisticArm extends LogisticModel, LogisticPrior {
  /** What the weights are drawn to 0 with, and what forgetting goes back to. */
  readonly lambda: number;
}

/**
 * Before anything was seen.
 *
 * @param dimension length of a context
 * @param lambda above 0; weights are about within ±2 / √lambda. Default 1
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function newLogisticArm(dimension: number, lambda = 1): LogisticArm {
  requireInput(Number.isInteger(dimension) && dimension > 0, "/dimension", "Give the length of a context.");
  requireInput(lambda > 0, "/lambda", "Give a lambda above 0.");
  return {
    lambda,
    weights: new Array<number>(dimension).fill(0),
    precision: identity(dimension, lambda),
    covariance: identity(dimension, 1 / lambda),
  };
}

/**
 * With a batch more: what was known before is the prior of what the batch says (Laplace's approximation again and again; Spiegelhalter and Lauritzen 1990). Batches of one outcome are the coarsest; with ten or more the
 * result is next to that of all outcomes at once.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export const updateLogisticArm = (arm: LogisticArm, data: LogisticData): LogisticArm =>
  data.contexts.length === 0 ? arm : { lambda: arm.lambda, ...laplace(data, arm) };

/**
 * What is known once time has passed, for worlds that drift: the weights are taken to wander about 0 so that they stay as various as the prior says (an autoregressive process), which makes `keep` of each
 * weight still hold and all that is known less sure. Before each batch. What is well known is forgotten soon and what is hardly known stays as it is, where discounting all information alike (West and
 * Harrison 1997, 6.3) also forgets what no visitor has yet come to ask about: in simulations that loses a quarter to a half more.
 *
 * @param keep correlation of the weights before and after, (0, 1]: 2^(−1 / h) where half is out of date after h batches; 1 forgets nothing
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function driftedLogistic(arm: LogisticArm, keep: number): LogisticArm {
  requireInput(keep > 0 && keep <= 1, "/keep", "Give a share above 0 and up to 1.");
  const { lambda } = arm;
  const added = (1 - keep * keep) / lambda;
  const covariance = arm.covariance.map((row, i) =>
    row.map((value, j) => keep * keep * value + (i === j ? added : 0)),
  );
  const lower = cholesky(covariance);
  requireInput(lower !== null, "/covariance", "Give an arm as updateLogisticArm makes it.");
  return {
    ...{ lambda, covariance, precision: inverseOf(lower) },
    weights: arm.weights.map((weight) => keep * weight),
  };
}
