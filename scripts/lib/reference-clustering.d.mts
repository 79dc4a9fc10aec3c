import type * as Clustering from "../../packages/ml/src/clustering/index.js";

export function namedAs(labels: ArrayLike<number>, expected: readonly number[]): number[];

export function clusteringFunctions(
  ml: typeof Clustering,
  datasets: Record<string, { readonly X: number[][] }>,
): Record<string, (input: Record<string, unknown>, expected?: Record<string, unknown>) => unknown>;
