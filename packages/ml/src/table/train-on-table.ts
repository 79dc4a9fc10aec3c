import { AttuneError, type Purpose, seededRandom } from "@attune/core";
import { sortedColumns } from "../monitoring/sorted-columns.js";
import { probabilityOf } from "../model/calibrated.js";
import { requireFairTarget, type Targets } from "../model/protected-target.js";
import type { Calibration, TrainedModel } from "../model/types.js";
import {
  calibrate,
  contributions,
  fitCalibration,
  foldsOf,
  trainGradientBoosting,
} from "../training/index.js";
import type { BoostingOptions } from "../training/index.js";
import { type ReportCard, reportCard } from "./report-card.js";
import type { TrainingLabel, TrainingTable } from "./types.js";

/** Below it nothing can be said of a model's quality. */
export const MIN_TRAINING_ROWS = 200;
export const MIN_TRAINING_ONES = 20;
const FOLDS = 5;
/** Rows of which contributions are taken, and rows whose values are kept to tell drift by. */
const SAMPLED = 500;
const REFERENCE = 2000;

export interface TrainOnTableOptions {
  /** `kebab-case`. */
  name: string;
  label: TrainingLabel;
  /** What its scores are for (default `["personalization"]`). */
  purposes?: readonly Purpose[];
  /** Default `platt` below 2,000 rows, else `isotonic`. */
  calibration?: "platt" | "isotonic";
  boosting?: Omit<BoostingOptions, "metadata" | "columns" | "earlyStopping">;
}

export interface TrainedOnTable {
  trained: TrainedModel;
  card: ReportCard;
  /** Of each column the values of some of the rows, n × d, row-major: what drift is told by. Each column is sorted by itself, so that nothing tells which values belonged together. */
  reference: Float64Array;
}

/** What is predicted, in words. */
export function labelWords(label: TrainingLabel): string {
  if (label.kind === "depth") return `reaches ${Math.round(label.depth * 100)} % of a page in this visit`;
  const time = label.withinMs / 86_400_000;
  const within = time >= 1 ? `${Number(time.toFixed(1))} days` : `${Number((time * 24).toFixed(1))} hours`;
  return label.kind === "returns" ? `returns within ${within}` : `${label.event} within ${within}`;
}

/** What a model says by its name and by what is predicted. */
export const targetsOf = ({ name, label }: Pick<TrainOnTableOptions, "name" | "label">): Targets => [
  ["/name", name],
  ...(label.kind === "event" ? [["/label/event", label.event] as const] : []),
];

/** Every so many-th row, so that there are about as many as asked for. */
function some({ rows, labels }: TrainingTable, width: number, most: number): Float64Array {
  const count = labels.length;
  const step = Math.max(1, Math.ceil(count / most));
  const found = new Float64Array(Math.ceil(count / step) * width);
  for (let i = 0, at = 0; i < count; i += step, at += width)
    found.set(rows.subarray(i * width, (i + 1) * width), at);
  return found;
}

function requireEnough({ labels }: TrainingTable): void {
  const ones = labels.reduce((sum, label) => sum + label, 0);
  if (labels.length >= MIN_TRAINING_ROWS && Math.min(ones, labels.length - ones) >= MIN_TRAINING_ONES) return;
  throw new AttuneError(
    "ATTUNE_ML_TOO_FEW_ROWS",
    `There are ${labels.length} rows, of which ${ones} came true: a model needs ${MIN_TRAINING_ROWS}, with ${MIN_TRAINING_ONES} of each kind. Wait for more visits, or predict something more frequent.`,
    { path: "/table" },
  );
}

/** Each fold's probabilities by a calibration fitted on the others, so that what is measured was not fitted to. */
function honestScores(
  outOfFold: Float64Array,
  { labels, groups }: TrainingTable,
  { method, seed }: { method: Calibration["method"]; seed: number },
): Float64Array {
  const fold = foldsOf(labels, { folds: FOLDS, groups: [...groups] }, seededRandom(seed + 1));
  const scores = new Float64Array(labels.length);
  for (let k = 0; k < FOLDS; k++) {
    const isOther = (_: unknown, i: number): boolean => fold[i] !== k;
    const calibration = fitCalibration(outOfFold.filter(isOther), labels.filter(isOther), { method });
    const score = probabilityOf(calibration);
    outOfFold.forEach((logOdds, i) => {
      if (fold[i] === k) scores[i] = score(logOdds);
    });
  }
  return scores;
}

function sharesOf(trained: TrainedModel, table: TrainingTable): ReportCard["contributions"] {
  const width = table.inputs.length;
  const { values } = contributions(trained.model, some(table, width, SAMPLED));
  const sums = new Float64Array(width);
  values.forEach((value, i) => {
    (sums[i % width] as number) += Math.abs(value);
  });
  const total = sums.reduce((sum, value) => sum + value, 0);
  return table.inputs
    .map((feature, i) => ({ feature, share: total > 0 ? (sums[i] as number) / total : 0 }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share);
}

/**
 * Trains gradient-boosted trees on a table, calibrates them on rows that each tree had not seen, and measures what is to be said of them. Rows of one visitor are on one side of every split. The same table and
 * options give the same model.
 *
 * @throws AttuneError `ATTUNE_MODEL_PROTECTED` where the name or the event is that of a protected attribute of people, `ATTUNE_ML_TOO_FEW_ROWS` below 200 rows or 20 of either kind, and those of `trainGradientBoosting`.
 */
export function trainOnTable(table: TrainingTable, options: TrainOnTableOptions): TrainedOnTable {
  const { name, label, purposes = ["personalization"], boosting = {} } = options;
  requireFairTarget(targetsOf(options));
  requireEnough(table);
  const { rows, labels, groups, inputs, times } = table;
  const method = options.calibration ?? (labels.length < 2000 ? "platt" : "isotonic");
  const seed = boosting.seed ?? 1;
  const trainedOn = {
    ...{ from: times.reduce((a, b) => Math.min(a, b)), to: times.reduce((a, b) => Math.max(a, b)) },
    rows: labels.length,
  };
  const { trained, report } = trainGradientBoosting(rows, labels, {
    ...boosting,
    ...{ seed, columns: inputs.length, earlyStopping: { folds: FOLDS, groups: [...groups] } },
    metadata: {
      ...{ name, features: inputs, featuresVersion: table.featuresVersion, purposes, trainedOn },
      ...{ label: labelWords(label), outputs: [name] },
    },
  });
  const outOfFold = report.stopping?.outOfFold as Float64Array;
  const calibrated = calibrate(trained, { logOdds: outOfFold, labels }, { method });
  const card = reportCard(table, honestScores(outOfFold, table, { method, seed }), {
    ...{ label, trainedOn, contributions: sharesOf(trained, table) },
    learner: { kind: "trees", rounds: report.rounds, nodes: report.nodes, calibration: method, seed },
  });
  const reference = sortedColumns({
    data: some(table, inputs.length, REFERENCE),
    columns: inputs.length,
  });
  return { trained: calibrated, card, reference };
}
