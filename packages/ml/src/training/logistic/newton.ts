import { portableLogistic } from "../../model/portable-exp.js";
import { factorize, solve } from "./cholesky.js";

/** A logistic regression on columns of like scale. */
export interface NewtonProblem {
  /** n × d, row-major. */
  readonly data: Float64Array;
  /** In [0, 1]; most often 0 or 1. */
  readonly targets: ArrayLike<number>;
  readonly weights: Float64Array;
  /** One a column, 0 or more: ½ Σ penalty β² is added to the loss. The intercept has none. */
  readonly penalties: Float64Array;
  readonly maxIterations: number;
}

export interface NewtonSolution {
  /** Intercept first. */
  readonly coefficients: Float64Array;
  /** Cholesky factor of the curvature at the solution, (d + 1)²; null where it is singular. */
  readonly factor: Float64Array | null;
  /** Σ w ln P(target), without the penalty. */
  readonly logLikelihood: number;
  readonly iterations: number;
  readonly converged: boolean;
}

interface Quadratic {
  readonly objective: number;
  readonly logLikelihood: number;
  readonly gradient: Float64Array;
  readonly curvature: Float64Array;
}

/** ln(1 + exp(z)) without overflow. */
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** Loss with gradient and curvature at a point. O(n d²). */
function quadraticAt({ data, targets, weights, penalties }: NewtonProblem, beta: Float64Array): Quadratic {
  const d = penalties.length;
  const size = d + 1;
  const gradient = new Float64Array(size);
  const curvature = new Float64Array(size * size);
  const row = new Float64Array(size);
  row[0] = 1;
  let logLikelihood = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    let z = beta[0] as number;
    for (let j = 0; j < d; j++) {
      const x = data[i * d + j] as number;
      row[j + 1] = x;
      z += x * (beta[j + 1] as number);
    }
    const target = targets[i] as number;
    logLikelihood -= weight * (target * softplus(-z) + (1 - target) * softplus(z));
    const p = portableLogistic(z);
    // For large |z| 1 − p would be 0 long before it is.
    const bend = weight * p * portableLogistic(-z);
    const pull = weight * (p - target);
    for (let j = 0; j < size; j++) {
      const x = row[j] as number;
      (gradient[j] as number) += pull * x;
      for (let k = 0; k <= j; k++) (curvature[j * size + k] as number) += bend * x * (row[k] as number);
    }
  }
  let objective = -logLikelihood;
  for (let j = 0; j < d; j++) {
    const [penalty, b] = [penalties[j] as number, beta[j + 1] as number];
    objective += (penalty * b * b) / 2;
    (gradient[j + 1] as number) += penalty * b;
    (curvature[(j + 1) * size + j + 1] as number) += penalty;
  }
  return { objective, logLikelihood, gradient, curvature };
}

/**
 * Newton's method (iteratively reweighted least squares: McCullagh and Nelder 1989, 4.4), halving steps that do not lower the loss. Converged where a step no longer moves
 * a coefficient by 1e-10 of its size. O(iterations × n d²).
 */
export function newtonLogistic(problem: NewtonProblem): NewtonSolution {
  const size = problem.penalties.length + 1;
  let beta: Float64Array = new Float64Array(size);
  let here = quadraticAt(problem, beta);
  let factor = here.curvature.slice();
  let isDefinite = factorize(factor, size);
  let iterations = 0;
  let converged = false;
  while (isDefinite && !converged && iterations < problem.maxIterations) {
    iterations++;
    const step = solve(factor, here.gradient.slice());
    let scale = 1;
    let next = beta;
    let there = here;
    do {
      const share = scale;
      next = beta.map((b, j) => b - share * (step[j] as number));
      there = quadraticAt(problem, next);
      scale /= 2;
      // The slack is rounding: near the end a step lowers the loss by less than a number can tell.
    } while (!(there.objective <= here.objective + 1e-12 * Math.abs(here.objective)) && scale > 1e-8);
    converged = step.every((by, j) => Math.abs(by) <= 1e-10 * Math.max(1, Math.abs(next[j] as number)));
    [beta, here] = [next, there];
    factor = here.curvature.slice();
    isDefinite = factorize(factor, size);
  }
  const { logLikelihood } = here;
  return { coefficients: beta, factor: isDefinite ? factor : null, logLikelihood, iterations, converged };
}
