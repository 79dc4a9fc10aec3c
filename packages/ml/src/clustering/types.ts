import type { RandomSource } from "@attune/core";

/** Which code does the work. `native` is this package's own, on typed arrays; the others are optional peer dependencies, loaded when first asked for. */
export type ClusteringEngine = "native" | "ml-kmeans" | "density-clustering" | "tfjs";

export type ClusteringAlgorithm =
  | "kmeans"
  | "mini-batch-kmeans"
  | "dbscan"
  | "optics"
  | "hdbscan"
  | "hierarchical";

/** What every clustering function of this room takes beside what is its own. */
export interface CommonOptions {
  /** How many numbers a point has; needed for typed arrays only. */
  readonly columns?: number;
}

/** Where chance is needed: handed in, so that a run repeats. */
export interface SeededOptions extends CommonOptions {
  /** Default: a generator with a fixed seed, so that the same points give the same clusters. */
  readonly random?: RandomSource;
}

/** What was done to each column before distances were measured: (value − center) ÷ scale, after the logarithm where `log` is 1. */
export interface Scaling {
  readonly method: "none" | "z-score" | "robust";
  readonly center: Float64Array;
  /** Never 0: a column that does not vary has 1. */
  readonly scale: Float64Array;
  /** 1 where the column is read as sign(x) · ln(1 + |x|) first. */
  readonly log: Uint8Array;
}

/**
 * What {@link assign} needs to place a point that was not there: it belongs to the cluster of the nearest prototype, if that is within its cut.
 * Plain numbers and typed arrays: it survives `structuredClone`; for JSON see `packClusters`.
 */
export interface AssignmentModel {
  readonly columns: number;
  readonly clusters: number;
  /** Applied to a point before it is compared; null: compared as it is. */
  readonly scaling: Scaling | null;
  /** m × columns, row-major: centroids, core points or members. */
  readonly prototypes: Float64Array;
  /** Cluster of each prototype. */
  readonly prototypeLabels: Int32Array;
  /** Per prototype: the farthest a point may be (Euclidean, after scaling) and still belong; Infinity for no cut. */
  readonly cuts: Float64Array;
}

/** What all algorithms and engines come to. */
export interface Clustering {
  readonly algorithm: ClusteringAlgorithm;
  readonly engine: ClusteringEngine;
  readonly columns: number;
  /** Cluster of each row, from 0; −1 is noise: no cluster. */
  readonly labels: Int32Array;
  /** How many clusters there are; 0 if all is noise. */
  readonly clusters: number;
  /** Rows in each cluster. */
  readonly sizes: Int32Array;
  readonly noise: number;
  /** clusters × columns, row-major: the mean of each cluster's rows, in the units of the points. */
  readonly centroids: Float64Array;
  readonly model: AssignmentModel;
}
