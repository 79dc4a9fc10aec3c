import { AttuneError } from "@attune/core";
import { checkLabels } from "../check-rows.js";
import type { Labels } from "../types.js";
import { calibrationCurve } from "./calibration-curve.js";
import { byVariance, ofMean, twoSided, wilson } from "./intervals.js";
import { areaUnderRoc, averagePrecision } from "./ranking.js";
import type { Measured, Metrics, MetricsOptions } from "./types.js";

/** Scores that a logarithm can be taken of are no nearer to 0 and 1 than this. */
const NEAREST = 1e-15;

const fail = (code: "BAD_OPTIONS" | "EMPTY_DATA" | "BAD_SCORES", message: string, path: string): never => {
  throw new AttuneError(`ATTUNE_ML_${code}`, message, { path });
};

function checkScores(scores: ArrayLike<number>): Float64Array {
  const checked = Float64Array.from(scores);
  if (checked.length === 0) fail("EMPTY_DATA", "There are no scores to measure.", "/scores");
  const bad = checked.findIndex((score) => !(score >= 0 && score <= 1));
  if (bad >= 0) fail("BAD_SCORES", "A score is a probability in [0, 1].", `/scores/${bad}`);
  return checked;
}

function checkOptions({
  threshold = 0.5,
  bins = 15,
  level = 0.95,
}: MetricsOptions): Required<MetricsOptions> {
  if (!(threshold >= 0 && threshold <= 1))
    fail("BAD_OPTIONS", "The threshold is in [0, 1].", "/options/threshold");
  if (!(Number.isInteger(bins) && bins >= 1))
    fail("BAD_OPTIONS", "Bins are an integer of 1 or more.", "/options/bins");
  if (!(level > 0 && level < 1)) fail("BAD_OPTIONS", "The level is in (0, 1).", "/options/level");
  return { threshold, bins, level };
}

/** Counts of true and false ones and zeros. */
interface Confusion {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

function confusionOf(scores: Float64Array, labels: Uint8Array, threshold: number): Confusion {
  let [tp, fp, tn, fn] = [0, 0, 0, 0];
  scores.forEach((score, i) => {
    if (score >= threshold) labels[i] === 1 ? tp++ : fp++;
    else labels[i] === 1 ? fn++ : tn++;
  });
  return { tp, fp, tn, fn };
}

function decisions({ tp, fp, tn, fn }: Confusion, z: number) {
  const sensitivity = wilson(tp, tp + fn, z);
  const specificity = wilson(tn, tn + fp, z);
  const balanced = (a: Measured, b: Measured): Measured => {
    const variance = (a.value * (1 - a.value)) / (tp + fn) + (b.value * (1 - b.value)) / (tn + fp);
    return byVariance((a.value + b.value) / 2, variance / 4, z);
  };
  const overlap = wilson(tp, tp + fp + fn, z);
  const f1 = (share: number): number => (2 * share) / (1 + share);
  return {
    accuracy: wilson(tp + tn, tp + fp + tn + fn, z) as Measured,
    ...{ sensitivity, specificity, precision: wilson(tp, tp + fp, z) },
    balancedAccuracy: sensitivity && specificity && balanced(sensitivity, specificity),
    f1: overlap && { value: f1(overlap.value), lower: f1(overlap.lower), upper: f1(overlap.upper) },
  };
}

/**
 * How well scores tell labels: rank, loss, calibration and decisions at a threshold, with intervals. O(n log n).
 *
 * @param scores Probabilities of a one, one a row.
 * @param labels 0 or 1, one a row.
 * @throws AttuneError `ATTUNE_ML_EMPTY_DATA`, `ATTUNE_ML_BAD_SCORES`, `ATTUNE_ML_BAD_LABELS`, `ATTUNE_ML_BAD_OPTIONS`.
 */
export function metrics(scores: ArrayLike<number>, labels: Labels, options: MetricsOptions = {}): Metrics {
  const { threshold, bins, level } = checkOptions(options);
  const checked = checkScores(scores);
  const truth = checkLabels(labels, checked.length, 2);
  const z = twoSided(level);
  const ones = truth.reduce((sum, label) => sum + label, 0);
  const isOneClass = ones === 0 || ones === truth.length;
  const { bins: calibration, ece, mce, byChance } = calibrationCurve(checked, truth, bins);
  const losses = checked.map((score, i) => {
    const p = truth[i] === 1 ? score : 1 - score;
    return -Math.log(Math.max(NEAREST, p));
  });
  return {
    ...{ rows: truth.length, ones, reason: isOneClass ? "one-class" : null },
    auc: areaUnderRoc(checked, truth, z),
    averagePrecision: isOneClass ? null : averagePrecision(checked, truth),
    logLoss: ofMean(losses, z),
    brier: ofMean(
      checked.map((score, i) => (score - (truth[i] as number)) ** 2),
      z,
    ),
    ...{ ece, mce, eceByChance: byChance, calibration },
    majority: Math.max(ones, truth.length - ones) / truth.length,
    ...decisions(confusionOf(checked, truth, threshold), z),
  };
}
