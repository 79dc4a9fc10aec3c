import type { Matrix } from "../../data/points.js";
import { buildKdTree, type KdTree } from "../geometry/kd-tree.js";
import { nearestFinder } from "../geometry/nearest.js";

/**
 * Distance of each row to its `minSamples`-th nearest, itself counted as the first; Infinity where there are not so many.
 *
 * @param tree Of the same points, if there is one already.
 */
export function coreDistances(
  matrix: Matrix,
  minSamples: number,
  tree: KdTree = buildKdTree(matrix),
): Float64Array {
  const { data, rows, columns } = matrix;
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  if (minSamples > rows) return distances;
  const nearest = nearestFinder(tree, minSamples);
  for (let place = 0; place < rows; place++) {
    const row = tree.rows[place] as number;
    distances[row] = Math.sqrt(nearest(data, row * columns).squared[minSamples - 1] as number);
  }
  return distances;
}

/**
 * A distance to cluster by: the knee of the sorted distances to the `minSamples`-th nearest, where they are farthest below the line from the first
 * to the last (Satopää, Albrecht, Irwin and Raghavan 2011). O(n log n) in few dimensions.
 */
export function kneeOf(distances: Float64Array): number {
  const sorted = Float64Array.from(distances.filter(Number.isFinite)).sort();
  const last = sorted.length - 1;
  if (last < 1) return sorted[0] ?? 0;
  const low = sorted[0] as number;
  const rise = (sorted[last] as number) - low;
  let knee = last;
  let deepest = 0;
  for (let i = 0; i <= last; i++) {
    const below = i / last - (rise > 0 ? ((sorted[i] as number) - low) / rise : 0);
    if (below > deepest) {
      deepest = below;
      knee = i;
    }
  }
  return sorted[knee] as number;
}
