import type { Matrix } from "../../data/points.js";
import { densityHierarchy, type HdbscanClustering, readHierarchy } from "../density/hdbscan.js";
import { adjustedRandIndex } from "../quality/agreement.js";

/** Most noise that clusters of density may leave: with more of it, density is not what parts the rows. */
const MOST_NOISE = 0.2;
/** Agreement from which two partitions count as the same. */
const SAME = 0.95;
const MIN_SAMPLES = 5;

export interface Lasting {
  readonly clustering: HdbscanClustering;
  readonly minClusterSize: number;
  /** ln of the range of least sizes over which it stays the same. */
  readonly persistence: number;
}

/** Least sizes that are tried: from 5 to a quarter of the rows, each 1.4 times the one before. */
function leastSizes(rows: number): number[] {
  const sizes: number[] = [];
  for (let size = 5; size <= Math.max(5, rows / 4); size = Math.ceil(size * 1.4)) sizes.push(size);
  return sizes;
}

/**
 * The clusters of HDBSCAN that stay the same over the widest range of its least cluster size, on a logarithmic scale; null where every setting
 * leaves fewer than two clusters or too much noise. The hierarchy is built once and read for each size.
 */
export function lastingClusters(matrix: Matrix, most: number): Lasting | null {
  const hierarchy = densityHierarchy(matrix, MIN_SAMPLES);
  const sizes = leastSizes(matrix.rows);
  let best: Lasting | null = null;
  let run: { first: number; clustering: HdbscanClustering } | null = null;
  const close = (end: number): void => {
    if (run === null) return;
    const persistence = Math.log(end / run.first);
    if (best === null || persistence > best.persistence) {
      best = { clustering: run.clustering, minClusterSize: run.first, persistence };
    }
    run = null;
  };
  for (const minClusterSize of sizes) {
    const clustering = readHierarchy(hierarchy, { minClusterSize });
    const isUsable =
      clustering.clusters >= 2 && clustering.clusters <= most && clustering.noise <= MOST_NOISE * matrix.rows;
    const current = run as { first: number; clustering: HdbscanClustering } | null;
    const isSame =
      current !== null &&
      current.clustering.clusters === clustering.clusters &&
      adjustedRandIndex(current.clustering.labels, clustering.labels) >= SAME;
    if (isUsable && isSame) continue;
    close(minClusterSize);
    if (isUsable) run = { first: minClusterSize, clustering };
  }
  close(Math.max(matrix.rows / 4, (sizes.at(-1) as number) * 1.4));
  return best;
}
