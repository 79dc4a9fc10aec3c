import type { Matrix } from "../../data/points.js";
import { buildKdTree } from "../geometry/kd-tree.js";
import { missingLibrary } from "../missing-library.js";
import { coreRows, countWithin } from "./core-points.js";
import { type DbscanClustering, dbscanResult } from "./dbscan-result.js";

type Distance = (a: number[], b: number[]) => number;

/** What is used of the package density-clustering, which comes without types. */
interface Library {
  readonly DBSCAN: new () => {
    run(points: number[][], eps: number, minSamples: number, distance?: Distance): number[][];
  };
  readonly OPTICS: new () => {
    run(points: number[][], eps: number, minSamples: number, distance?: Distance): number[][];
    getReachabilityPlot(): [number, number | undefined][];
  };
}

export async function loadDensityClustering(): Promise<Library> {
  const name = "density-clustering";
  try {
    const loaded = (await import("density-clustering" as string)) as { default?: Library } & Library;
    return loaded.default ?? loaded;
  } catch (cause) {
    throw missingLibrary(name, cause);
  }
}

/** The next larger number: the library's neighbours are nearer than a distance, ours at most as far. */
export function justAbove(value: number): number {
  const bits = new BigUint64Array(new Float64Array([value]).buffer);
  bits[0] = (bits[0] as bigint) + 1n;
  return new Float64Array(bits.buffer)[0] as number;
}

export const asRows = ({ data, columns }: Matrix): number[][] =>
  Array.from({ length: data.length / columns }, (_, i) => [...data.subarray(i * columns, (i + 1) * columns)]);

/** DBSCAN by the package density-clustering. O(n²). */
export async function densityClusteringDbscan(
  matrix: Matrix,
  eps: number,
  minSamples: number,
): Promise<DbscanClustering> {
  const { DBSCAN } = await loadDensityClustering();
  const found = new DBSCAN().run(asRows(matrix), justAbove(eps), minSamples);
  const labels = new Int32Array(matrix.rows).fill(-1);
  found.forEach((rows, cluster) => {
    for (const row of rows) labels[row] = cluster;
  });
  // It does not tell which points are core points, which new points are placed by.
  const tree = buildKdTree(matrix);
  const core = coreRows(tree, countWithin(tree, eps, minSamples), minSamples);
  return dbscanResult(matrix, labels, { core, clusters: found.length, eps, engine: "density-clustering" });
}
