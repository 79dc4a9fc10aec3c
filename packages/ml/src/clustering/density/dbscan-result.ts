import type { Matrix } from "../../data/points.js";
import { clusteringOf, memberModel } from "../result.js";
import type { Clustering, ClusteringEngine } from "../types.js";

export interface DbscanClustering extends Clustering {
  /** Rows of the core points, rising. */
  readonly core: Int32Array;
}

/** The result, from core points that are known and labelled. */
export function dbscanResult(
  matrix: Matrix,
  labels: Int32Array,
  rest: { core: Int32Array; clusters: number; eps: number; engine: ClusteringEngine },
): DbscanClustering {
  const { core, clusters, eps, engine } = rest;
  const model = memberModel(matrix, core, { labels, clusters, cutOf: () => eps });
  return { ...clusteringOf(matrix, labels, { algorithm: "dbscan", engine, clusters, model }), core };
}
