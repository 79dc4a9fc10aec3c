import { seededRandom } from "@attune/core";
import { type Points, toMatrix } from "../../data/points.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import { type KmeansClustering, kmeans } from "../kmeans/kmeans.js";
import { clusterCount, wholeNumber } from "../options.js";
import { stabilityOf } from "../quality/stability.js";
import { silhouetteJudge } from "../quality/silhouette.js";
import type { SeededOptions } from "../types.js";

export interface ChooseKOptions extends SeededOptions {
  /** Fewest clusters that are tried (default 2). */
  readonly min?: number;
  /** Most (default 10, at most one less than there are points). */
  readonly max?: number;
  /** Refits for the stability of each k (default 10). */
  readonly resamples?: number;
  /** Rows all this is done on, drawn at random where there are more (default 2000). */
  readonly sample?: number;
}

export interface KScore {
  readonly k: number;
  /** Mean silhouette, −1 … 1. */
  readonly silhouette: number;
  /** Mean adjusted Rand index of refits on 80 % of the rows. */
  readonly stability: number;
  readonly inertia: number;
}

export interface ChosenK {
  readonly k: number;
  /** Of every k that was tried, rising. */
  readonly scores: readonly KScore[];
}

/** From here a k is found again surely enough to be chosen, or it is within this of the surest. */
const STABLE = 0.8;

/**
 * How many clusters K-means should make: of the numbers whose clusters are found again on parts of the rows (stability of 0.8 or more, or the
 * highest where none has) the one with the best silhouette. O(max² · sample · d) beside the silhouettes, O(max · sample² d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_TOO_MANY_CLUSTERS`.
 */
export function chooseK(points: Points, options: ChooseKOptions = {}): ChosenK {
  const all = toMatrix(points, options.columns);
  const { min = 2, resamples = 10, sample = 2000, random = seededRandom(1) } = options;
  const max = options.max ?? Math.max(min, Math.min(10, all.rows - 1));
  wholeNumber(min, "/options/min", 2);
  wholeNumber(max, "/options/max", min);
  wholeNumber(resamples, "/options/resamples");
  wholeNumber(sample, "/options/sample", 2);
  clusterCount(max, Math.min(sample, all.rows), "/options/max");
  const matrix = takeRows(all, sampleRows(all.rows, sample, random));
  const fit =
    (k: number, starts: number) =>
    (part: { data: Float64Array; columns: number; rows: number }): KmeansClustering =>
      kmeans(part.data, { columns: part.columns, k: Math.min(k, part.rows), starts, random });
  const judge = silhouetteJudge(matrix, { sample: 1000, random });
  const scores: KScore[] = [];
  for (let k = min; k <= max; k++) {
    const fitted = fit(k, 5)(matrix);
    // Fewer distinct points than that: no more clusters come out.
    if (fitted.clusters < k) break;
    const stability = stabilityOf(matrix, fitted, { fit: fit(k, 3), resamples, share: 0.8, random }).mean;
    scores.push({ k, silhouette: judge(fitted.labels), stability, inertia: fitted.inertia });
  }
  const surest = Math.max(...scores.map(({ stability }) => stability));
  const sure = scores.filter(({ stability }) => stability >= Math.min(STABLE, surest));
  const best = sure.reduce<KScore | null>(
    (top, score) => (top === null || score.silhouette > top.silhouette ? score : top),
    null,
  );
  return { k: best?.k ?? 1, scores };
}
