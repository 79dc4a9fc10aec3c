import { requireInput } from "./arms.js";
import {
  cholesky,
  dot,
  identity,
  inverseOf,
  type Matrix,
  quadratic,
  solveCholesky,
  times,
} from "./matrix.js";

/** What outcomes of 0 and 1 have taught of how their odds depend on context: weights are about normal around the most likely ones (Laplace's approximation). */
export interface LogisticModel {
  readonly weights: readonly number[];
  readonly covariance: Matrix;
}

export interface LogisticData {
  readonly contexts: readonly (readonly number[])[];
  /** 0 or 1 each. */
  readonly outcomes: readonly number[];
}

export const sigmoid = (x: number): number =>
  x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x));

/** ln of a sigmoid without overflow. */
const logSigmoid = (x: number): number => (x < 0 ? x - Math.log1p(Math.exp(x)) : -Math.log1p(Math.exp(-x)));

/** What was believed before: weights about normal, with this precision (the inverse of a covariance). */
export interface LogisticPrior {
  readonly weights: readonly number[];
  readonly precision: Matrix;
}

/**
 * The most likely weights under a normal prior with precision λ, by Newton's steps that are halved while they do not help, and the inverse of the curvature there. The full
 * covariance: taking its diagonal alone, as is often done (Chapelle and Li 2011), overstates how sure correlated features are.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function fitLogistic(data: LogisticData, lambda = 1): LogisticModel {
  const dimension = data.contexts[0]?.length ?? 0;
  requireInput(dimension > 0, "/contexts", "Give at least one context.");
  requireInput(
    lambda > 0,
    "/lambda",
    "Give a lambda above 0, without which separable outcomes have no most likely weights.",
  );
  const zero = new Array<number>(dimension).fill(0);
  const { weights, covariance } = laplace(data, { weights: zero, precision: identity(dimension, lambda) });
  return { weights, covariance };
}

/**
 * The same under any normal prior: one Newton step costs n d² + d³.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function laplace(data: LogisticData, prior: LogisticPrior): LogisticModel & LogisticPrior {
  requireOutcomes(data, prior.weights.length);
  const { contexts, outcomes } = data;
  const signed = outcomes.map((outcome) => (outcome === 1 ? 1 : -1));
  const objective = (weights: readonly number[]): number => {
    const away = weights.map((weight, i) => weight - (prior.weights[i] as number));
    let sum = -0.5 * quadratic(prior.precision, away);
    for (const [i, context] of contexts.entries())
      sum += logSigmoid((signed[i] as number) * dot(weights, context));
    return sum;
  };
  let weights = prior.weights;
  let value = objective(weights);
  for (let step = 0; step < 100; step++) {
    const { gradient, curvature } = derivatives(data, weights, prior);
    const lower = cholesky(curvature);
    if (lower === null) break;
    const direction = solveCholesky(lower, gradient);
    let scale = 1;
    let next = weights;
    let nextValue = Number.NEGATIVE_INFINITY;
    for (; scale > 1e-10 && !(nextValue >= value); scale /= 2) {
      next = weights.map((weight, i) => weight + scale * (direction[i] as number));
      nextValue = objective(next);
    }
    if (!(nextValue >= value)) break;
    weights = next;
    value = nextValue;
    if (dot(direction, gradient) < 1e-24) break;
  }
  const precision = derivatives(data, weights, prior).curvature;
  const lower = cholesky(precision);
  requireInput(lower !== null, "/precision", "Give a prior whose precision is positive definite.");
  return { weights, precision, covariance: inverseOf(lower) };
}

function requireOutcomes({ contexts, outcomes }: LogisticData, dimension: number): void {
  requireInput(contexts.length === outcomes.length, "/outcomes", "Give an outcome for each context.");
  for (const [i, context] of contexts.entries())
    requireInput(
      context.length === dimension && context.every(Number.isFinite),
      `/contexts/${i}`,
      `Give ${dimension} finite numbers.`,
    );
  for (const [i, outcome] of outcomes.entries())
    requireInput(outcome === 0 || outcome === 1, `/outcomes/${i}`, "Give 0 or 1.");
}

function derivatives(
  { contexts, outcomes }: LogisticData,
  weights: readonly number[],
  prior: LogisticPrior,
): { gradient: number[]; curvature: number[][] } {
  const away = weights.map((weight, i) => weight - (prior.weights[i] as number));
  const gradient = times(prior.precision, away).map((pull) => -pull);
  const curvature = prior.precision.map((row) => [...row]);
  for (const [n, context] of contexts.entries()) {
    const p = sigmoid(dot(weights, context));
    const error = (outcomes[n] as number) - p;
    for (let i = 0; i < weights.length; i++) {
      const x = context[i] as number;
      gradient[i] = (gradient[i] as number) + error * x;
      const row = curvature[i] as number[];
      for (let j = 0; j < weights.length; j++)
        row[j] = (row[j] as number) + p * (1 - p) * x * (context[j] as number);
    }
  }
  return { gradient, curvature };
}

export interface LogisticBelief {
  /** Of the log odds. */
  readonly mean: number;
  readonly variance: number;
  /** E[probability], over all that the weights may be. */
  readonly probability: number;
}

/** What is believed of a context: the log odds are normal, and the probability is their sigmoid's mean, by the sum over equal steps. */
export function predictLogistic(
  { weights, covariance }: LogisticModel,
  context: readonly number[],
): LogisticBelief {
  requireInput(context.length === weights.length, "/context", `Give a context of ${weights.length} numbers.`);
  const mean = dot(weights, context);
  const variance = Math.max(0, quadratic(covariance, context));
  const sd = Math.sqrt(variance);
  // Of a sigmoid times a normal density the sum over steps is right to e^(−2π²/step²) and to e^(−2π²/(step sd)), its poles being at ±iπ / sd.
  const step = Math.min(0.4, 0.5 / Math.max(sd, 1e-9));
  let sum = 0;
  let total = 0;
  for (let z = -9; z <= 9; z += step) {
    const density = Math.exp(-0.5 * z * z);
    sum += density * sigmoid(mean + sd * z);
    total += density;
  }
  return { mean, variance, probability: sum / total };
}

/** MacKay's approximation (1992) of the same without a sum: the sigmoid of the mean over √(1 + π variance / 8). */
export const probabilityOfMacKay = ({ mean, variance }: Pick<LogisticBelief, "mean" | "variance">): number =>
  sigmoid(mean / Math.sqrt(1 + (Math.PI * variance) / 8));
