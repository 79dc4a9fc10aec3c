import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { assignPoints, type Bounds, loosen, newBounds } from "./bounds.js";

export interface Fit {
  readonly labels: Int32Array;
  /** k × columns. */
  readonly centroids: Float64Array;
  /** Sum of squared distances of all points to their centroids. */
  readonly inertia: number;
  readonly iterations: number;
  /** False where `maxIterations` ended it. */
  readonly converged: boolean;
}

export interface LloydOptions {
  readonly maxIterations: number;
  /** It ends when the squared moves of all centroids sum to at most this; 0: only when nothing changes. */
  readonly tolerance: number;
}

/** Sum of squared distances to the own centroid. O(n · d). */
export function inertiaOf(
  { data, rows, columns }: Matrix,
  centroids: Float64Array,
  labels: Int32Array,
): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    sum += squaredBetween(data, i * columns, centroids, (labels[i] as number) * columns, columns);
  }
  return sum;
}

/** The `count` points farthest from their centroids, farthest first. */
function farthest(
  matrix: Matrix,
  centroids: Float64Array,
  { labels, count }: { labels: Int32Array; count: number },
) {
  const { data, rows, columns } = matrix;
  const distances = Float64Array.from({ length: rows }, (_, i) =>
    squaredBetween(data, i * columns, centroids, (labels[i] as number) * columns, columns),
  );
  const order = Array.from(distances.keys()).sort(
    (a, b) => (distances[b] as number) - (distances[a] as number),
  );
  return order.slice(0, count).filter((row) => (distances[row] as number) > 0);
}

/** Means of the points of each centroid; one without points moves to the point that is worst served. */
function meansOf(matrix: Matrix, centroids: Float64Array, labels: Int32Array): Float64Array {
  const { data, rows, columns } = matrix;
  const means = new Float64Array(centroids.length);
  const counts = new Int32Array(centroids.length / columns);
  for (let i = 0, from = 0; i < rows; i++, from += columns) {
    const own = labels[i] as number;
    counts[own]!++;
    const at = own * columns;
    for (let c = 0; c < columns; c++) means[at + c]! += data[from + c] as number;
  }
  const empty = Array.from(counts.keys()).filter((j) => counts[j] === 0);
  if (empty.length > 0) {
    farthest(matrix, centroids, { labels, count: empty.length }).forEach((row, at) => {
      const to = empty[at] as number;
      const own = labels[row] as number;
      for (let c = 0; c < columns; c++) {
        const value = data[row * columns + c] as number;
        means[own * columns + c]! -= value;
        means[to * columns + c] = value;
      }
      counts[own]!--;
      counts[to] = 1;
    });
  }
  for (let at = 0; at < means.length; at++) {
    const count = counts[Math.floor(at / columns)] as number;
    means[at] = count > 0 ? (means[at] as number) / count : (centroids[at] as number);
  }
  return means;
}

/**
 * Lloyd's (1982) algorithm with Hamerly's (2010) bounds: the same steps and the same result, most distances never computed. O(n · d) an iteration
 * once it settles, O(n) memory.
 *
 * @param initial k × columns; not changed.
 */
export function lloyd(
  matrix: Matrix,
  initial: Float64Array,
  { maxIterations, tolerance }: LloydOptions,
): Fit {
  const { rows, columns } = matrix;
  const k = initial.length / columns;
  const bounds: Bounds = newBounds(rows);
  const moved = new Float64Array(k);
  let centroids = initial;
  let iterations = 0;
  let converged = false;
  let isSettled = false;
  while (!converged && iterations < maxIterations) {
    iterations++;
    const changed = assignPoints(matrix, centroids, bounds);
    const means = meansOf(matrix, centroids, bounds.labels);
    let shift = 0;
    for (let j = 0; j < k; j++) {
      const squared = squaredBetween(centroids, j * columns, means, j * columns, columns);
      moved[j] = Math.sqrt(squared);
      shift += squared;
    }
    centroids = means;
    loosen(bounds, moved);
    isSettled = changed === 0;
    converged = isSettled || shift <= tolerance;
  }
  // The centroids moved once more after the last assignment.
  if (!isSettled) assignPoints(matrix, centroids, bounds);
  return {
    labels: bounds.labels,
    centroids,
    inertia: inertiaOf(matrix, centroids, bounds.labels),
    iterations,
    converged,
  };
}
