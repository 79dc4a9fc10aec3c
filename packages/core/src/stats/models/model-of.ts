import { requireInput } from "../check.js";
import type { CupedSummary, RatioSummary } from "../effects/moments.js";
import type { NormalInverseGamma, Sample } from "../means/normal-inverse-gamma.js";
import type { RevenuePrior } from "../means/revenue.js";
import type { BetaShape } from "../posterior/beta-curve.js";
import type { GammaShape } from "../posterior/gamma-curve.js";
import { countModel } from "./count-model.js";
import { meanModel } from "./mean-model.js";
import type { Model } from "./model.js";
import { cupedModel, ratioModel } from "./normal-model.js";
import { pastModel } from "./past-model.js";
import { type RateSums, rateModel } from "./rate-model.js";
import { revenueModel } from "./revenue-model.js";
import { type CountSums, type MetricSums, requireMetricSums, type RevenueSums } from "./sums.js";

/** What is believed of a metric before, by the kind of its sums. Ratios and CUPED take none. */
export interface MetricPriors {
  /** Default uniform. */
  readonly proportion?: BetaShape;
  /** Default as good as nothing. */
  readonly mean?: NormalInverseGamma;
  readonly revenue?: RevenuePrior;
  /** Default one event in one exposure. */
  readonly count?: GammaShape;
}

/**
 * The model that fits the sums.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT` for sums that cannot be, that are not all of one kind, or that leave nothing to tell by how much values vary
 */
export function modelOf(arms: readonly MetricSums[], priors: MetricPriors = {}): Model {
  const [first] = arms;
  requireInput(first !== undefined, "/arms", "Give the sums of at least one variant.");
  for (const [i, arm] of arms.entries()) {
    requireInput(
      arm.type === first.type,
      `/arms/${i}/type`,
      "Give the sums of all variants in the same form.",
    );
    requireMetricSums(arm, `/arms/${i}`);
    requireInput(
      arm.n >= 2 || arm.type === "proportion" || arm.type === "count",
      `/arms/${i}/n`,
      "One unit does not tell by how much values vary; it takes at least two.",
    );
  }
  switch (first.type) {
    case "proportion":
      return rateModel(arms as readonly RateSums[], priors.proportion);
    case "mean":
      return meanModel(arms as readonly Sample[], priors.mean);
    case "revenue":
      return (
        pastModel(arms as readonly RevenueSums[]) ??
        revenueModel(arms as readonly RevenueSums[], priors.revenue)
      );
    case "count":
      return (
        pastModel(arms as readonly CountSums[]) ?? countModel(arms as readonly CountSums[], priors.count)
      );
    case "ratio":
      return ratioModel(arms as readonly RatioSummary[]);
    case "cuped":
      return cupedModel(arms as readonly CupedSummary[]);
  }
}
