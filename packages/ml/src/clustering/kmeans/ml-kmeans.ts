import { missingLibrary } from "../missing-library.js";
import type { KmeansTask } from "./kmeans-task.js";
import { type Fit, inertiaOf } from "./lloyd.js";

const rowsOf = (data: Float64Array, columns: number): number[][] =>
  Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

/** K-means by the package ml-kmeans, from given centroids. It takes no other start and mends no empty cluster. */
export async function mlKmeans({ matrix, initial, maxIterations, tolerance }: KmeansTask): Promise<Fit> {
  const { kmeans } = await import("ml-kmeans").catch((cause: unknown) => {
    throw missingLibrary("ml-kmeans", cause);
  });
  const { columns } = matrix;
  const k = initial.length / columns;
  const result = kmeans(rowsOf(matrix.data, columns), k, {
    initialization: rowsOf(initial, columns),
    maxIterations,
    // Its own is the distance a centroid moved, of each by itself.
    tolerance: Math.sqrt(tolerance / k),
  });
  const labels = Int32Array.from(result.clusters);
  const centroids = Float64Array.from(result.centroids.flat());
  return {
    ...{ labels, centroids, inertia: inertiaOf(matrix, centroids, labels) },
    ...{ iterations: result.iterations, converged: result.converged },
  };
}
