import type { Matrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";

/** What Hamerly's (2010) variant of Lloyd's algorithm keeps of each point: it is often enough to know that its centroid is still the nearest. */
export interface Bounds {
  readonly labels: Int32Array;
  /** At least the distance to the own centroid. */
  readonly upper: Float64Array;
  /** At most the distance to any other. */
  readonly lower: Float64Array;
}

export const newBounds = (rows: number): Bounds => ({
  labels: new Int32Array(rows).fill(-1),
  upper: new Float64Array(rows).fill(Number.POSITIVE_INFINITY),
  lower: new Float64Array(rows),
});

/** Half the distance of each centroid to its nearest other: a point closer to its own than that has no nearer one. */
function halfGaps(centroids: Float64Array, columns: number): Float64Array {
  const k = centroids.length / columns;
  const gaps = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let a = 0; a < k; a++) {
    for (let b = a + 1; b < k; b++) {
      const half = Math.sqrt(squaredBetween(centroids, a * columns, centroids, b * columns, columns)) / 2;
      if (half < (gaps[a] as number)) gaps[a] = half;
      if (half < (gaps[b] as number)) gaps[b] = half;
    }
  }
  return gaps;
}

/**
 * Gives every point its nearest centroid, the first of equals, as a full search would. O(n · k · d) at first, then little more than O(n).
 *
 * @returns How many points changed.
 */
export function assignPoints(
  { data, rows, columns }: Matrix,
  centroids: Float64Array,
  bounds: Bounds,
): number {
  const { labels, upper, lower } = bounds;
  const k = centroids.length / columns;
  const half = columns >> 1;
  const gaps = halfGaps(centroids, columns);
  let changed = 0;
  for (let i = 0; i < rows; i++) {
    const own = labels[i] as number;
    const from = i * columns;
    if (own >= 0) {
      const safe = Math.max(gaps[own] as number, lower[i] as number);
      if ((upper[i] as number) < safe) continue;
      const exact = Math.sqrt(squaredBetween(data, from, centroids, own * columns, columns));
      upper[i] = exact;
      if (exact < safe) continue;
    }
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (let j = 0, at = 0; j < k; j++, at += columns) {
      let sum = 0;
      let c = 0;
      for (; c < half; c++) {
        const difference = (data[from + c] as number) - (centroids[at + c] as number);
        sum += difference * difference;
      }
      // A sum only grows: most centroids are known to be neither the nearest nor the next by half of the columns.
      if (sum >= next) continue;
      for (; c < columns; c++) {
        const difference = (data[from + c] as number) - (centroids[at + c] as number);
        sum += difference * difference;
      }
      if (sum < least) {
        next = least;
        least = sum;
        nearest = j;
      } else if (sum < next) next = sum;
    }
    upper[i] = Math.sqrt(least);
    lower[i] = Math.sqrt(next);
    if (nearest !== own) {
      labels[i] = nearest;
      changed++;
    }
  }
  return changed;
}

/** Loosens all bounds by how far the centroids moved. */
export function loosen({ labels, upper, lower }: Bounds, moved: Float64Array): void {
  let farthest = 0;
  for (let j = 1; j < moved.length; j++) if ((moved[j] as number) > (moved[farthest] as number)) farthest = j;
  let second = 0;
  for (let j = 0; j < moved.length; j++) if (j !== farthest) second = Math.max(second, moved[j] as number);
  const most = moved[farthest] as number;
  for (let i = 0; i < labels.length; i++) {
    const own = labels[i] as number;
    upper[i] = (upper[i] as number) + (moved[own] as number);
    lower[i] = (lower[i] as number) - (own === farthest ? second : most);
  }
}
