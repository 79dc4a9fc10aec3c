import type { RandomSource } from "@attune/core";
import type { Matrix } from "../../data/points.js";
import { cutIntoClusters } from "../hierarchical/dendrogram.js";
import { buildDendrogram } from "../hierarchical/hierarchical.js";
import { kmeans } from "../kmeans/kmeans.js";
import { silhouetteJudge } from "../quality/silhouette.js";
import { sizesOf } from "../result.js";
import { shallowestValley } from "./valley.js";

/** A partition that may be chosen, and what is known of it. */
export interface Candidate {
  readonly algorithm: "kmeans" | "hierarchical" | "hdbscan";
  readonly clusters: number;
  readonly labels: Int32Array;
  readonly silhouette: number;
}

/** Least share of the rows that a cluster has in a candidate: what is smaller is an outlier. */
const LEAST_SHARE = 0.01;
/** A valley deeper than this parts two clusters; two normal clouds of like size show it from 3 standard deviations on. */
export const VALLEY = 0.5;
/** Rows a silhouette is computed on. */
const JUDGED = 1000;

/** Most clusters that are tried: the square root of the rows, at most 35. */
export const mostClusters = (rows: number): number =>
  Math.max(2, Math.min(35, Math.floor(Math.sqrt(rows)), rows - 1));

/** K-means and Ward for every number of clusters, best silhouette first. */
export function convexCandidates(matrix: Matrix, most: number, random: RandomSource): Candidate[] {
  const tree = buildDendrogram(matrix, "ward");
  const least = Math.max(2, LEAST_SHARE * matrix.rows);
  const judge = silhouetteJudge(matrix, { sample: JUDGED, random });
  const candidates: Candidate[] = [];
  const add = (
    algorithm: "kmeans" | "hierarchical",
    found: { labels: Int32Array; clusters: number },
  ): void => {
    const { labels, clusters } = found;
    if (clusters < 2 || sizesOf(labels, clusters).some((size) => size < least)) return;
    candidates.push({ algorithm, clusters, labels, silhouette: judge(labels) });
  };
  for (let k = 2; k <= most; k++) {
    add("kmeans", kmeans(matrix.data, { columns: matrix.columns, k, starts: 3, random }));
    add("hierarchical", cutIntoClusters(tree, k));
  }
  return candidates.sort((a, b) => b.silhouette - a.silhouette);
}

/** The best silhouette whose clusters are all parted by valleys; null where none is. */
export function bestParted(matrix: Matrix, candidates: readonly Candidate[]): Candidate | null {
  return (
    candidates.find(({ labels, clusters }) => shallowestValley(matrix, labels, clusters) <= VALLEY) ?? null
  );
}
