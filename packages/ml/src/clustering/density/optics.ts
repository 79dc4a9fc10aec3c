import { AttuneError } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { squaredBetween } from "../geometry/distance.js";
import { finiteNumber, wholeNumber } from "../options.js";
import { clusteringOf, memberModel } from "../result.js";
import type { Clustering, ClusteringEngine, CommonOptions } from "../types.js";
import { coreDistances, kneeOf } from "./core-distances.js";
import { asRows, justAbove, loadDensityClustering } from "./density-clustering.js";

export interface OpticsOptions extends CommonOptions {
  /** Neighbours, the point itself among them, that make a core point (default 5). */
  readonly minSamples?: number;
  /** Neighbours farther than this are not looked at (default Infinity). */
  readonly maxEps?: number;
  /** Where the plot is cut into clusters: those of DBSCAN at this distance (default: the knee of the core distances, at most `maxEps`). */
  readonly eps?: number;
  /** An order of all rows to measure along, found elsewhere. Of equally reached rows this code takes the first; others may take another. */
  readonly ordering?: Int32Array | readonly number[];
}

export interface OpticsClustering extends Clustering {
  /** Rows in the order in which they were reached. */
  readonly ordering: Int32Array;
  /** Per row: how far it was from what was reached before; Infinity where it started anew. */
  readonly reachability: Float64Array;
  /** Per row: distance to the `minSamples`-th nearest, itself counted; Infinity beyond `maxEps`. */
  readonly coreDistances: Float64Array;
}

/** Most rows: every pair is compared once. */
const MOST = 50_000;
/** Reachabilities are told apart to 15 decimals, so that equal ones stay equal whichever side they were measured from. */
const rounded = (value: number): number => {
  const scaled = value * 1e15;
  return scaled < Number.MAX_SAFE_INTEGER ? Math.round(scaled) / 1e15 : value;
};

interface Reached {
  readonly ordering: Int32Array;
  readonly reachability: Float64Array;
}

/** Visits in OPTICS' order, or in a given one, and notes how far each was from what came before. O(n² d). */
function reach(
  matrix: Matrix,
  core: Float64Array,
  { maxEps, given }: { maxEps: number; given?: Int32Array | readonly number[] },
): Reached {
  const { data, rows, columns } = matrix;
  const reachability = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  const ordering = new Int32Array(rows);
  const done = new Uint8Array(rows);
  let next = 0;
  for (let step = 0; step < rows; step++) {
    const at = given?.[step] ?? next;
    ordering[step] = at;
    done[at] = 1;
    const own = core[at] as number;
    next = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let other = 0; other < rows; other++) {
      if (done[other]) continue;
      if (own < Number.POSITIVE_INFINITY) {
        const distance = Math.sqrt(squaredBetween(data, at * columns, data, other * columns, columns));
        const reached = rounded(Math.max(distance, own));
        if (distance <= maxEps && reached < (reachability[other] as number)) reachability[other] = reached;
      }
      const far = reachability[other] as number;
      if (next < 0 || far < least) {
        next = other;
        least = far;
      }
    }
  }
  return { ordering, reachability };
}

/** Cuts the plot: the clusters of DBSCAN at `eps`, but for border points that came before their cluster. */
function cut({ ordering, reachability }: Reached, core: Float64Array, eps: number) {
  const labels = new Int32Array(ordering.length).fill(-1);
  let current = -1;
  for (const row of ordering) {
    if ((reachability[row] as number) > eps) {
      if ((core[row] as number) > eps) continue;
      current++;
    }
    labels[row] = current;
  }
  return { labels, clusters: current + 1 };
}

function result(
  matrix: Matrix,
  reached: Reached,
  rest: { core: Float64Array; eps: number; engine: ClusteringEngine },
) {
  const { core, eps, engine } = rest;
  const { labels, clusters } = cut(reached, core, eps);
  const cores = [...labels.keys()].filter(
    (row) => (core[row] as number) <= eps && (labels[row] as number) >= 0,
  );
  const model = memberModel(matrix, cores, { labels, clusters, cutOf: () => eps });
  const clustering = clusteringOf(matrix, labels, { algorithm: "optics", engine, clusters, model });
  return { ...clustering, ...reached, coreDistances: core };
}

/**
 * OPTICS (Ankerst, Breunig, Kriegel and Sander 1999): the order in which points reach each other and how far each was; valleys of that plot are
 * clusters, of different densities. Cut at `eps` into labels. O(n² d) time, O(n) memory; up to 50,000 rows.
 *
 * With `density-clustering` a promise: its order, along which reachabilities are measured as they are defined (the library itself leaves the core
 * distance out).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_TOO_MANY_ROWS`, `ATTUNE_ML_MISSING_LIBRARY`.
 */
export function optics(
  points: Points,
  options?: OpticsOptions & { readonly engine?: "native" },
): OpticsClustering;
export function optics(
  points: Points,
  options: OpticsOptions & { readonly engine: "density-clustering" },
): Promise<OpticsClustering>;
export function optics(
  points: Points,
  options: OpticsOptions & { readonly engine?: "native" | "density-clustering" },
): OpticsClustering | Promise<OpticsClustering>;
export function optics(
  points: Points,
  options: OpticsOptions & { readonly engine?: "native" | "density-clustering" } = {},
): OpticsClustering | Promise<OpticsClustering> {
  const matrix = toMatrix(points, options.columns);
  const { minSamples = 5, maxEps = Number.POSITIVE_INFINITY } = options;
  wholeNumber(minSamples, "/options/minSamples");
  if (maxEps !== Number.POSITIVE_INFINITY) finiteNumber(maxEps, "/options/maxEps", { isAbove: true });
  if (options.eps !== undefined) finiteNumber(options.eps, "/options/eps", { isAbove: true });
  if (matrix.rows > MOST) {
    throw new AttuneError(
      "ATTUNE_ML_TOO_MANY_ROWS",
      `OPTICS compares every pair and takes up to ${MOST} rows, not ${matrix.rows}: draw a sample and \`assign\` the rest, or use \`dbscan\`.`,
      { path: "/points" },
    );
  }
  const core = coreDistances(matrix, minSamples).map((distance) =>
    distance > maxEps ? Number.POSITIVE_INFINITY : rounded(distance),
  );
  const eps = Math.min(maxEps, options.eps ?? kneeOf(core));
  if (options.engine === "density-clustering") return byLibrary(matrix, { core, eps, maxEps, minSamples });
  const given = options.ordering;
  if (given !== undefined) checkOrdering(given, matrix.rows);
  const reached = reach(matrix, core, given === undefined ? { maxEps } : { maxEps, given });
  return result(matrix, reached, { core, eps, engine: "native" });
}

function checkOrdering(ordering: Int32Array | readonly number[], rows: number): void {
  const isRow = (row: number): boolean => Number.isInteger(row) && row >= 0 && row < rows;
  if (ordering.length === rows && new Set(ordering).size === rows && ordering.every(isRow)) return;
  throw new AttuneError("ATTUNE_ML_BAD_OPTION", "An ordering names every row once.", {
    path: "/options/ordering",
  });
}

async function byLibrary(
  matrix: Matrix,
  { core, eps, maxEps, minSamples }: { core: Float64Array; eps: number; maxEps: number; minSamples: number },
): Promise<OpticsClustering> {
  const { OPTICS } = await loadDensityClustering();
  const engine = new OPTICS();
  engine.run(asRows(matrix), Number.isFinite(maxEps) ? justAbove(maxEps) : Number.MAX_VALUE, minSamples);
  const given = Int32Array.from(engine.getReachabilityPlot(), ([row]) => row);
  return result(matrix, reach(matrix, core, { maxEps, given }), { core, eps, engine: "density-clustering" });
}
