import { AttuneError, type RandomSource, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { nearestPrototypes } from "../assign.js";
import { spanningTree } from "../density/spanning-tree.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import { clusterCount, finiteNumber } from "../options.js";
import { centroidModel, centroidsOf, clusteringOf, memberModel } from "../result.js";
import type { AssignmentModel, Clustering, SeededOptions } from "../types.js";
import { cutAtHeight, cutIntoClusters, type Dendrogram, dendrogramOf, type Merges } from "./dendrogram.js";
import { matrixMerges } from "./lance-williams.js";
import { wardMerges } from "./ward.js";

export type Linkage = "ward" | "complete" | "average" | "single";

export interface HierarchicalOptions extends SeededOptions {
  /** How the distance of two clusters is measured (default `ward`). */
  readonly linkage?: Linkage;
  /** How many clusters are cut off the tree: this or `height`. */
  readonly k?: number;
  /** Clusters that no merge above this height joins. */
  readonly height?: number;
  /**
   * Above 20,000 rows: refuse (default), or build the tree of a random sample of so many rows, at most 20,000, and give every other row the
   * cluster of its nearest prototype. `sampledRows` of the result tells.
   */
  readonly sample?: number;
}

export interface HierarchicalClustering extends Clustering {
  readonly dendrogram: Dendrogram;
  /** How many rows the tree was built of; null: of all. */
  readonly sampledRows: number | null;
}

/** Most rows a tree is built of. */
const MOST = 20_000;

function mergesOf(matrix: Matrix, linkage: Linkage): Merges {
  switch (linkage) {
    case "ward":
      return wardMerges(matrix);
    case "single":
      return spanningTree(matrix, new Float64Array(matrix.rows));
    case "average":
    case "complete":
      return matrixMerges(matrix, linkage);
  }
  throw new AttuneError("ATTUNE_ML_BAD_OPTION", "The linkage is one of ward, complete, average, single.", {
    path: "/options/linkage",
  });
}

/** The whole tree. O(n² d); memory O(n · d) for ward and single, n²/2 numbers for average and complete. */
export const buildDendrogram = (matrix: Matrix, linkage: Linkage): Dendrogram =>
  matrix.rows === 1
    ? dendrogramOf({ from: new Int32Array(0), to: new Int32Array(0), weight: new Float64Array(0) })
    : dendrogramOf(mergesOf(matrix, linkage));

function treeRows(matrix: Matrix, sample: number | undefined, random: RandomSource): Int32Array | null {
  if (matrix.rows <= MOST && (sample === undefined || sample >= matrix.rows)) return null;
  if (sample === undefined || !(Number.isInteger(sample) && sample > 1 && sample <= MOST)) {
    throw new AttuneError(
      "ATTUNE_ML_TOO_MANY_ROWS",
      `A tree is built of up to ${MOST} rows, not ${matrix.rows}: set \`sample\` to 2 … ${MOST} to build it of a random sample.`,
      { path: "/options/sample" },
    );
  }
  return sampleRows(matrix.rows, sample, random);
}

function cut(
  dendrogram: Dendrogram,
  { k, height }: HierarchicalOptions,
): { labels: Int32Array; clusters: number } {
  if ((k === undefined) === (height === undefined)) {
    throw new AttuneError("ATTUNE_ML_BAD_OPTION", "Give either `k` or `height` to cut the tree at.", {
      path: "/options/k",
    });
  }
  if (k !== undefined) return cutIntoClusters(dendrogram, clusterCount(k, dendrogram.rows));
  return cutAtHeight(dendrogram, finiteNumber(height as number, "/options/height"));
}

/** Single linkage follows shapes, so its members place new points; the others make round clusters, which centroids do. */
const modelOf = (
  matrix: Matrix,
  linkage: Linkage,
  found: { labels: Int32Array; clusters: number },
): AssignmentModel =>
  linkage === "single"
    ? memberModel(matrix, [...found.labels.keys()], { ...found, cutOf: () => Number.POSITIVE_INFINITY })
    : centroidModel(centroidsOf(matrix, found.labels, found.clusters), matrix.columns);

/**
 * Agglomerative clustering: the two nearest clusters are merged until one is left, and the tree is cut at `k` clusters or at a height. `ward` makes
 * compact clusters of like spread, `complete` and `average` compact ones, `single` follows chains. O(n² d) time; memory O(n · d) for ward and single,
 * n²/2 numbers for average and complete.
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_TOO_MANY_CLUSTERS`, above 20,000 rows without `sample`
 * `ATTUNE_ML_TOO_MANY_ROWS`.
 */
export function hierarchical(points: Points, options: HierarchicalOptions): HierarchicalClustering {
  const matrix = toMatrix(points, options.columns);
  const { linkage = "ward", sample, random = seededRandom(1) } = options;
  const rows = treeRows(matrix, sample, random);
  const part = rows === null ? matrix : takeRows(matrix, rows);
  const dendrogram = buildDendrogram(part, linkage);
  const found = cut(dendrogram, options);
  const model = modelOf(part, linkage, found);
  const labels = rows === null ? found.labels : nearestPrototypes(model, matrix).labels;
  const rest = { algorithm: "hierarchical", engine: "native", clusters: found.clusters, model } as const;
  return {
    ...clusteringOf(matrix, labels, rest),
    dendrogram,
    sampledRows: rows === null ? null : rows.length,
  };
}
