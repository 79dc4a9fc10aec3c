import { AttuneError } from "@attune/core";
import { normalCdf } from "@attune/core/stats";
import { holm } from "./feature-drift.js";

/** Whether probabilities still come true as often as they say. */
export interface CalibrationDrift {
  rows: number;
  /** Mean of the scores, and share of the rows that came true. */
  meanScore: number | null;
  rate: number | null;
  /** Expected calibration error over 15 equal-width bins (Naeini et al. 2015), in [0, 1]. */
  ece: number | null;
  /** That so many came true in all, by chance; and that they came true where they did (Spiegelhalter 1986). Both Holm-adjusted. */
  pValues: { level: number; shape: number } | null;
  /** `drifted`: neither chance nor a trifle. `unknown`: could not be judged, see `reason`. */
  verdict: "stable" | "drifted" | "unknown";
  reason: "too-few-rows" | null;
}

export interface CalibrationDriftOptions {
  /** Chance of a false alarm, in (0, 1) (default 0.01). */
  alpha?: number;
  /** Calibration error from which a significant drift matters, in (0, 1) (default 0.02). */
  threshold?: number;
  /** Rows that it needs (default 500). */
  minRows?: number;
}

const BINS = 15;

function checkPair(scores: Float64Array, outcomes: Uint8Array): void {
  if (scores.length !== outcomes.length)
    throw new AttuneError("ATTUNE_ML_BAD_SHAPE", "There must be one outcome for each score.", {
      path: "/outcomes",
    });
  const bad = scores.findIndex((score) => !(score >= 0 && score <= 1));
  if (bad >= 0)
    throw new AttuneError("ATTUNE_ML_BAD_SCORE", "A score is a probability, in [0, 1].", {
      path: `/scores/${bad}`,
    });
}

function expectedError(scores: Float64Array, outcomes: Uint8Array): number {
  const sums = new Float64Array(BINS);
  scores.forEach((score, i) => {
    const bin = Math.min(BINS - 1, Math.floor(score * BINS));
    (sums[bin] as number) += score - (outcomes[i] as number);
  });
  return sums.reduce((sum, difference) => sum + Math.abs(difference), 0) / scores.length;
}

const twoSided = (z: number): number => Math.min(1, 2 * normalCdf(-Math.abs(z)));

/** Two statistics that are standard normal where every score is the probability of its outcome. */
function statistics(scores: Float64Array, outcomes: Uint8Array): { level: number; shape: number } {
  let [level, shape, levelVariance, shapeVariance] = [0, 0, 0, 0];
  scores.forEach((p, i) => {
    const [residual, weight, variance] = [(outcomes[i] as number) - p, 1 - 2 * p, p * (1 - p)];
    level += residual;
    shape += residual * weight;
    levelVariance += variance;
    shapeVariance += weight * weight * variance;
  });
  const z = (sum: number, variance: number): number => (sum === 0 ? 0 : sum / Math.sqrt(variance));
  return { level: z(level, levelVariance), shape: z(shape, shapeVariance) };
}

/**
 * Compares what was predicted with what came of it. An alarm must be both significant (mean of the residuals, and Spiegelhalter's z, Holm-adjusted) and large (calibration error), so that neither few
 * rows nor many raise one over nothing. O(n).
 *
 * @param scores Probabilities.
 * @param outcomes 1 where it came true, one a score.
 * @throws AttuneError `ATTUNE_ML_BAD_SHAPE`, `ATTUNE_ML_BAD_SCORE`.
 */
export function calibrationDrift(
  scores: Float64Array,
  outcomes: Uint8Array,
  options: CalibrationDriftOptions = {},
): CalibrationDrift {
  const { alpha = 0.01, threshold = 0.02, minRows = 500 } = options;
  checkPair(scores, outcomes);
  const rows = scores.length;
  if (rows < Math.max(1, minRows)) {
    const nothing = { meanScore: null, rate: null, ece: null, pValues: null };
    return { rows, ...nothing, verdict: "unknown", reason: "too-few-rows" };
  }
  const mean = (values: Float64Array | Uint8Array): number =>
    (values as Float64Array).reduce((sum, value) => sum + value, 0) / rows;
  const ece = expectedError(scores, outcomes);
  const z = statistics(scores, outcomes);
  const [level = 1, shape = 1] = holm([twoSided(z.level), twoSided(z.shape)]);
  const isDrift = Math.min(level, shape) < alpha && ece >= threshold;
  return {
    ...{ rows, meanScore: mean(scores), rate: mean(outcomes), ece, pValues: { level, shape } },
    ...{ verdict: isDrift ? "drifted" : "stable", reason: null },
  };
}
