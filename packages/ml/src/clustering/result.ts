import type { Matrix } from "../data/points.js";
import type { AssignmentModel, Clustering, ClusteringAlgorithm, ClusteringEngine } from "./types.js";

/** Mean of each cluster's rows, clusters × columns; rows labelled −1 count nowhere. O(n · d). */
export function centroidsOf(
  { data, rows, columns }: Matrix,
  labels: Int32Array,
  clusters: number,
): Float64Array {
  const sums = new Float64Array(clusters * columns);
  const counts = new Int32Array(clusters);
  for (let i = 0; i < rows; i++) {
    const label = labels[i] as number;
    if (label < 0) continue;
    counts[label]!++;
    const at = label * columns;
    for (let c = 0; c < columns; c++) sums[at + c]! += data[i * columns + c] as number;
  }
  for (let at = 0; at < sums.length; at++) {
    sums[at] = (sums[at] as number) / Math.max(1, counts[Math.floor(at / columns)] as number);
  }
  return sums;
}

/** Rows in each cluster. */
export function sizesOf(labels: Int32Array, clusters: number): Int32Array {
  const sizes = new Int32Array(clusters);
  for (const label of labels) if (label >= 0) sizes[label]!++;
  return sizes;
}

/** A model whose prototypes are one centroid per cluster, without a cut. */
export function centroidModel(centroids: Float64Array, columns: number): AssignmentModel {
  const clusters = centroids.length / columns;
  return {
    ...{ columns, clusters, scaling: null, prototypes: centroids },
    prototypeLabels: Int32Array.from({ length: clusters }, (_, i) => i),
    cuts: new Float64Array(clusters).fill(Number.POSITIVE_INFINITY),
  };
}

/** A model whose prototypes are rows of the points, each with its label and its cut. */
export function memberModel(
  { data, columns }: Matrix,
  rows: Int32Array | readonly number[],
  { labels, clusters, cutOf }: { labels: Int32Array; clusters: number; cutOf: (row: number) => number },
): AssignmentModel {
  const prototypes = new Float64Array(rows.length * columns);
  rows.forEach((row, at) => {
    prototypes.set(data.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  return {
    ...{ columns, clusters, scaling: null, prototypes },
    prototypeLabels: Int32Array.from(rows, (row) => labels[row] as number),
    cuts: Float64Array.from(rows, cutOf),
  };
}

/** The one result, from labels. */
export function clusteringOf(
  matrix: Matrix,
  labels: Int32Array,
  rest: {
    algorithm: ClusteringAlgorithm;
    engine: ClusteringEngine;
    clusters: number;
    model?: AssignmentModel;
    centroids?: Float64Array;
  },
): Clustering {
  const { algorithm, engine, clusters } = rest;
  const sizes = sizesOf(labels, clusters);
  const centroids = rest.centroids ?? centroidsOf(matrix, labels, clusters);
  return {
    ...{ algorithm, engine, columns: matrix.columns, labels, clusters, sizes },
    noise: labels.length - sizes.reduce((sum, size) => sum + size, 0),
    centroids,
    model: rest.model ?? centroidModel(centroids, matrix.columns),
  };
}
