import { isCount, requireInput } from "../check.js";
import { requireSquares, varianceOf } from "../effects/moments.js";
import { LINEAR } from "../posterior/axis.js";
import { comparePair } from "../posterior/compare.js";
import { type Interval, intervalOfDifference, type Quantity } from "../posterior/difference.js";
import { type StudentShape, studentCurve } from "../posterior/student-curve.js";
import type { ForBoth } from "../rates/compare-rates.js";
import { tailOf } from "../level.js";

/** What is believed of a mean μ and a variance σ²: μ | σ² is N(mu, σ² / kappa), σ² is inverse gamma (alpha, beta). */
export interface NormalInverseGamma {
  readonly mu: number;
  /** Units' worth of belief in `mu`. */
  readonly kappa: number;
  readonly alpha: number;
  readonly beta: number;
}

/** As good as nothing, in any unit of money. */
export const VAGUE_PRIOR: NormalInverseGamma = { mu: 0, kappa: 1e-6, alpha: 1e-6, beta: 1e-6 };

/** Values of one variant, summed up. */
export interface Sample {
  readonly n: number;
  readonly sum: number;
  readonly sumSquares: number;
}

export function sampleOf(values: readonly number[]): Sample {
  let [sum, sumSquares] = [0, 0];
  for (const value of values) {
    sum += value;
    sumSquares += value * value;
  }
  return { n: values.length, sum, sumSquares };
}

/**
 * The belief after a sample (Gelman et al. 2013, section 3.3; Murphy 2007, eq. 85 to 89).
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function normalInverseGammaPosterior(
  sample: Sample,
  prior: NormalInverseGamma = VAGUE_PRIOR,
  path = "",
): NormalInverseGamma {
  const { n, sum, sumSquares } = sample;
  requireInput(
    prior.kappa > 0 && prior.alpha > 0 && prior.beta > 0,
    "/prior",
    "Give kappa, alpha and beta above 0.",
  );
  requireInput(isCount(n), `${path}/n`, "Give how many values there were: 0 or more.");
  if (n === 0) return prior;
  requireInput(Number.isFinite(sum), `${path}/sum`, "Give the sum of the values.");
  requireSquares(n, sum, sumSquares, `${path}/sumSquares`);
  const mean = sum / n;
  const kappa = prior.kappa + n;
  const within = varianceOf(n, sum, sumSquares) * (n - 1);
  return {
    mu: (prior.kappa * prior.mu + sum) / kappa,
    kappa,
    alpha: prior.alpha + n / 2,
    beta: prior.beta + within / 2 + (prior.kappa * n * (mean - prior.mu) ** 2) / (2 * kappa),
  };
}

/** The mean by itself is Student's t with 2α degrees of freedom. */
export const marginalOfMean = ({ mu, kappa, alpha, beta }: NormalInverseGamma): StudentShape => ({
  mean: mu,
  scale: Math.sqrt(beta / (alpha * kappa)),
  df: 2 * alpha,
});

export interface MeanComparison {
  /** P(each has the higher mean). */
  readonly probabilityToBeat: ForBoth;
  /** What is given up on average by choosing each, in the units of the values; null where the belief is too vague to have a mean (α ≤ ½). */
  readonly expectedLoss: ForBoth | null;
  readonly difference: Interval;
}

/** Two means, by quadrature over their t distributions. */
export function compareNormalInverseGamma(
  control: NormalInverseGamma,
  treatment: NormalInverseGamma,
  { level = 0.95 }: { level?: number } = {},
): MeanComparison {
  const tail = tailOf(level);
  const [a, b] = [meanQuantity(control), meanQuantity(treatment)];
  const origin = control.mu;
  const pair = comparePair(
    studentCurve(marginalOfMean(control), origin),
    studentCurve(marginalOfMean(treatment), origin),
    LINEAR,
  );
  return {
    probabilityToBeat: { control: pair.aBeatsB, treatment: pair.bBeatsA },
    expectedLoss:
      Math.min(control.alpha, treatment.alpha) > 0.5
        ? { control: pair.lossOfA, treatment: pair.lossOfB }
        : null,
    difference: intervalOfDifference(a, b, tail),
  };
}

/** Its variance is only to begin searching from where there is none. */
export function meanQuantity(belief: NormalInverseGamma): Quantity {
  const shape = marginalOfMean(belief);
  const { mean, scale, df } = shape;
  return {
    mean,
    variance: scale * scale * (df > 3 ? df / (df - 2) : 3),
    curve: studentCurve(shape, mean),
    valueAt: (point) => mean + point,
    pointOf: (value) => value - mean,
    support: { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    order: { low: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  };
}
