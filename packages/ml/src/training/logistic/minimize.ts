/** A smooth function: its value at a point, with the gradient written into `gradient`. */
export type Objective = (at: Float64Array, gradient: Float64Array) => number;

const dot = (a: Float64Array, b: Float64Array): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};

/** Steps kept to know the curvature by. */
const MEMORY = 12;

interface Move {
  readonly step: Float64Array;
  readonly change: Float64Array;
  readonly scale: number;
}

/** The two-loop recursion: the gradient times an estimate of the inverse curvature (Nocedal and Wright 2006, algorithm 7.4). */
function direction(gradient: Float64Array, moves: readonly Move[]): Float64Array {
  const result = gradient.slice();
  const alphas: number[] = [];
  for (const { step, change, scale } of [...moves].reverse()) {
    const alpha = scale * dot(step, result);
    alphas.push(alpha);
    for (let i = 0; i < result.length; i++) (result[i] as number) -= alpha * (change[i] as number);
  }
  const last = moves.at(-1);
  const first = last === undefined ? 1 : 1 / (last.scale * dot(last.change, last.change));
  for (let i = 0; i < result.length; i++) (result[i] as number) *= first;
  for (const { step, change, scale } of moves) {
    const beta = scale * dot(change, result);
    const alpha = alphas.pop() as number;
    for (let i = 0; i < result.length; i++) (result[i] as number) += (alpha - beta) * (step[i] as number);
  }
  return result;
}

/**
 * Finds the least value of a convex function by L-BFGS (Nocedal and Wright 2006, 7.2), from 0, halving steps that do not lower it enough (Armijo). Converged where no part of the gradient
 * is above `tolerance`.
 */
export function minimize(
  objective: Objective,
  size: number,
  { tolerance, maxIterations }: { tolerance: number; maxIterations: number },
): { at: Float64Array; value: number; iterations: number; converged: boolean } {
  let at = new Float64Array(size);
  let gradient = new Float64Array(size);
  let value = objective(at, gradient);
  const moves: Move[] = [];
  const isFlat = (): boolean => gradient.every((part) => Math.abs(part) <= tolerance);
  let iterations = 0;
  for (; iterations < maxIterations && !isFlat(); iterations++) {
    const along = direction(gradient, moves);
    const slope = dot(along, gradient);
    // The first step is of length 1: nothing is known of the curvature yet.
    let scale = moves.length === 0 ? 1 / Math.sqrt(dot(gradient, gradient)) : 1;
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = Number.POSITIVE_INFINITY;
    for (; scale > 1e-12; scale /= 2) {
      for (let i = 0; i < size; i++) next[i] = (at[i] as number) - scale * (along[i] as number);
      nextValue = objective(next, nextGradient);
      // The slack is rounding: near the end the value falls by less than a number can tell.
      if (nextValue <= value - 1e-4 * scale * slope + 1e-13 * Math.abs(value)) break;
    }
    if (scale <= 1e-12) break;
    const step = next.map((x, i) => x - (at[i] as number));
    const change = nextGradient.map((g, i) => g - (gradient[i] as number));
    const bend = dot(step, change);
    if (bend > 0) moves.push({ step, change, scale: 1 / bend });
    if (moves.length > MEMORY) moves.shift();
    [at, gradient, value] = [next, nextGradient, nextValue];
  }
  return { at, value, iterations, converged: isFlat() };
}
