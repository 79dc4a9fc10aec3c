import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { takeRows } from "../geometry/sample-rows.js";
import { centroidsOf, sizesOf } from "../result.js";
import type { CommonOptions } from "../types.js";
import type { ClusterLabels } from "./agreement.js";
import { labelledRows, needTwo } from "./silhouette.js";

interface Partition {
  readonly matrix: Matrix;
  readonly labels: Int32Array;
  readonly clusters: number;
  readonly sizes: Int32Array;
  readonly centroids: Float64Array;
}

function partition(points: Points, labels: ClusterLabels, { columns }: CommonOptions): Partition {
  const all = toMatrix(points, columns);
  const { rows, labels: own, clusters } = labelledRows(all, labels);
  const matrix = takeRows(all, rows);
  return {
    matrix,
    labels: own,
    clusters,
    sizes: sizesOf(own, clusters),
    centroids: centroidsOf(matrix, own, clusters),
  };
}

/** Squared distance of each row to its centroid. */
function squares({ matrix: { data, rows, columns }, labels, centroids }: Partition): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) =>
    squaredBetween(data, i * columns, centroids, (labels[i] as number) * columns, columns),
  );
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** Sum of squared distances of rows to the mean of their cluster; noise counts nowhere. O(n · d). */
export const withinSumOfSquares = (
  points: Points,
  labels: ClusterLabels,
  options: CommonOptions = {},
): number => total(squares(partition(points, labels, options)));

/**
 * Caliński and Harabasz (1974): scatter between clusters over scatter within, each by its degrees of freedom; larger is better. Infinity where
 * nothing scatters within. O(n · d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_TOO_FEW_CLUSTERS`.
 */
export function calinskiHarabasz(points: Points, labels: ClusterLabels, options: CommonOptions = {}): number {
  const parts = partition(points, labels, options);
  needTwo(parts.clusters);
  const { matrix, clusters, sizes, centroids } = parts;
  const { rows, columns } = matrix;
  const within = total(squares(parts));
  const mean = centroidsOf(matrix, new Int32Array(rows), 1);
  let between = 0;
  for (let k = 0; k < clusters; k++) {
    between += (sizes[k] as number) * squaredBetween(centroids, k * columns, mean, 0, columns);
  }
  return within === 0 ? Number.POSITIVE_INFINITY : (between * (rows - clusters)) / (within * (clusters - 1));
}

/**
 * Davies and Bouldin (1979): how much each cluster overlaps the one it overlaps most, on average; smaller is better, 0 is best. O(n · d + k² d).
 *
 * @throws AttuneError those of {@link calinskiHarabasz}.
 */
export function daviesBouldin(points: Points, labels: ClusterLabels, options: CommonOptions = {}): number {
  const parts = partition(points, labels, options);
  needTwo(parts.clusters);
  const { matrix, labels: own, clusters, sizes, centroids } = parts;
  const { columns } = matrix;
  const spread = new Float64Array(clusters);
  squares(parts).forEach((squared, i) => {
    const label = own[i] as number;
    spread[label]! += Math.sqrt(squared) / (sizes[label] as number);
  });
  let sum = 0;
  for (let a = 0; a < clusters; a++) {
    let worst = 0;
    for (let b = 0; b < clusters; b++) {
      const apart = Math.sqrt(squaredBetween(centroids, a * columns, centroids, b * columns, columns));
      if (a !== b && apart > 0)
        worst = Math.max(worst, ((spread[a] as number) + (spread[b] as number)) / apart);
    }
    sum += worst;
  }
  return sum / clusters;
}
