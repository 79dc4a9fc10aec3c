import { type RandomSource, seededRandom } from "@attune/core";
import { type Matrix, type Points, toMatrix } from "../../data/points.js";
import { nearestPrototypes } from "../assign.js";
import { coreDistances } from "../density/core-distances.js";
import { hdbscan } from "../density/hdbscan.js";
import { sampleRows, takeRows } from "../geometry/sample-rows.js";
import { hierarchical } from "../hierarchical/hierarchical.js";
import { kmeans } from "../kmeans/kmeans.js";
import { wholeNumber } from "../options.js";
import { validityOf } from "../quality/density-validity.js";
import { stabilityOf } from "../quality/stability.js";
import { meanSilhouette } from "../quality/silhouette.js";
import { centroidModel, centroidsOf, clusteringOf, memberModel } from "../result.js";
import type { AssignmentModel, Clustering, Scaling, SeededOptions } from "../types.js";
import { bestParted, type Candidate, convexCandidates, mostClusters } from "./convex.js";
import { type Lasting, lastingClusters } from "./lasting.js";
import { refines } from "./refines.js";
import { applyScaling, heavyTailed, scalingOf } from "./scaling.js";

export interface AutoClusterOptions extends SeededOptions {
  /** Most clusters (default: the square root of the rows, at most 35). */
  readonly maxClusters?: number;
  /** `auto` (default): z-scores, heavy-tailed columns by their logarithm; `none` where all columns are on one scale already. */
  readonly scaling?: "auto" | "none" | Scaling;
  /** Whether rows that are in no cluster stay so (default false: each gets the cluster of its nearest member). */
  readonly keepNoise?: boolean;
  /** Rows the choice is made on, drawn at random where there are more (default 3000). */
  readonly sample?: number;
  /** Refits by which each finalist's stability is told (default 10). */
  readonly resamples?: number;
}

/** A partition that was considered, and how it did. */
export interface Considered {
  readonly algorithm: Candidate["algorithm"];
  readonly clusters: number;
  readonly silhouette: number;
  /** DBCV ({@link densityValidity}): of clusters of density what the silhouette is of round ones. Null where too few rows were looked at. */
  readonly validity: number | null;
  /** Mean adjusted Rand index of refits on 80 % of the rows. */
  readonly stability: number;
  /** Share of the rows it left as noise. */
  readonly noise: number;
  /** Whether density dips between all its clusters; where not, the rows are one cloud that was cut for want of better. */
  readonly isParted: boolean;
}

export interface AutoClustering extends Clustering {
  /** How the columns were scaled; also in `model`. */
  readonly scaling: Scaling;
  /** Why these: the finalists, the chosen one first; empty where all rows are one cluster. */
  readonly considered: readonly Considered[];
}

/** Rows by which silhouette and validity of a finalist are told. */
const JUDGED = 1000;

interface Finalist {
  readonly labels: Int32Array;
  readonly report: Considered;
}

interface Judging {
  readonly matrix: Matrix;
  readonly resamples: number;
  readonly random: RandomSource;
}

function refit(
  { matrix, resamples, random }: Judging,
  fitted: Clustering,
  fit: (part: Matrix) => Clustering,
): number {
  return stabilityOf(matrix, fitted, { fit, resamples, share: 0.8, random }).mean;
}

function convexFinalist(judging: Judging, candidate: Candidate, isParted: boolean): Finalist {
  const { matrix } = judging;
  const { algorithm, clusters: k, labels, silhouette } = candidate;
  const fitted = clusteringOf(matrix, labels, { algorithm, engine: "native", clusters: k });
  const stability = refit(judging, fitted, ({ data, rows, columns }) =>
    algorithm === "kmeans"
      ? kmeans(data, { columns, k: Math.min(k, rows), starts: 3, random: judging.random })
      : hierarchical(data, { columns, k: Math.min(k, rows) }),
  );
  const validity = validityOf(matrix, labels, { sample: JUDGED, random: judging.random });
  return { labels, report: { algorithm, clusters: k, silhouette, validity, stability, noise: 0, isParted } };
}

function densityFinalist(judging: Judging, { clustering, minClusterSize }: Lasting): Finalist {
  const { matrix, random } = judging;
  const least = Math.max(2, Math.round(0.8 * minClusterSize));
  const stability = refit(judging, clustering, ({ data, columns }) =>
    hdbscan(data, { columns, minClusterSize: least, minSamples: 5 }),
  );
  const { labels, clusters, noise } = clustering;
  const silhouette = meanSilhouette(matrix, labels, { sample: JUDGED, random });
  const validity = validityOf(matrix, labels, { sample: JUDGED, random });
  const share = noise / matrix.rows;
  return {
    labels,
    report: { algorithm: "hdbscan", clusters, silhouette, validity, stability, noise: share, isParted: true },
  };
}

/** Below this a partition is not found again often enough to be one. */
const STABLE = 0.6;
/** Numbers of clusters that are tried where nothing parts the rows. */
const FEW = 8;

/** Where nothing parts the rows: of the best for each small number of clusters the one that is found again most surely. */
function mostStable(judging: Judging, candidates: readonly Candidate[]): Finalist[] {
  const ofEach = new Map<number, Candidate>();
  for (const candidate of candidates) {
    if (candidate.clusters <= FEW && !ofEach.has(candidate.clusters))
      ofEach.set(candidate.clusters, candidate);
  }
  return [...ofEach.values()]
    .map((candidate) => convexFinalist(judging, candidate, false))
    .sort((a, b) => b.report.stability - a.report.stability);
}

/** The finalists, best first: round clusters come before those of density only where they split them at a dip and are found again. */
function ranked(judging: Judging, most: number): Finalist[] {
  const { matrix, random } = judging;
  const lasting = lastingClusters(matrix, most);
  const candidates = convexCandidates(matrix, most, random);
  const parted = bestParted(matrix, candidates);
  const convex = parted === null ? null : convexFinalist(judging, parted, true);
  if (lasting === null) return convex === null ? mostStable(judging, candidates) : [convex];
  const dense = densityFinalist(judging, lasting);
  if (convex === null) return [dense];
  const isFiner =
    convex.report.clusters > dense.report.clusters &&
    convex.report.stability >= STABLE &&
    refines(matrix, { labels: convex.labels, clusters: convex.report.clusters }, dense.labels);
  return isFiner ? [convex, dense] : [dense, convex];
}

/** Most members that stand for the clusters of density. */
const PROTOTYPES = 2000;

function modelOf(
  matrix: Matrix,
  finalist: Finalist,
  { keepNoise, random }: { keepNoise: boolean; random: RandomSource },
): AssignmentModel {
  const { labels, report } = finalist;
  const { clusters } = report;
  if (report.algorithm !== "hdbscan")
    return centroidModel(centroidsOf(matrix, labels, clusters), matrix.columns);
  const members = Int32Array.from([...labels.keys()].filter((row) => (labels[row] as number) >= 0));
  const kept = sampleRows(members.length, PROTOTYPES, random).map((at) => members[at] as number);
  const cutOf = keepNoise ? nearestGap(matrix, kept) : () => Number.POSITIVE_INFINITY;
  return memberModel(matrix, kept, { labels, clusters, cutOf });
}

/** A cut for all members: three times the distance within which nine of ten members have another. */
function nearestGap(matrix: Matrix, rows: Int32Array): () => number {
  const part = takeRows(matrix, rows);
  const near = coreDistances(part, Math.min(2, rows.length)).sort();
  const cut = 3 * (near[Math.floor(0.9 * (near.length - 1))] as number);
  return () => cut;
}

/** All rows, by the model that was learned on some or all of them. */
function labelAll(
  all: Matrix,
  model: AssignmentModel,
  known: { labels: Int32Array; isWhole: boolean; keepNoise: boolean },
) {
  if (known.isWhole && (known.keepNoise || !known.labels.includes(-1))) return known.labels;
  const placed = nearestPrototypes(model, all).labels;
  return known.isWhole
    ? known.labels.map((label, row) => (label >= 0 ? label : (placed[row] as number)))
    : placed;
}

function scalingFor(matrix: Matrix, asked: AutoClusterOptions["scaling"] = "auto"): Scaling {
  if (typeof asked === "object") return asked;
  if (asked === "none") return scalingOf(matrix, { method: "none" });
  return scalingOf(matrix, { method: "z-score", log: heavyTailed(matrix) });
}

/**
 * Clusters without being told how many or of which shape. Columns are scaled, then two kinds of partitions compete: those of density (HDBSCAN; the
 * one that stays the same over the widest range of its least cluster size) and round ones (K-means and Ward for every k; the best silhouette whose
 * clusters are parted by a real dip in density). Those of density win, unless the round ones split them where density dips and are found again on
 * parts of the rows. Where nothing parts the rows, the few round clusters that are found again most surely (`isParted` false). Labels are never asked.
 * Chosen on a sample of 3000 rows at most, in about a second; then O(n log m).
 *
 * @throws AttuneError those of `toMatrix`, `ATTUNE_ML_BAD_OPTION`.
 */
export function autoCluster(points: Points, options: AutoClusterOptions = {}): AutoClustering {
  const raw = toMatrix(points, options.columns);
  const { sample = 3000, keepNoise = false, resamples = 10, random = seededRandom(1) } = options;
  wholeNumber(sample, "/options/sample", 10);
  wholeNumber(resamples, "/options/resamples");
  const most = Math.min(
    wholeNumber(options.maxClusters ?? mostClusters(Math.min(sample, raw.rows)), "/options/maxClusters"),
    Math.max(1, raw.rows - 1),
  );
  const scaling = scalingFor(raw, options.scaling);
  const all = applyScaling(raw, scaling);
  const rows = sampleRows(all.rows, sample, random);
  const isWhole = rows.length === all.rows;
  const matrix = isWhole ? all : takeRows(all, rows);
  const finalists = most < 2 || matrix.rows < 4 ? [] : ranked({ matrix, resamples, random }, most);
  const [chosen] = finalists;
  if (chosen === undefined) return oneCluster(raw, scaling);
  const model = modelOf(matrix, chosen, { keepNoise, random });
  const labels = labelAll(all, model, { labels: chosen.labels, isWhole, keepNoise });
  const { algorithm, clusters } = chosen.report;
  const clustering = clusteringOf(raw, labels, {
    algorithm,
    engine: "native",
    clusters,
    model: { ...model, scaling },
  });
  return { ...clustering, scaling, considered: finalists.map(({ report }) => report) };
}

function oneCluster(raw: Matrix, scaling: Scaling): AutoClustering {
  const labels = new Int32Array(raw.rows);
  const model = {
    ...centroidModel(centroidsOf(applyScaling(raw, scaling), labels, 1), raw.columns),
    scaling,
  };
  const rest = { algorithm: "kmeans", engine: "native", clusters: 1, model } as const;
  return { ...clusteringOf(raw, labels, rest), scaling, considered: [] };
}
