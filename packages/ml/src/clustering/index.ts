export {
  autoCluster,
  type AutoClustering,
  type AutoClusterOptions,
  type Considered,
} from "./choose/auto-cluster.js";
export { assign, type Assignment, type AssignOptions } from "./assign.js";
export { chooseK, type ChooseKOptions, type ChosenK, type KScore } from "./choose/choose-k.js";
export { applyScaling, heavyTailed, scalingOf } from "./choose/scaling.js";
export { type ClusterProfile, describeClusters, type DescribeOptions, type Trait } from "./describe.js";
export { type ClusterMatch, matchClusters, type MatchOptions, matchRefit } from "./match.js";
export { packClusters, type PackedClusters, unpackClusters } from "./pack.js";
export { dbscan, type DbscanOptions } from "./density/dbscan.js";
export type { DbscanClustering } from "./density/dbscan-result.js";
export { hdbscan, type HdbscanClustering, type HdbscanOptions } from "./density/hdbscan.js";
export { optics, type OpticsClustering, type OpticsOptions } from "./density/optics.js";
export { cutAtHeight, cutIntoClusters, type Dendrogram } from "./hierarchical/dendrogram.js";
export {
  hierarchical,
  type HierarchicalClustering,
  type HierarchicalOptions,
  type Linkage,
} from "./hierarchical/hierarchical.js";
export { kmeans, type KmeansClustering, type KmeansOptions } from "./kmeans/kmeans.js";
export { miniBatchKmeans, type MiniBatchKmeansOptions } from "./kmeans/mini-batch.js";
export {
  adjustedMutualInformation,
  adjustedRandIndex,
  fowlkesMallows,
  type ClusterLabels,
  normalizedMutualInformation,
} from "./quality/agreement.js";
export { densityValidity } from "./quality/density-validity.js";
export { calinskiHarabasz, daviesBouldin, withinSumOfSquares } from "./quality/indices.js";
export { stability, type Stability, type StabilityOptions } from "./quality/stability.js";
export { silhouette, type SilhouetteOptions, silhouetteSamples } from "./quality/silhouette.js";
export { centroidModel } from "./result.js";
export type * from "./types.js";
