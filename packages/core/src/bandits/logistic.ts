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
  const packed = pack(data);
  let weights = prior.weights;
  let value = objective(packed, weights, prior);
  for (let step = 0; step < 100; step++) {
    const { gradient, curvature } = derivatives(packed, weights, prior);
    const lower = cholesky(curvature);
    if (lower === null) break;
    const direction = solveCholesky(lower, gradient);
    let scale = 1;
    let next = weights;
    let nextValue = Number.NEGATIVE_INFINITY;
    for (; scale > 1e-10 && !(nextValue >= value); scale /= 2) {
      next = weights.map((weight, i) => weight + scale * (direction[i] as number));
      nextValue = objective(packed, next, prior);
    }
    if (!(nextValue >= value)) break;
    weights = next;
    value = nextValue;
    // What is left is about the square of it: far below rounding, which gradients of many outcomes never fall under.
    if (dot(direction, gradient) < CLOSE) break;
  }
  const precision = derivatives(packed, weights, prior).curvature;
  const lower = cholesky(precision);
  requireInput(lower !== null, "/precision", "Give a prior whose precision is positive definite.");
  return { weights, precision, covariance: inverseOf(lower) };
}

/** Twice what a Newton step was to bring, in log-likelihood. */
const CLOSE = 1e-18;

/** Contexts row by row, and outcomes, in arrays that are read in order. */
interface Packed {
  readonly contexts: Float64Array;
  readonly outcomes: Float64Array;
  readonly dimension: number;
}

function pack({ contexts, outcomes }: LogisticData): Packed {
  const dimension = contexts[0]?.length ?? 0;
  const rows = new Float64Array(contexts.length * dimension);
  contexts.forEach((context, n) => rows.set(context, n * dimension));
  return { contexts: rows, outcomes: Float64Array.from(outcomes), dimension };
}

/** Of the n-th context. */
function logOdds({ contexts, dimension }: Packed, n: number, weights: readonly number[]): number {
  const from = n * dimension;
  let sum = 0;
  for (let i = 0; i < dimension; i++) sum += (weights[i] as number) * (contexts[from + i] as number);
  return sum;
}

const awayFrom = (weights: readonly number[], prior: LogisticPrior): number[] =>
  weights.map((weight, i) => weight - (prior.weights[i] as number));

function objective(data: Packed, weights: readonly number[], prior: LogisticPrior): number {
  let sum = -0.5 * quadratic(prior.precision, awayFrom(weights, prior));
  for (let n = 0; n < data.outcomes.length; n++) {
    const x = logOdds(data, n, weights);
    sum += logSigmoid(data.outcomes[n] === 1 ? x : -x);
  }
  return sum;
}

function derivatives(
  data: Packed,
  weights: readonly number[],
  prior: LogisticPrior,
): { gradient: number[]; curvature: number[][] } {
  const { contexts, outcomes, dimension } = data;
  const gradient = Float64Array.from(times(prior.precision, awayFrom(weights, prior)), (pull) => -pull);
  const lower = Float64Array.from(prior.precision.flat());
  for (let n = 0; n < outcomes.length; n++) {
    const p = sigmoid(logOdds(data, n, weights));
    const error = (outcomes[n] as number) - p;
    const from = n * dimension;
    for (let i = 0; i < dimension; i++) {
      const x = contexts[from + i] as number;
      gradient[i] = (gradient[i] as number) + error * x;
      const weighed = p * (1 - p) * x;
      const row = i * dimension;
      for (let j = 0; j <= i; j++)
        lower[row + j] = (lower[row + j] as number) + weighed * (contexts[from + j] as number);
    }
  }
  const at = (i: number, j: number): number => lower[Math.max(i, j) * dimension + Math.min(i, j)] as number;
  const curvature = Array.from({ length: dimension }, (_, i) =>
    Array.from({ length: dimension }, (_, j) => at(i, j)),
  );
  return { gradient: [...gradient], curvature };
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
