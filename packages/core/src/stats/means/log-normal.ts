import { isCount, requireInput } from "../check.js";
import { LINEAR } from "../posterior/axis.js";
import { comparePair } from "../posterior/compare.js";
import { type Curve, cutPoint } from "../posterior/curve.js";
import { gammaCurve } from "../posterior/gamma-curve.js";
import { ORDINARY_CUT } from "../posterior/grid.js";
import { logIntegral, mixedCurve } from "../posterior/mixed-curve.js";
import type { ForBoth } from "../rates/compare-rates.js";
import {
  compareNormalInverseGamma,
  type NormalInverseGamma,
  normalInverseGammaPosterior,
  type Sample,
  VAGUE_PRIOR,
} from "./normal-inverse-gamma.js";

export interface LogNormalComparison {
  /** P(each has the higher mean), which is what revenue adds up to. */
  readonly mean: ForBoth;
  /** P(each has the higher median), which outliers hardly move. */
  readonly median: ForBoth;
}

/** Logarithms of a sample, by their number, mean and unbiased variance. */
export function sampleOfLogs({ n, mean, variance }: { n: number; mean: number; variance: number }): Sample {
  requireInput(isCount(n), "/n", "Give how many values there were: 0 or more.");
  return { n, sum: n * mean, sumSquares: (n - 1) * variance + n * mean * mean };
}

/**
 * Values whose logarithms are normally distributed, such as order values: their mean is exp(μ + σ²/2), their median exp(μ), with a normal–inverse-gamma belief in μ and
 * σ² after a sample of logarithms.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function compareLogNormal(
  control: Sample,
  treatment: Sample,
  prior: NormalInverseGamma = VAGUE_PRIOR,
): LogNormalComparison {
  const a = normalInverseGammaPosterior(control, prior, "/control");
  const b = normalInverseGammaPosterior(treatment, prior, "/treatment");
  const origin = logMeanOf(a);
  const means = comparePair(logMeanCurve(a, origin), logMeanCurve(b, origin), LINEAR);
  return {
    mean: { control: means.aBeatsB, treatment: means.bBeatsA },
    median: compareNormalInverseGamma(a, b).probabilityToBeat,
  };
}

const logMeanOf = ({ mu, alpha, beta }: NormalInverseGamma): number => mu + beta / alpha / 2;

/** σ as a function of the variable of integration: eᵗ where it is small, t where it is large, so that equal steps suit both (ln (1 + eᵗ)). */
const sigmaAt = (t: number): number => (t > 30 ? t : Math.log1p(Math.exp(t)));
const variableOf = (sigma: number): number => (sigma > 30 ? sigma : Math.log(Math.expm1(sigma)));

/** The density of μ + σ²/2: over all σ, that of a normal distribution around it, where 1/σ² is Gamma(alpha, beta). */
function logMeanCurve(belief: NormalInverseGamma, origin: number): Curve {
  const { mu, kappa, alpha, beta } = belief;
  const middle = Math.log(alpha / beta);
  const precision = gammaCurve({ shape: alpha, rate: beta }, middle);
  const sigmaOf = (logPrecision: number): number => Math.exp(-0.5 * (middle + logPrecision));
  const steps = {
    from: variableOf(sigmaOf(cutPoint(precision, 1, ORDINARY_CUT))),
    to: variableOf(sigmaOf(cutPoint(precision, -1, ORDINARY_CUT))),
    // No step may move the normal distribution by more than half of its own width, which is σ / √kappa.
    step: Math.min(0.2 * precision.scale, 0.5 / Math.sqrt(kappa)),
  };
  const logDensity = (point: number): number =>
    logIntegral(steps, (t) => {
      const sigma = sigmaAt(t);
      const apart = (origin + point - mu - (sigma * sigma) / 2) / sigma;
      // d ln σ / dt, and the normal density's own 1 / σ
      const measure = Math.log(-Math.expm1(-sigma) / sigma) - Math.log(sigma);
      return precision.logRatio(-2 * Math.log(sigma) - middle) + measure - 0.5 * kappa * apart * apart;
    });
  const typical = beta / alpha;
  const scale = Math.hypot(Math.sqrt(typical / kappa), 0.5 * typical * precision.scale);
  return mixedCurve(logDensity, { mode: logMeanOf(belief) - origin, scale, tail: Math.sqrt(2 * alpha) });
}
