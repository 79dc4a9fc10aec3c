import { adjusted, baselineOf, thetaOf } from "../effects/cuped.js";
import { differenceOf } from "../effects/effect.js";
import {
  type CupedSummary,
  type Moments,
  momentsOf,
  type RatioSummary,
  varianceOf,
} from "../effects/moments.js";
import { requireInput } from "../check.js";
import { LINEAR } from "../posterior/axis.js";
import type { Interval, Quantity } from "../posterior/difference.js";
import { normalCurve } from "../posterior/normal-curve.js";
import { normalQuantile } from "../special/normal.js";
import { curveModel } from "./curve-model.js";
import { lazily } from "./lazily.js";
import type { Contrast, Model } from "./model.js";

/** Quotients of two sums, normal by the delta method. */
export function ratioModel(arms: readonly RatioSummary[]): Model {
  const moments = arms.map((arm, i) => momentsOf(arm, `/arms/${i}`));
  return normalModel(moments, {
    method: "delta",
    reason: "quotient-of-two-sums",
    seen: moments.map(({ n, mean }) => ({ units: n, value: mean })),
    varianceReduction: null,
    contrast: (c, t) => contrastOf(moments, c, t, (moments[c] as Moments).mean),
  });
}

/** Means with what was known before taken out, by one θ for all arms. */
export function cupedModel(arms: readonly CupedSummary[]): Model {
  const theta = thetaOf(arms);
  const units = arms.reduce((sum, { n }) => sum + n, 0);
  const before = arms.reduce((sum, { preSum }) => sum + preSum, 0) / units;
  // In the units of the metric: what is taken out is how far an arm's past lies from that of all.
  const moments = arms.map((arm) => {
    const { n, mean, variance } = adjusted(arm, theta);
    return { n, mean: mean + theta * before, variance };
  });
  const raw = (arm: number): number => (arms[arm] as CupedSummary).postSum / (arms[arm] as CupedSummary).n;
  const own = arms.reduce((sum, arm) => sum + arm.n * varianceOf(arm.n, arm.postSum, arm.postSumSquares), 0);
  const left = moments.reduce((sum, { n, variance }) => sum + n * variance, 0);
  const model = normalModel(moments, {
    method: "cuped",
    reason: "known-before",
    seen: arms.map(({ n }, arm) => ({ units: n, value: raw(arm) })),
    varianceReduction: own > 0 ? Math.max(0, 1 - left / own) : 0,
    contrast: (c, t) => contrastOf(moments, c, t, raw(c)),
  });
  return {
    ...model,
    uplift(c, t, tail): Interval | null {
      if (!(raw(c) > 0)) return null;
      const baseline = baselineOf(arms[c] as CupedSummary, arms[t] as CupedSummary, theta);
      const { value, se } = differenceOf(moments[c] as Moments, moments[t] as Moments, "relative", baseline);
      const half = normalQuantile(1 - tail) * se;
      return { lower: value - half, median: value, upper: value + half };
    },
  };
}

const contrastOf = (moments: readonly Moments[], c: number, t: number, baseline: number): Contrast => ({
  control: moments[c] as Moments,
  treatment: moments[t] as Moments,
  baseline,
});

function normalModel(
  moments: readonly Moments[],
  given: Pick<Model, "method" | "reason" | "seen" | "varianceReduction" | "contrast">,
): Model {
  const beliefs = moments.map(({ n, mean, variance }, i) => {
    requireInput(
      variance > 0,
      `/arms/${i}`,
      "Units do not vary at all, so it cannot be told how sure this is.",
    );
    return { mean, sd: Math.sqrt(variance / n) };
  });
  const origin = (beliefs[0] as { mean: number }).mean;
  return curveModel(given, {
    axis: () => LINEAR,
    curves: lazily(() => beliefs.map((belief) => normalCurve(belief, origin))),
    quantity: (arm) => normalQuantity(beliefs[arm] as { mean: number; sd: number }),
    isPositive: false,
  });
}

function normalQuantity({ mean, sd }: { mean: number; sd: number }): Quantity {
  return {
    ...{ mean, variance: sd * sd },
    curve: normalCurve({ mean, sd }, mean),
    valueAt: (point) => mean + point,
    pointOf: (value) => value - mean,
    support: { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY },
    order: { low: Number.POSITIVE_INFINITY, high: Number.POSITIVE_INFINITY },
  };
}
