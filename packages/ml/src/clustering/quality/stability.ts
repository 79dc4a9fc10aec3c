import { type RandomSource, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { nearestPrototypes } from "../assign.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import { finiteNumber, wholeNumber } from "../options.js";
import type { Clustering, SeededOptions } from "../types.js";
import { applyScaling } from "../choose/scaling.js";
import { adjustedRandIndex } from "./agreement.js";

export interface StabilityOptions extends SeededOptions {
  /** Refits (default 20). */
  readonly resamples?: number;
  /** Share of the rows that each refit sees, drawn without replacement (default 0.8). */
  readonly share?: number;
}

export interface Stability {
  /** Mean adjusted Rand index of the refits with the clusters of all rows, over all rows: 1 is the same each time. */
  readonly mean: number;
  /** Of each refit. */
  readonly each: readonly number[];
  /** Per cluster: how much of it was found again, mean Jaccard of its best match (Hennig 2007); by his rule below 0.6 a cluster is not to be trusted, from 0.85 it is. */
  readonly clusters: Float64Array;
}

/** Labels that a clustering gives to points, by nearest prototype without a cut where it was not fitted to them. */
function place({ model }: Clustering, matrix: Matrix): Int32Array {
  const scaled = model.scaling === null ? matrix : applyScaling(matrix, model.scaling);
  const cuts = new Float64Array(model.cuts.length).fill(Number.POSITIVE_INFINITY);
  return nearestPrototypes({ ...model, cuts }, scaled).labels;
}

/** Best Jaccard of each cluster among those of a refit. */
export function jaccards(labels: Int32Array, clusters: number, other: Int32Array): Float64Array {
  const sizes = new Map<number, number>();
  const own = new Int32Array(clusters);
  const common = Array.from({ length: clusters }, () => new Map<number, number>());
  labels.forEach((label, row) => {
    const found = other[row] as number;
    if (found >= 0) sizes.set(found, (sizes.get(found) ?? 0) + 1);
    if (label < 0) return;
    own[label]!++;
    const shared = common[label] as Map<number, number>;
    if (found >= 0) shared.set(found, (shared.get(found) ?? 0) + 1);
  });
  return Float64Array.from(common, (shared, k) =>
    Math.max(
      0,
      ...[...shared].map(
        ([found, count]) => count / ((own[k] as number) + (sizes.get(found) as number) - count),
      ),
    ),
  );
}

/** As {@link stability}, of checked points and a clustering that is known. */
export function stabilityOf(
  matrix: Matrix,
  fitted: Clustering,
  {
    fit,
    resamples,
    share,
    random,
  }: { fit: (part: Matrix) => Clustering; resamples: number; share: number; random: RandomSource },
): Stability {
  const reference = place(fitted, matrix);
  const size = Math.max(1, Math.round(share * matrix.rows));
  const clusters = new Float64Array(fitted.clusters);
  const each: number[] = [];
  for (let resample = 0; resample < resamples; resample++) {
    const again = place(fit(takeRows(matrix, sampleRows(matrix.rows, size, random))), matrix);
    each.push(adjustedRandIndex(reference, again));
    jaccards(reference, fitted.clusters, again).forEach((value, k) => {
      clusters[k]! += value / resamples;
    });
  }
  return { mean: each.reduce((sum, value) => sum + value, 0) / resamples, each, clusters };
}

/**
 * Whether clusters are found again when only part of the rows is seen: each refit is made of a random share of them, and all rows are placed by both.
 * `resamples` times what a fit takes.
 *
 * @param fit Makes clusters of rows: `(part) => kmeans(part.data, { columns: part.columns, k: 4 })`.
 * @throws AttuneError those of `toMatrix` and of `fit`, `ATTUNE_ML_BAD_OPTION`.
 */
export function stability(
  points: Points,
  fit: (part: Matrix) => Clustering,
  options: StabilityOptions = {},
): Stability {
  const matrix = toMatrix(points, options.columns);
  const { resamples = 20, share = 0.8, random = seededRandom(1) } = options;
  wholeNumber(resamples, "/options/resamples");
  finiteNumber(share, "/options/share", { isAbove: true });
  return stabilityOf(matrix, fit(matrix), { fit, resamples, share: Math.min(1, share), random });
}
