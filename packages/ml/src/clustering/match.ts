import { AttuneError } from "@attune/core";
import type { Points } from "../data/points.js";
import { toMatrix } from "../data/points.js";
import { assign } from "./assign.js";
import type { ClusterLabels } from "./quality/agreement.js";
import type { AssignmentModel, Clustering } from "./types.js";

export interface MatchOptions {
  /** Least overlap (Jaccard: rows in both over rows in either) at which a cluster is still the same (default 0.3). */
  readonly leastOverlap?: number;
  /** First number for clusters that are new (default: one above the highest before). Pass the highest ever used, plus one, so that no number comes back with other people. */
  readonly nextLabel?: number;
}

export interface ClusterMatch {
  /** Per cluster after: its number from before, or a new one. */
  readonly labels: Int32Array;
  /** Per cluster after: overlap with the one whose number it bears; 0 for a new one. */
  readonly overlaps: Float64Array;
  /** Numbers from before that no cluster bears any more. */
  readonly gone: readonly number[];
  /** First number that is free for the next time. */
  readonly nextLabel: number;
}

/**
 * The cheapest pairing of rows with columns of a cost matrix with rows ≤ columns (Kuhn 1955, Munkres 1957; shortest augmenting paths after Jonker and
 * Volgenant 1987). O(rows² · columns).
 *
 * @returns Column of each row.
 */
export function cheapestPairs(cost: readonly (readonly number[])[], columns: number): Int32Array {
  const rows = cost.length;
  const rowPrice = new Float64Array(rows + 1);
  const columnPrice = new Float64Array(columns + 1);
  const owner = new Int32Array(columns + 1);
  const before = new Int32Array(columns + 1);
  for (let row = 1; row <= rows; row++) {
    owner[0] = row;
    let at = 0;
    const least = new Float64Array(columns + 1).fill(Number.POSITIVE_INFINITY);
    const used = new Uint8Array(columns + 1);
    do {
      used[at] = 1;
      const current = owner[at] as number;
      let delta = Number.POSITIVE_INFINITY;
      let next = 0;
      for (let c = 1; c <= columns; c++) {
        if (used[c]) continue;
        const reduced =
          ((cost[current - 1] as readonly number[])[c - 1] as number) -
          (rowPrice[current] as number) -
          (columnPrice[c] as number);
        if (reduced < (least[c] as number)) {
          least[c] = reduced;
          before[c] = at;
        }
        if ((least[c] as number) < delta) {
          delta = least[c] as number;
          next = c;
        }
      }
      for (let c = 0; c <= columns; c++) {
        if (used[c]) {
          rowPrice[owner[c] as number]! += delta;
          columnPrice[c]! -= delta;
        } else least[c]! -= delta;
      }
      at = next;
    } while (owner[at] !== 0);
    for (; at !== 0; at = before[at] as number) owner[at] = owner[before[at] as number] as number;
  }
  const pairs = new Int32Array(rows).fill(-1);
  for (let c = 1; c <= columns; c++) if ((owner[c] as number) > 0) pairs[(owner[c] as number) - 1] = c - 1;
  return pairs;
}

const countOf = (labels: ClusterLabels): number => {
  let highest = -1;
  for (const label of labels) highest = Math.max(highest, label);
  return highest + 1;
};

/**
 * Which cluster after a refit is which from before, by the rows they share: the pairing of greatest total overlap, so that "segment 3" stays the same
 * people. O(n + k³).
 *
 * @param before, after Labels of the same rows; −1 is none.
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE` where they differ in length.
 */
export function matchClusters(
  before: ClusterLabels,
  after: ClusterLabels,
  options: MatchOptions = {},
): ClusterMatch {
  if (before.length !== after.length) {
    throw new AttuneError(
      "ATTUNE_ML_BAD_SHAPE",
      `There are ${before.length} labels before and ${after.length} after: give both for the same rows.`,
      { path: "/after" },
    );
  }
  const { leastOverlap = 0.3 } = options;
  const [old, now] = [countOf(before), countOf(after)];
  const shared = Array.from({ length: now }, () => new Float64Array(old));
  const sizeBefore = new Float64Array(old);
  const sizeAfter = new Float64Array(now);
  for (let i = 0; i < before.length; i++) {
    const [a, b] = [before[i] as number, after[i] as number];
    if (a >= 0) sizeBefore[a]!++;
    if (b >= 0) sizeAfter[b]!++;
    if (a >= 0 && b >= 0) (shared[b] as Float64Array)[a]!++;
  }
  const overlap = (b: number, a: number): number => {
    const both = (shared[b] as Float64Array)[a] as number;
    return both === 0 ? 0 : both / ((sizeBefore[a] as number) + (sizeAfter[b] as number) - both);
  };
  // As many columns as rows at least: a cluster may find no match.
  const width = Math.max(old, now);
  const cost = shared.map((_, b) => Array.from({ length: width }, (__, a) => (a < old ? -overlap(b, a) : 0)));
  const pairs = cheapestPairs(cost, width);
  let nextLabel = Math.max(options.nextLabel ?? old, old);
  const overlaps = new Float64Array(now);
  const labels = Int32Array.from({ length: now }, (_, b) => {
    const a = pairs[b] as number;
    const found = a < old ? overlap(b, a) : 0;
    if (found === 0 || found < leastOverlap) return nextLabel++;
    overlaps[b] = found;
    return a;
  });
  const kept = new Set(labels);
  const gone = Array.from({ length: old }, (_, a) => a).filter(
    (a) => (sizeBefore[a] as number) > 0 && !kept.has(a),
  );
  return { labels, overlaps, gone, nextLabel };
}

/**
 * As {@link matchClusters}, where the rows are other people: points, old or new, are placed by both clusterings and these labels are matched.
 *
 * @throws AttuneError those of `assign`.
 */
export function matchRefit(
  before: Clustering | AssignmentModel,
  after: Clustering | AssignmentModel,
  { points, columns, ...options }: MatchOptions & { readonly points: Points; readonly columns?: number },
): ClusterMatch {
  const width = "model" in before ? before.model.columns : before.columns;
  const matrix = toMatrix(points, columns ?? (ArrayBuffer.isView(points) ? width : undefined));
  const at = { columns: matrix.columns };
  return matchClusters(
    assign(before, matrix.data, at).labels,
    assign(after, matrix.data, at).labels,
    options,
  );
}
