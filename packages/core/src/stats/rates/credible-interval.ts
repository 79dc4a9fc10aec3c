import { type Difference, tailOf } from "../level.js";
import { type BetaShape, betaCurve, logitOffset, rateAt } from "../posterior/beta-curve.js";
import { intervalOfDifference, intervalOfUplift, type Quantity } from "../posterior/difference.js";
import { type Counts, ratePosterior, UNIFORM_PRIOR } from "./posterior.js";

/** What is believed of a difference. */
export interface CredibleInterval {
  /** With `level` of the belief between them, and as much below as above. */
  readonly lower: number;
  readonly upper: number;
  readonly median: number;
  /** Null where it does not exist: a quotient whose divisor may be next to 0. */
  readonly mean: number | null;
  /** Null for a quotient. */
  readonly sd: number | null;
}

export interface CredibleIntervalOptions {
  /** Share of belief, in (0, 1). Default 0.95. */
  readonly level?: number;
  /** `absolute`: treatment − control. `relative`: treatment / control − 1. Default `absolute`. */
  readonly difference?: Difference;
  /** Default uniform. */
  readonly prior?: BetaShape;
}

/** A rate that is Beta(α, β). */
export function rateQuantity(shape: BetaShape): Quantity {
  const { alpha, beta } = shape;
  const total = alpha + beta;
  const mean = alpha / total;
  return {
    mean,
    variance: (mean * (beta / total)) / (total + 1),
    curve: betaCurve(shape),
    valueAt: (point) => rateAt(point, shape),
    pointOf: (rate) => logitOffset(rate, shape),
    support: { from: 0, to: 1 },
    order: { low: alpha, high: beta },
  };
}

/**
 * The equal-tailed credible interval of the difference between two rates, by quadrature: to 1e-8 of its width and better. No normal distribution is
 * assumed, so it holds for small counts too.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function credibleInterval(
  control: Counts,
  treatment: Counts,
  { level = 0.95, difference = "absolute", prior = UNIFORM_PRIOR }: CredibleIntervalOptions = {},
): CredibleInterval {
  const tail = tailOf(level);
  const a = ratePosterior(control, prior, "/control");
  const b = ratePosterior(treatment, prior, "/treatment");
  const [rateA, rateB] = [rateQuantity(a), rateQuantity(b)];
  if (difference === "absolute")
    return {
      ...intervalOfDifference(rateA, rateB, tail),
      mean: rateB.mean - rateA.mean,
      sd: Math.sqrt(rateA.variance + rateB.variance),
    };
  return {
    ...intervalOfUplift(rateA, rateB, tail),
    // E[1 / X] of Beta(α, β) is (α + β − 1) / (α − 1).
    mean: a.alpha > 1 ? (rateB.mean * (a.alpha + a.beta - 1)) / (a.alpha - 1) - 1 : null,
    sd: null,
  };
}
