import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { isWithin } from "../geometry/distance.js";
import { boxDistance } from "../geometry/boxes.js";
import { buildKdTree, type KdTree } from "../geometry/kd-tree.js";
import { narrowed } from "../geometry/narrowed.js";
import { finiteNumber, wholeNumber } from "../options.js";
import type { CommonOptions } from "../types.js";
import { coreRows, countWithin } from "./core-points.js";
import { type DbscanClustering, dbscanResult } from "./dbscan-result.js";
import { densityClusteringDbscan } from "./density-clustering.js";
import { joinWithin } from "./join-within.js";

export interface DbscanOptions extends CommonOptions {
  /** How far a neighbour may be, Euclidean; at exactly that distance it still is one. Above 0; see `suggestEps`. */
  readonly eps: number;
  /** Neighbours, the point itself among them, that make a core point (default 5). */
  readonly minSamples?: number;
}

/** Points of a leaf: distances cost less than boxes here, since most are given up after four columns. */
const LEAF = 40;

interface Cores {
  readonly tree: KdTree;
  /** Label per place in leaf order. */
  readonly labels: Int32Array;
}

/** The lowest cluster of a core point within reach; −1 for none. Near boxes come first: those of the same or higher clusters are then left closed. */
function lowestWithin({ tree, labels }: Cores, eps: number, lowestOf: Int32Array) {
  const within = eps * eps;
  const { points, columns, start, end, second } = tree;
  let best = -1;
  const visit = (node: number, data: Float64Array, from: number): void => {
    if (best >= 0 && (lowestOf[node] as number) >= best) return;
    const other = second[node] as number;
    if (other >= 0) {
      const a = boxDistance(tree, node + 1, data, from);
      const b = boxDistance(tree, other, data, from);
      if (b < a && b <= within) visit(other, data, from);
      if (a <= within) visit(node + 1, data, from);
      if (b >= a && b <= within) visit(other, data, from);
      return;
    }
    for (let i = start[node] as number; i < (end[node] as number); i++) {
      const label = labels[i] as number;
      if (best >= 0 && label >= best) continue;
      if (isWithin(points, i * columns, data, from, columns, within)) best = label;
    }
  };
  return (data: Float64Array, from: number): number => {
    best = -1;
    if (tree.size > 0) visit(0, data, from);
    return best;
  };
}

/** Lowest label below each node. */
function lowestLabels({ tree, labels }: Cores): Int32Array {
  const lowest = new Int32Array(tree.nodes);
  for (let node = tree.nodes - 1; node >= 0; node--) {
    const other = tree.second[node] as number;
    if (other >= 0) {
      lowest[node] = Math.min(lowest[node + 1] as number, lowest[other] as number);
      continue;
    }
    // Nodes without core points are behind all others.
    let least = labels.length;
    for (let i = tree.start[node] as number; i < (tree.end[node] as number); i++) {
      least = Math.min(least, labels[i] as number);
    }
    lowest[node] = least;
  }
  return lowest;
}

/** Numbers the components of core points by their first row, and notes them in `labels`, which are by row. */
function labelCores(tree: KdTree, eps: number, labels: Int32Array): { cores: Cores; clusters: number } {
  const find = joinWithin(tree, eps);
  const placeOf = new Int32Array(labels.length).fill(-1);
  for (let place = 0; place < tree.size; place++) placeOf[tree.rows[place] as number] = place;
  const number = new Int32Array(tree.size).fill(-1);
  const ofPlace = new Int32Array(tree.size);
  let clusters = 0;
  for (let row = 0; row < labels.length; row++) {
    const place = placeOf[row] as number;
    if (place < 0) continue;
    const root = find(place);
    if (number[root] === -1) number[root] = clusters++;
    labels[row] = ofPlace[place] = number[root] as number;
  }
  return { cores: { tree, labels: ofPlace }, clusters };
}

function native(matrix: Matrix, eps: number, minSamples: number): DbscanClustering {
  const tree = buildKdTree(matrix, LEAF);
  const found = countWithin(tree, eps, minSamples);
  const isCore = Uint8Array.from(found, (count) => (count >= minSamples ? 1 : 0));
  const labels = new Int32Array(matrix.rows).fill(-1);
  const { cores, clusters } = labelCores(narrowed(tree, isCore), eps, labels);
  const lowest = lowestWithin(cores, eps, lowestLabels(cores));
  for (let place = 0; place < tree.size; place++) {
    // A point that is alone within its reach is noise.
    if (isCore[place] || found[place] === 1) continue;
    labels[tree.rows[place] as number] = lowest(tree.points, place * tree.columns);
  }
  const core = coreRows(tree, found, minSamples);
  return dbscanResult(matrix, labels, { core, clusters, eps, engine: "native" });
}

/**
 * DBSCAN (Ester, Kriegel, Sander and Xu 1996): clusters of any shape where points are dense, the rest is noise. Clusters are numbered by their
 * first core point; a border point within reach of several goes to the lowest. The result does not depend on how many neighbours there are within
 * `eps` in time or memory: about O(n log n) in few dimensions, O(n²) at worst, memory O(n · d).
 *
 * With `density-clustering` a promise: the library is loaded when first asked for; it compares every pair.
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_MISSING_LIBRARY`.
 */
export function dbscan(
  points: Points,
  options: DbscanOptions & { readonly engine?: "native" },
): DbscanClustering;
export function dbscan(
  points: Points,
  options: DbscanOptions & { readonly engine: "density-clustering" },
): Promise<DbscanClustering>;
export function dbscan(
  points: Points,
  options: DbscanOptions & { readonly engine?: "native" | "density-clustering" },
): DbscanClustering | Promise<DbscanClustering>;
export function dbscan(
  points: Points,
  options: DbscanOptions & { readonly engine?: "native" | "density-clustering" },
): DbscanClustering | Promise<DbscanClustering> {
  const matrix = toMatrix(points, options.columns);
  const { eps, minSamples = 5 } = options;
  finiteNumber(eps, "/options/eps", { isAbove: true });
  wholeNumber(minSamples, "/options/minSamples");
  if (options.engine === "density-clustering") return densityClusteringDbscan(matrix, eps, minSamples);
  return native(matrix, eps, minSamples);
}
