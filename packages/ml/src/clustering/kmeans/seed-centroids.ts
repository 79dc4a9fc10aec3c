import type { RandomSource } from "@attune/core";
import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";

/** First place whose running sum of weights passes `target`. */
function pick(weights: Float64Array, target: number): number {
  let sum = 0;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    last = i;
    sum += weight;
    if (sum > target) return i;
  }
  return last;
}

/**
 * Greedy k-means++ (Arthur and Vassilvitskii 2007, section 4): each next centroid is drawn by squared distance to the nearest so far, the best of
 * 2 + ⌊ln k⌋ draws by what is left of the potential. Fewer than k come back where there are fewer distinct points. O(n · k · ln k · d).
 *
 * @returns centroids × columns, row-major.
 */
export function seedCentroids(
  { data, rows, columns }: Matrix,
  k: number,
  random: RandomSource,
): Float64Array {
  const centroids = new Float64Array(k * columns);
  const copy = (row: number, to: number): void =>
    centroids.set(data.subarray(row * columns, (row + 1) * columns), to * columns);
  const first = Math.floor(random() * rows);
  copy(first, 0);
  let nearest = new Float64Array(rows);
  let potential = 0;
  for (let i = 0; i < rows; i++) {
    potential += nearest[i] = squaredBetween(data, i * columns, centroids, 0, columns);
  }
  const trials = 2 + Math.floor(Math.log(k));
  let best = new Float64Array(rows);
  let trial = new Float64Array(rows);
  for (let made = 1; made < k; made++) {
    if (!(potential > 0)) return centroids.slice(0, made * columns);
    let least = Number.POSITIVE_INFINITY;
    let chosen = 0;
    for (let t = 0; t < trials; t++) {
      const candidate = pick(nearest, random() * potential);
      let left = 0;
      for (let i = 0; i < rows; i++) {
        const distance = squaredBetween(data, i * columns, data, candidate * columns, columns);
        const known = nearest[i] as number;
        left += trial[i] = distance < known ? distance : known;
      }
      if (left < least) {
        least = left;
        chosen = candidate;
        [best, trial] = [trial, best];
      }
    }
    copy(chosen, made);
    [nearest, best] = [best, nearest];
    potential = least;
  }
  return centroids;
}
