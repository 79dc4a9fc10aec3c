import { seededRandom } from "@attune/core";
import type { Points } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { finiteNumber, wholeNumber } from "../options.js";
import { assignPoints, newBounds } from "./bounds.js";
import { type KmeansClustering, type KmeansOptions, kmeansResult, kmeansTask } from "./kmeans.js";
import { inertiaOf } from "./lloyd.js";

export interface MiniBatchKmeansOptions extends Omit<KmeansOptions, "maxIterations" | "tolerance"> {
  /** Rows drawn, with replacement, for each step (default 1024). */
  readonly batchSize?: number;
  /** Steps at most (default 200). */
  readonly maxIterations?: number;
  /** It ends when over ten steps no centroid moved by more than this share of the mean distance to the nearest (default 1e-3). */
  readonly tolerance?: number;
}

function nearestTo(
  data: Float64Array,
  from: number,
  { centroids, columns }: { centroids: Float64Array; columns: number },
) {
  let nearest = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < centroids.length; at += columns) {
    const squared = squaredBetween(data, from, centroids, at, columns);
    if (squared < least) {
      least = squared;
      nearest = at;
    }
  }
  return { at: nearest, squared: least };
}

/**
 * K-means by small random batches (Sculley 2010): each centroid is the running mean of the points it was given. One pass over all rows at the
 * end gives the labels. For rows by the million, or that arrive piece by piece; a little worse than {@link kmeans}. O(steps · batch · k · d + n · k · d).
 *
 * @throws AttuneError those of `kmeans`.
 */
export function miniBatchKmeans(points: Points, options: MiniBatchKmeansOptions): KmeansClustering {
  const {
    batchSize = 1024,
    maxIterations = 200,
    tolerance = 1e-3,
    random = seededRandom(1),
    ...rest
  } = options;
  wholeNumber(batchSize, "/options/batchSize");
  wholeNumber(maxIterations, "/options/maxIterations");
  finiteNumber(tolerance, "/options/tolerance");
  const task = kmeansTask(points, { starts: 3, ...rest, random });
  const { data, rows, columns } = task.matrix;
  const centroids = task.initial.slice();
  const counts = new Float64Array(centroids.length / columns);
  let iterations = 0;
  let quiet = 0;
  while (iterations < maxIterations && quiet < 10) {
    iterations++;
    const before = centroids.slice();
    let distance = 0;
    for (let b = 0; b < batchSize; b++) {
      const from = Math.floor(random() * rows) * columns;
      const { at, squared } = nearestTo(data, from, { centroids, columns });
      distance += Math.sqrt(squared) / batchSize;
      const rate = 1 / ++counts[at / columns]!;
      for (let c = 0; c < columns; c++) {
        centroids[at + c]! += rate * ((data[from + c] as number) - (centroids[at + c] as number));
      }
    }
    let moved = 0;
    for (let at = 0; at < centroids.length; at += columns) {
      moved = Math.max(moved, squaredBetween(centroids, at, before, at, columns));
    }
    quiet = Math.sqrt(moved) <= tolerance * distance ? quiet + 1 : 0;
  }
  const bounds = newBounds(rows);
  assignPoints(task.matrix, centroids, bounds);
  const fit = {
    ...{ labels: bounds.labels, centroids, inertia: inertiaOf(task.matrix, centroids, bounds.labels) },
    ...{ iterations, converged: quiet >= 10 },
  };
  return kmeansResult(task, fit, "native", "mini-batch-kmeans");
}
