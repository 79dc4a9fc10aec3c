import { varianceOf } from "../effects/moments.js";
import { type RevenueBelief, revenueBelief, revenueCurve, type RevenuePrior } from "../means/revenue.js";
import { logarithmic } from "../posterior/axis.js";
import type { Curve } from "../posterior/curve.js";
import type { Quantity } from "../posterior/difference.js";
import { shifted } from "../posterior/mirrored.js";
import { curveModel } from "./curve-model.js";
import { lazily } from "./lazily.js";
import { meanModel } from "./mean-model.js";
import type { Model } from "./model.js";
import type { RevenueSums } from "./sums.js";

/** Beyond these a gamma distribution has no more to say of how purchases vary. */
const SHAPES = { from: 0.01, to: 1000 };

/**
 * Revenue per visitor: the share that buys (beta) times what a buyer spends (gamma, with the shape that all variants together speak for, so that a belief is as wide as purchases vary).
 * Refunds beyond what was bought have no such distribution: those are means of any values.
 */
export function revenueModel(arms: readonly RevenueSums[], prior?: RevenuePrior): Model {
  if (arms.some(({ sum }) => sum < 0)) return meanModel(arms, undefined, "revenue-below-zero");
  const orderShape = pooledShape(arms);
  const beliefs = arms.map(({ n, buyers, sum }, i) =>
    revenueBelief({ visitors: n, orders: buyers, revenue: sum }, prior, { path: `/arms/${i}`, orderShape }),
  );
  const { middle } = beliefs[0] as RevenueBelief;
  const curves = lazily(() => beliefs.map((belief) => revenueCurve(belief, belief.middle)));
  const asMeans = meanModel(arms);
  const buyersOf = (arm: number): number => (arms[arm] as RevenueSums).buyers;
  return curveModel(
    {
      method: "beta-gamma",
      reason: "few-buy-and-for-much",
      seen: arms.map(({ n, sum }) => ({ units: n, value: sum / n })),
      varianceReduction: null,
      contrast: (c, t) => ({ ...asMeans.contrast(c, t), events: buyersOf(c) + buyersOf(t) }),
    },
    {
      axis: () => logarithmic(Math.exp(middle)),
      curves: lazily(() =>
        curves().map((curve, arm) => shifted(curve, (beliefs[arm] as RevenueBelief).middle - middle)),
      ),
      quantity: (arm) => revenueQuantity(beliefs[arm] as RevenueBelief, curves()[arm] as Curve),
      isPositive: true,
    },
  );
}

/** Of purchases, mean² / variance. Where too few bought to tell, they are taken to be exponential. */
function pooledShape(arms: readonly RevenueSums[]): number {
  let [squares, freedom, buyers, sum] = [0, 0, 0, 0];
  for (const arm of arms) {
    if (arm.buyers === 0) continue;
    squares += varianceOf(arm.buyers, arm.sum, arm.sumSquares) * (arm.buyers - 1);
    freedom += arm.buyers - 1;
    buyers += arm.buyers;
    sum += arm.sum;
  }
  if (freedom < 2 || sum <= 0) return 1;
  const mean = sum / buyers;
  const shape = (mean * mean * freedom) / squares;
  return Math.min(SHAPES.to, Math.max(SHAPES.from, shape));
}

function revenueQuantity({ rate, perOrder, mean, middle }: RevenueBelief, curve: Curve): Quantity {
  const typical = Math.exp(middle);
  const total = rate.alpha + rate.beta;
  // Of the logarithm, roughly: the search begins from it.
  const spread = rate.beta / (rate.alpha * total) + 1 / perOrder.shape;
  return {
    mean,
    variance: mean * mean * spread,
    curve,
    valueAt: (point) => typical * Math.exp(point),
    pointOf: (value) => Math.log(value / typical),
    support: { from: 0, to: Number.POSITIVE_INFINITY },
    order: { low: rate.alpha, high: Number.POSITIVE_INFINITY },
  };
}
