import { type CalibrationDrift, calibrationDrift } from "../monitoring/index.js";
import { metrics } from "../training/index.js";
import type { Measured, Metrics } from "../training/index.js";
import type { LeftOut, TrainingLabel, TrainingTable } from "./types.js";

/** A group of fewer visitors is not told of: who is in it could be guessed. */
export const GROUP_FLOOR = 20;
/** Scores that are off by less on average are good enough to be tried. */
const OFF = 0.05;
/** Groups that are told of, by what they are grouped by; the largest. */
const MOST_GROUPS = 20;

/** How well one group of rows is told. */
export interface Slice {
  by: "device" | "region";
  group: string;
  rows: number;
  /** Share of the rows that came true, and mean of their scores: how far they are apart is what fairness is about. */
  rate: Measured;
  meanScore: number;
  auc: Measured | null;
  /** Share that scores above the share of all rows that came true: who would be singled out. */
  selected: number;
  /** Of the rows that came true, the share that scores above it; null without any. */
  sensitivity: Measured | null;
}

/** What is known of a model's quality, from rows that it was not trained on. Plain data. */
export interface ReportCard {
  v: 1;
  label: TrainingLabel;
  /** At which event of a visit its rows were taken; not there where whoever trained it did not say. */
  atEvent?: number;
  /** Epoch ms. */
  trainedOn: { from: number; to: number; rows: number };
  visitors: number;
  ones: number;
  leftOut: LeftOut;
  /** Out of how many these rows and visitors were drawn; not there where all were taken. */
  sampledFrom?: { rows: number; visitors: number };
  metrics: Metrics;
  /** Whether scores come true as often as they say, or what chance alone makes of so many rows. */
  calibration: CalibrationDrift;
  slices: readonly Slice[];
  /** Groups that are too small to be told of, by what they are grouped by. */
  tooSmall: { device: number; region: number };
  /** Share of what moves scores away from their mean, by feature; the greatest first. */
  contributions: readonly { feature: string; share: number }[];
  learner: { kind: "trees"; rounds: number; nodes: number; calibration: "platt" | "isotonic"; seed: number };
}

/** Rows of each group, with how many visitors they are of. */
function groupsOf(names: readonly (string | null)[], groups: Int32Array): [string, number[]][] {
  const found = new Map<string, number[]>();
  names.forEach((name, row) => {
    if (name === null) return;
    const own = found.get(name);
    if (own === undefined) found.set(name, [row]);
    else own.push(row);
  });
  const isLarge = (rows: readonly number[]): boolean =>
    new Set(rows.map((row) => groups[row])).size >= GROUP_FLOOR;
  return [...found]
    .filter(([, rows]) => isLarge(rows))
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1));
}

function sliceOf(
  by: Slice["by"],
  [group, rows]: [string, number[]],
  { scores, labels, threshold }: { scores: Float64Array; labels: Uint8Array; threshold: number },
): Slice {
  const own = Float64Array.from(rows, (row) => scores[row] as number);
  const found = metrics(
    own,
    Uint8Array.from(rows, (row) => labels[row] as number),
    { threshold },
  );
  const meanScore = own.reduce((sum, score) => sum + score, 0) / own.length;
  const above = own.reduce((count, score) => count + Number(score >= threshold), 0);
  const share = found.ones / found.rows;
  return {
    ...{ by, group, rows: rows.length, meanScore, auc: found.auc },
    rate: { value: share, ...wilson(found.ones, found.rows) },
    selected: above / own.length,
    sensitivity: found.sensitivity,
  };
}

/** Wilson's (1927) interval of a share, 95 %. */
function wilson(ones: number, rows: number): { lower: number; upper: number } {
  const z = 1.959963984540054;
  const centre = (ones + (z * z) / 2) / (rows + z * z);
  const half = (z / (rows + z * z)) * Math.sqrt((ones * (rows - ones)) / rows + (z * z) / 4);
  return { lower: Math.max(0, centre - half), upper: Math.min(1, centre + half) };
}

/**
 * What is to be said of a model, from scores of rows that it had not seen. Groups of fewer than 20 visitors are left out, and counted.
 *
 * @param scores Probabilities, one a row of the table.
 */
export function reportCard(
  table: TrainingTable,
  scores: Float64Array,
  about: Pick<ReportCard, "label" | "trainedOn" | "contributions" | "learner">,
): ReportCard {
  const { labels, groups, slices, leftOut, visitors, sampledFrom } = table;
  const all = metrics(scores, labels);
  const threshold = all.ones / all.rows;
  const slicesBy = (by: Slice["by"]) => {
    const names = slices[by];
    const large = groupsOf(names, groups).slice(0, MOST_GROUPS);
    return {
      told: large.map((one) => sliceOf(by, one, { scores, labels, threshold })),
      tooSmall: new Set(names.filter((name) => name !== null)).size - large.length,
    };
  };
  const [device, region] = [slicesBy("device"), slicesBy("region")];
  return {
    ...{ v: 1, ...about, visitors, ones: all.ones, leftOut, metrics: all },
    ...(sampledFrom && { sampledFrom }),
    calibration: calibrationDrift(scores, labels, { minRows: 1, threshold: OFF }),
    slices: [...device.told, ...region.told],
    tooSmall: { device: device.tooSmall, region: region.tooSmall },
  };
}

/**
 * Why a new model is not to be tried in place of the one in force; null: nothing speaks against it. Both are judged by rows that they had not seen, of different times perhaps: only what their intervals set
 * apart counts.
 */
export function worseThan(next: ReportCard, champion: ReportCard | null): string | null {
  const { auc } = next.metrics;
  if (auc === null) return "It cannot be judged: its rows are all alike.";
  if (auc.lower <= 0.5) return "It may tell no more than chance does.";
  if (next.calibration.verdict === "drifted") return "Its scores do not come true as often as they say.";
  const before = champion?.metrics.auc ?? null;
  if (before !== null && auc.upper < before.value) return "It tells less than the model in force does.";
  return null;
}
