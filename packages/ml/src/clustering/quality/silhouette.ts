import { AttuneError, type RandomSource, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import type { SeededOptions } from "../types.js";
import type { ClusterLabels } from "./agreement.js";

export interface SilhouetteOptions extends SeededOptions {
  /** Rows it is computed on, drawn at random where there are more (default 2000); Infinity for all. */
  readonly sample?: number;
}

/** Labels as 0 … k − 1 without those of noise, and which rows they are of. @throws AttuneError `ATTUNE_ML_BAD_SHAPE`. */
export function labelledRows(
  matrix: Matrix,
  labels: ClusterLabels,
): { rows: Int32Array; labels: Int32Array; clusters: number } {
  if (labels.length !== matrix.rows) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `There are ${labels.length} labels for ${matrix.rows} points.`,
      {
        path: "/labels",
      },
    );
  }
  const rows = Int32Array.from(labels, (_, i) => i).filter((i) => (labels[i] as number) >= 0);
  const names = new Map<number, number>();
  const own = Int32Array.from(rows, (row) => {
    const label = labels[row] as number;
    const known = names.get(label) ?? names.size;
    names.set(label, known);
    return known;
  });
  return { rows, labels: own, clusters: names.size };
}

/** Silhouettes of rows that are all labelled 0 … clusters − 1. O(n² d). */
function widths({ data, rows, columns }: Matrix, labels: Int32Array, clusters: number): Float64Array {
  const sizes = new Int32Array(clusters);
  for (const label of labels) sizes[label]!++;
  const sums = new Float64Array(rows * clusters);
  for (let i = 0; i < rows; i++) {
    for (let j = i + 1; j < rows; j++) {
      const distance = Math.sqrt(squaredBetween(data, i * columns, data, j * columns, columns));
      sums[i * clusters + (labels[j] as number)]! += distance;
      sums[j * clusters + (labels[i] as number)]! += distance;
    }
  }
  return Float64Array.from({ length: rows }, (_, i) =>
    widthOf(sums.subarray(i * clusters, (i + 1) * clusters), sizes, labels[i] as number),
  );
}

/**
 * Silhouette of each row (Rousseeuw 1987): from −1, nearer to another cluster, to 1, far from all others; 0 for a cluster of one, NaN for noise.
 * O(n² d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_TOO_FEW_CLUSTERS` for less than two clusters.
 */
export function silhouetteSamples(
  points: Points,
  labels: ClusterLabels,
  options: { columns?: number } = {},
): Float64Array {
  const matrix = toMatrix(points, options.columns);
  const own = labelledRows(matrix, labels);
  needTwo(own.clusters);
  const found = widths(takeRows(matrix, own.rows), own.labels, own.clusters);
  const all = new Float64Array(matrix.rows).fill(Number.NaN);
  own.rows.forEach((row, at) => (all[row] = found[at] as number));
  return all;
}

/** @throws AttuneError `ATTUNE_ML_TOO_FEW_CLUSTERS`. */
export function needTwo(clusters: number): void {
  if (clusters >= 2) return;
  throw new AttuneError(
    "ATTUNE_ML_TOO_FEW_CLUSTERS",
    `How well clusters are apart can be said of two or more, and here ${clusters === 1 ? "is one" : "are none"}.`,
    { path: "/labels" },
  );
}

/**
 * Mean silhouette over all rows but noise, on a sample where there are many. O(min(n, sample)² d).
 *
 * @throws AttuneError those of {@link silhouetteSamples}.
 */
export function silhouette(points: Points, labels: ClusterLabels, options: SilhouetteOptions = {}): number {
  const matrix = toMatrix(points, options.columns);
  return meanSilhouette(matrix, labels, {
    sample: options.sample ?? 2000,
    random: options.random ?? seededRandom(1),
  });
}

/** As {@link silhouette}, of checked points. */
export function meanSilhouette(
  matrix: Matrix,
  labels: ClusterLabels,
  { sample, random }: { sample: number; random: RandomSource },
): number {
  const own = labelledRows(matrix, labels);
  needTwo(own.clusters);
  const chosen = sampleRows(own.rows.length, sample, random);
  const part = takeRows(
    matrix,
    chosen.map((at) => own.rows[at] as number),
  );
  const found = widths(
    part,
    chosen.map((at) => own.labels[at] as number),
    own.clusters,
  );
  return found.reduce((sum, width) => sum + width, 0) / found.length;
}

/**
 * A function that gives the mean silhouette of any labels of the same rows, on one random sample whose distances are measured once: for comparing many
 * partitions. 0 where fewer than two clusters are in the sample. O(sample² d) once, then O(sample²); memory sample² numbers.
 */
export function silhouetteJudge(
  matrix: Matrix,
  { sample, random }: { sample: number; random: RandomSource },
): (labels: Int32Array) => number {
  const chosen = sampleRows(matrix.rows, sample, random);
  const n = chosen.length;
  const { data, columns } = takeRows(matrix, chosen);
  const distances = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const distance = Math.sqrt(squaredBetween(data, i * columns, data, j * columns, columns));
      distances[i * n + j] = distances[j * n + i] = distance;
    }
  }
  return (labels) => {
    const own = chosen.map((row) => labels[row] as number);
    const clusters = own.reduce((most, label) => Math.max(most, label + 1), 0);
    const sizes = new Int32Array(clusters);
    for (const label of own) if (label >= 0) sizes[label]!++;
    if (sizes.filter((size) => size > 0).length < 2) return 0;
    const sums = new Float64Array(clusters);
    let total = 0;
    let counted = 0;
    for (let i = 0; i < n; i++) {
      const label = own[i] as number;
      if (label < 0) continue;
      sums.fill(0);
      for (let j = 0; j < n; j++) {
        const other = own[j] as number;
        if (other >= 0) sums[other]! += distances[i * n + j] as number;
      }
      counted++;
      total += widthOf(sums, sizes, label);
    }
    return total / counted;
  };
}

/** Silhouette of one row from its summed distances to each cluster; 0 in a cluster of one. */
function widthOf(sums: Float64Array, sizes: Int32Array, own: number): number {
  const size = sizes[own] as number;
  if (size < 2) return 0;
  let other = Number.POSITIVE_INFINITY;
  for (let k = 0; k < sums.length; k++) {
    if (k !== own && sizes[k]) other = Math.min(other, (sums[k] as number) / (sizes[k] as number));
  }
  const inside = (sums[own] as number) / (size - 1);
  const most = Math.max(inside, other);
  return most > 0 && other < Number.POSITIVE_INFINITY ? (other - inside) / most : 0;
}
