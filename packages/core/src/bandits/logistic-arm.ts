import { requireInput } from "./arms.js";
import { laplace, type LogisticData, type LogisticModel, type LogisticPrior } from "./logistic.js";
import { cholesky, identity, inverseOf, times } from "./matrix.js";

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
 * Forgets: of the information beyond the prior, `keep` is left, and the weights go back towards 0 as far as they were only known by what is gone. Before each batch, for worlds that drift.
 *
 * @param keep in [0, 1]; 1 forgets nothing
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function discountedLogistic(arm: LogisticArm, keep: number): LogisticArm {
  requireInput(keep >= 0 && keep <= 1, "/keep", "Give a share from 0 to 1.");
  const { lambda } = arm;
  const information = times(arm.precision, arm.weights);
  const precision = arm.precision.map((row, i) =>
    row.map((value, j) => (i === j ? lambda + keep * (value - lambda) : keep * value)),
  );
  const lower = cholesky(precision);
  requireInput(lower !== null, "/precision", "Give an arm as updateLogisticArm makes it.");
  const covariance = inverseOf(lower);
  const weights = times(
    covariance,
    information.map((part) => keep * part),
  );
  return { ...{ lambda, weights, precision, covariance } };
}
