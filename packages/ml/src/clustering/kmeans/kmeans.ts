import { AttuneError, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { clusterCount, finiteNumber, wholeNumber } from "../options.js";
import { centroidModel, clusteringOf, sizesOf } from "../result.js";
import type { Clustering, ClusteringEngine, SeededOptions } from "../types.js";
import { type Fit, lloyd } from "./lloyd.js";
import { mlKmeans } from "./ml-kmeans.js";
import { bestStart } from "./start.js";
import type { KmeansTask } from "./kmeans-task.js";

export interface KmeansOptions extends SeededOptions {
  /** How many clusters; at most as many as points. Fewer come out where there are fewer distinct points. */
  readonly k: number;
  /** Starts that are tried before all rows are read (default 10); see `bestStart`. */
  readonly starts?: number;
  /** Centroids to start from, k rows: no chance, no other starts. */
  readonly init?: Points;
  /** Default 300. */
  readonly maxIterations?: number;
  /** It ends when the squared moves of all centroids sum to at most this share of the mean variance of a column (default 1e-4); 0: only when nothing changes. */
  readonly tolerance?: number;
}

export interface KmeansClustering extends Clustering {
  /** Sum of squared distances of all points to their centroids. */
  readonly inertia: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Mean of the variances of the columns, by two passes: sums of squares alone lose what a large mean leaves of them. */
function meanVariance({ data, rows, columns }: Matrix): number {
  const means = new Float64Array(columns);
  for (let at = 0; at < data.length; at += columns)
    for (let c = 0; c < columns; c++) means[c]! += data[at + c] as number;
  for (let c = 0; c < columns; c++) means[c]! /= rows;
  let squares = 0;
  for (let at = 0; at < data.length; at += columns) {
    for (let c = 0; c < columns; c++) {
      const away = (data[at + c] as number) - (means[c] as number);
      squares += away * away;
    }
  }
  return squares / rows / columns;
}

function initialOf(matrix: Matrix, { k, init, starts = 10, random = seededRandom(1) }: KmeansOptions) {
  if (init === undefined)
    return bestStart(matrix, k, { starts: wholeNumber(starts, "/options/starts"), random });
  const given = toMatrix(init, matrix.columns, "/options/init");
  if (given.rows === k) return given.data;
  throw new AttuneError(
    "ATTUNE_ML_BAD_SHAPE",
    `There are ${given.rows} initial centroids for ${k} clusters.`,
    {
      path: "/options/init",
    },
  );
}

/** Checks what was asked for and finds where to start. */
export function kmeansTask(points: Points, options: KmeansOptions): KmeansTask {
  const matrix = toMatrix(points, options.columns);
  clusterCount(options.k, matrix.rows);
  const { maxIterations = 300, tolerance = 1e-4 } = options;
  wholeNumber(maxIterations, "/options/maxIterations");
  finiteNumber(tolerance, "/options/tolerance");
  const initial = initialOf(matrix, options);
  return {
    matrix,
    initial,
    maxIterations,
    tolerance: tolerance === 0 ? 0 : tolerance * meanVariance(matrix),
  };
}

/** A fit as the one result. Clusters that no point came to are left out. */
export function kmeansResult(
  { matrix }: { matrix: Matrix },
  fit: Fit,
  engine: ClusteringEngine,
  algorithm: "kmeans" | "mini-batch-kmeans" = "kmeans",
): KmeansClustering {
  const { columns } = matrix;
  const k = fit.centroids.length / columns;
  const sizes = sizesOf(fit.labels, k);
  const kept = Array.from({ length: k }, (_, j) => j).filter((j) => (sizes[j] as number) > 0);
  const isWhole = kept.length === k;
  const centroids = isWhole
    ? fit.centroids
    : Float64Array.from(kept.flatMap((j) => [...fit.centroids.subarray(j * columns, (j + 1) * columns)]));
  const labels = isWhole ? fit.labels : fit.labels.map((label) => kept.indexOf(label));
  const { inertia, iterations, converged } = fit;
  const rest = {
    algorithm,
    engine,
    clusters: kept.length,
    centroids,
    model: centroidModel(centroids, columns),
  };
  return { ...clusteringOf(matrix, labels, rest), inertia, iterations, converged };
}

/**
 * K-means: k clusters around centroids, every point in that of the nearest. Finds round clusters of like spread; columns should be on like scales
 * (`scalePoints`). Starts by greedy k-means++ from several seeds, then Lloyd with Hamerly's bounds on all rows; never leaves a cluster empty that
 * a point could fill.
 *
 * Complexity: O(n · d) an iteration for small k, memory O(n). With another engine a promise: its library is loaded when first asked for; all
 * engines start from the same centroids.
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_TOO_MANY_CLUSTERS`, `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_MISSING_LIBRARY`.
 */
export function kmeans(
  points: Points,
  options: KmeansOptions & { readonly engine?: "native" },
): KmeansClustering;
export function kmeans(
  points: Points,
  options: KmeansOptions & { readonly engine: "ml-kmeans" | "tfjs" },
): Promise<KmeansClustering>;
export function kmeans(
  points: Points,
  options: KmeansOptions & { readonly engine?: "native" | "ml-kmeans" | "tfjs" },
): KmeansClustering | Promise<KmeansClustering>;
export function kmeans(
  points: Points,
  options: KmeansOptions & { readonly engine?: "native" | "ml-kmeans" | "tfjs" },
): KmeansClustering | Promise<KmeansClustering> {
  const task = kmeansTask(points, options);
  switch (options.engine) {
    case "ml-kmeans":
      return mlKmeans(task).then((fit) => kmeansResult(task, fit, "ml-kmeans"));
    case "tfjs":
      return import("../../tfjs/kmeans.js")
        .then(({ tfjsKmeans }) => tfjsKmeans(task))
        .then((fit) => kmeansResult(task, fit, "tfjs"));
    default:
      return kmeansResult(task, lloyd(task.matrix, task.initial, task), "native");
  }
}
