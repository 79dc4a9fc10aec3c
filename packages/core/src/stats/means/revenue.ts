import { isCount, requireInput } from "../check.js";
import { betaCurve, type BetaShape, logitOffset } from "../posterior/beta-curve.js";
import { logarithmic } from "../posterior/axis.js";
import { comparePair } from "../posterior/compare.js";
import { type Curve, cutPoint } from "../posterior/curve.js";
import { type GammaShape, gammaCurve } from "../posterior/gamma-curve.js";
import { ORDINARY_CUT } from "../posterior/grid.js";
import { tabulated } from "../posterior/tabulated.js";
import { mirrored } from "../posterior/mirrored.js";
import { logIntegral, mixedCurve } from "../posterior/mixed-curve.js";
import type { ForBoth } from "../rates/compare-rates.js";
import { ratePosterior, UNIFORM_PRIOR } from "../rates/posterior.js";

/** Visitors, how many of them ordered, and for how much in all. */
export interface Revenue {
  readonly visitors: number;
  readonly orders: number;
  readonly revenue: number;
}

/** Before anything was seen: of the rate of orders, and of 1 / the mean value of an order. */
export interface RevenuePrior {
  readonly rate: BetaShape;
  readonly perOrder: GammaShape;
}

/** Vague, and with a mean: an order is worth 10 units of money, as much as a tenth of an order says. */
const VAGUE: RevenuePrior = { rate: UNIFORM_PRIOR, perOrder: { shape: 1.1, rate: 1 } };

export interface RevenueComparison {
  readonly probabilityToBeat: ForBoth;
  /** In the units of the revenue. */
  readonly expectedLoss: ForBoth;
  readonly mean: ForBoth;
}

function orderPosterior(
  { orders, revenue }: Omit<Revenue, "visitors">,
  prior: GammaShape,
  path: string,
): GammaShape {
  requireInput(
    prior.shape > 1 && prior.rate > 0,
    "/prior/perOrder",
    "Give a shape above 1, without which there is no mean, and a rate above 0.",
  );
  requireInput(isCount(orders), `${path}/orders`, "Give how many orders there were: 0 or more.");
  requireInput(isCount(revenue), `${path}/revenue`, "Give for how much in all: 0 or more.");
  return { shape: prior.shape + orders, rate: prior.rate + revenue };
}

/**
 * The mean value of an order, where values are exponentially distributed with a rate that is Gamma(shape + orders, rate + revenue): the mean is its
 * inverse.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function compareOrderValues(
  control: Omit<Revenue, "visitors">,
  treatment: Omit<Revenue, "visitors">,
  prior: GammaShape = VAGUE.perOrder,
): RevenueComparison {
  const a = orderPosterior(control, prior, "/control");
  const b = orderPosterior(treatment, prior, "/treatment");
  const middle = a.rate / a.shape;
  // The axis is the logarithm of the mean, that of the rate turned round.
  const pair = comparePair(
    mirrored(gammaCurve(a, -Math.log(middle))),
    mirrored(gammaCurve(b, -Math.log(middle))),
    logarithmic(middle),
  );
  return {
    probabilityToBeat: { control: pair.aBeatsB, treatment: pair.bBeatsA },
    expectedLoss: { control: pair.lossOfA, treatment: pair.lossOfB },
    mean: { control: meanOfInverse(a), treatment: meanOfInverse(b) },
  };
}

const meanOfInverse = ({ shape, rate }: GammaShape): number => rate / (shape - 1);

/**
 * Revenue per visitor: the rate of orders, a beta distribution, times the mean value of an order as in {@link compareOrderValues}.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function compareRevenue(
  control: Revenue,
  treatment: Revenue,
  prior: RevenuePrior = VAGUE,
): RevenueComparison {
  const [a, b] = [
    revenueBelief(control, prior, { path: "/control" }),
    revenueBelief(treatment, prior, { path: "/treatment" }),
  ];
  const pair = comparePair(
    revenueCurve(a, a.middle),
    revenueCurve(b, a.middle),
    logarithmic(Math.exp(a.middle)),
  );
  return {
    probabilityToBeat: { control: pair.aBeatsB, treatment: pair.bBeatsA },
    expectedLoss: { control: pair.lossOfA, treatment: pair.lossOfB },
    mean: { control: a.mean, treatment: b.mean },
  };
}

/** What is known of the revenue per visitor of one variant. */
export interface RevenueBelief {
  readonly rate: BetaShape;
  readonly perOrder: GammaShape;
  readonly mean: number;
  /** ln of about the median. */
  readonly middle: number;
}

/**
 * Order values as Gamma(k, θ) with a known k (1: exponential), of which the mean is k / θ: as conjugate as the exponential is, each order telling k times as much of θ.
 *
 * @param orderShape k, the inverse of the squared coefficient of variation of order values
 */
export function revenueBelief(
  { visitors, orders, revenue }: Revenue,
  prior: RevenuePrior = VAGUE,
  { path = "", orderShape = 1 }: { path?: string; orderShape?: number } = {},
): RevenueBelief {
  const rate = ratePosterior({ successes: orders, trials: visitors }, prior.rate, path);
  const ofOne = orderPosterior({ orders, revenue }, prior.perOrder, path);
  const perOrder = { shape: ofOne.shape + (orderShape - 1) * orders, rate: ofOne.rate };
  const meanRate = rate.alpha / (rate.alpha + rate.beta);
  return {
    ...{ rate, perOrder },
    mean: orderShape * meanRate * meanOfInverse(perOrder),
    middle: Math.log((orderShape * meanRate * perOrder.rate) / perOrder.shape),
  };
}

/** The density of ln(rate / θ): over all θ, that of ln rate at the sum. */
export function revenueCurve({ rate, perOrder, middle }: RevenueBelief, origin: number): Curve {
  const ofTheta = gammaCurve(perOrder, Math.log(perOrder.shape / perOrder.rate));
  const ofRate = betaCurve(rate);
  const logMean = Math.log(rate.alpha / (rate.alpha + rate.beta));
  const shift = middle - origin;
  const scale = Math.hypot(ofTheta.scale, ofRate.scale);
  const steps = {
    from: cutPoint(ofTheta, -1, ORDINARY_CUT),
    to: cutPoint(ofTheta, 1, ORDINARY_CUT),
    step: 0.5 * Math.min(ofTheta.scale, ofRate.scale),
  };
  const logRateDensity = (offset: number): number => {
    const value = Math.exp(logMean + offset);
    // d logit / d ln rate = 1 / (1 − rate)
    return value < 1
      ? ofRate.logRatio(logitOffset(value, rate)) - Math.log1p(-value)
      : Number.NEGATIVE_INFINITY;
  };
  const logDensity = (point: number): number =>
    logIntegral(steps, (theta) => ofTheta.logRatio(theta) + logRateDensity(point - shift + theta));
  // Near its mode nearly a parabola; the gamma distribution's next zeros are π away.
  const table = tabulated(logDensity, { origin: shift, width: Math.min(2 * scale, 0.5) });
  return mixedCurve(table, { mode: shift, scale, tail: 1 / scale });
}
