import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { buildKdTree } from "../geometry/kd-tree.js";
import { dendrogramOf } from "../hierarchical/dendrogram.js";
import { wholeNumber } from "../options.js";
import { clusteringOf, memberModel } from "../result.js";
import type { Clustering, CommonOptions } from "../types.js";
import { type CondensedTree, condense, selectClusters } from "./condensed-tree.js";
import { coreDistances } from "./core-distances.js";
import { type Edges, spanningTree } from "./spanning-tree.js";

export interface HdbscanOptions extends CommonOptions {
  /** Rows that make a cluster (default 5), at least 2. */
  readonly minClusterSize?: number;
  /** Neighbours, the point itself among them, of the core distance (default: `minClusterSize`); more smooth the density. */
  readonly minSamples?: number;
  /** `excess-of-mass` (default) takes the clusters that last longest, `leaf` the finest. */
  readonly selection?: "excess-of-mass" | "leaf";
  /** Whether all rows may be one cluster (default false). */
  readonly allowSingleCluster?: boolean;
}

export interface HdbscanClustering extends Clustering {
  /** Per row: how deep in its cluster it lies, from 0 to 1; 0 for noise. */
  readonly probabilities: Float64Array;
  /** Per cluster: its excess of mass. */
  readonly stabilities: Float64Array;
}

/** The hierarchy of densities, from which clusters of any least size can be read. */
export interface DensityHierarchy {
  readonly matrix: Matrix;
  readonly core: Float64Array;
  readonly edges: Edges;
}

/** The part that costs: core distances and the spanning tree. About O(n log n) in few dimensions, O(n²) at worst. */
export function densityHierarchy(matrix: Matrix, minSamples: number): DensityHierarchy {
  const tree = buildKdTree(matrix);
  const core = coreDistances(matrix, Math.min(minSamples, matrix.rows), tree);
  return { matrix, core, edges: spanningTree(matrix, core, tree) };
}

/** Cluster of each row: the chosen one that holds the cluster it fell out of. */
function labelRows({ parent, home }: CondensedTree, chosen: readonly number[]): Int32Array {
  const of = new Int32Array(parent.length).fill(-1);
  chosen.forEach((cluster, label) => (of[cluster] = label));
  for (let cluster = 1; cluster < parent.length; cluster++) {
    if (of[cluster] === -1) of[cluster] = of[parent[cluster] as number] as number;
  }
  return home.map((cluster) => of[cluster] as number);
}

/** Reads clusters off a hierarchy. O(n log n). */
export function readHierarchy(hierarchy: DensityHierarchy, options: HdbscanOptions = {}): HdbscanClustering {
  const { matrix, edges } = hierarchy;
  const { minClusterSize = 5, selection = "excess-of-mass", allowSingleCluster = false } = options;
  const tree = condense(dendrogramOf(edges), minClusterSize);
  const chosen = selectClusters(tree, { selection, allowSingleCluster });
  const labels = labelRows(tree, chosen);
  const probabilities = Float64Array.from(labels, (label, row) => {
    if (label < 0) return 0;
    const death = tree.death[chosen[label] as number] as number;
    return death > 0 ? Math.min(1, (tree.lambda[row] as number) / death) : 1;
  });
  const widest = edges.weight.reduce((most, weight) => Math.max(most, weight), 0);
  const reach = chosen.map((cluster) => {
    const birth = tree.birth[cluster] as number;
    return birth > 0 ? 1 / birth : widest;
  });
  const members = [...labels.keys()].filter((row) => (labels[row] as number) >= 0);
  const clusters = chosen.length;
  const cutOf = (row: number): number => reach[labels[row] as number] as number;
  const model = memberModel(matrix, members, { labels, clusters, cutOf });
  return {
    ...clusteringOf(matrix, labels, { algorithm: "hdbscan", engine: "native", clusters, model }),
    probabilities,
    stabilities: Float64Array.from(chosen, (cluster) => tree.stability[cluster] as number),
  };
}

/**
 * HDBSCAN (Campello, Moulavi and Sander 2013): DBSCAN at all distances at once; of the clusters that come and go those are kept that last longest,
 * each at its own density, the rest is noise. A new point belongs to the cluster of its nearest member if it is no farther than the distance at
 * which that cluster parted from the others. About O(n log n) in few dimensions, O(n²) at worst; memory O(n · d).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`.
 */
export function hdbscan(points: Points, options: HdbscanOptions = {}): HdbscanClustering {
  const matrix = toMatrix(points, options.columns);
  const { minClusterSize = 5, minSamples = minClusterSize } = options;
  wholeNumber(minClusterSize, "/options/minClusterSize", 2);
  wholeNumber(minSamples, "/options/minSamples");
  return readHierarchy(densityHierarchy(matrix, minSamples), options);
}
