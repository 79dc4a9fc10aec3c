import { requireInput } from "./check.js";
import { sequenceAt } from "./effects/always-valid.js";
import { normalQuantile } from "./special/normal.js";
import { ruleOf } from "./stopping/stopping-rule.js";
import type { StoppingOptions } from "./stopping/types.js";

/** What is to be improved, as it is today. */
export type PlannedMetric =
  /** A rate, in (0, 1). */
  | { readonly type: "proportion"; readonly baseline: number }
  /** A mean above 0 and the standard deviation of one unit, such as revenue per visitor. */
  | { readonly type: "mean"; readonly baseline: number; readonly sd: number };

export interface PlanInput {
  readonly metric: PlannedMetric;
  /** The least uplift that should be found, relative to the baseline; below 0 for a drop. */
  readonly minimumEffect: number;
  /** Units that come by in a day, before coverage. */
  readonly unitsPerDay: number;
  /** Share of them that takes part. Default 1. */
  readonly coverage?: number;
  /** Variants, the control too. Default 2. */
  readonly variants?: number;
  /** Share of those who take part that the control gets; the rest is shared evenly. Default 1 / variants. */
  readonly controlShare?: number;
  /** How likely such an uplift is to be found. Default 0.8. */
  readonly power?: number;
  /** By what share CUPED makes the variance smaller, as an earlier report says; in [0, 1). Default 0. */
  readonly varianceReduction?: number;
  readonly rule?: StoppingOptions;
}

/** What it takes, and what it finds. */
export interface ExperimentPlan {
  readonly units: {
    /** In all, and of each treatment. */
    readonly total: number;
    readonly perVariant: number;
    /** In all, were it to be looked at once, at the end. */
    readonly fixed: number;
  };
  /** What looking at any time costs: units over those of one look. */
  readonly inflation: number;
  /** Whole weeks are the least that makes sense. */
  readonly days: number;
  readonly weeks: number;
  /** After each week, up to twice as many as are planned and 52 at most: the least uplift with the power that was asked for, relative to the baseline; null where there is none below a rate of 1. */
  readonly detectable: readonly {
    readonly week: number;
    readonly units: number;
    readonly effect: number | null;
  }[];
  /** For the rule: tightest where the plan ends. */
  readonly decision: { readonly tightestAt: number; readonly alpha: number };
}

interface Setting {
  readonly metric: PlannedMetric;
  readonly shares: { readonly control: number; readonly treatment: number };
  readonly left: number;
  /** Of one comparison. */
  readonly alpha: number;
  readonly zPower: number;
}

/**
 * How many units and days an experiment needs under {@link stoppingRule}. It plans for the last look: the difference has to leave the confidence sequence there with the power that was asked for. Looks before that only add to it, so the plan is on the
 * safe side; `npm run prove -- experiments power` measures by how much.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function planExperiment(input: PlanInput): ExperimentPlan {
  const {
    variants = 2,
    coverage = 1,
    power = 0.8,
    varianceReduction = 0,
    unitsPerDay,
    minimumEffect,
  } = input;
  checkPlan({ ...input, variants, coverage, power, varianceReduction });
  const rule = ruleOf(input.rule ?? {});
  const control = input.controlShare ?? 1 / variants;
  const setting: Setting = {
    metric: input.metric,
    shares: { control, treatment: (1 - control) / (variants - 1) },
    left: 1 - varianceReduction,
    alpha: rule.alpha / (variants - 1),
    zPower: normalQuantile(power),
  };
  const fixed = unitsFor(setting, minimumEffect, normalQuantile(1 - setting.alpha / 2));
  const { total, tightestAt } = sequentialUnits(setting, minimumEffect, fixed);
  const perDay = unitsPerDay * coverage;
  const least = Math.max(total, (rule.minimumUnits / Math.min(control, setting.shares.treatment)) | 0);
  const days = Math.max(rule.minimumDays, Math.ceil(least / perDay));
  const weeks = Math.ceil(days / 7);
  return {
    units: { total, perVariant: total * setting.shares.treatment, fixed },
    inflation: total / fixed,
    ...{ days, weeks },
    detectable: Array.from({ length: Math.min(52, 2 * weeks) }, (_, i) => {
      const units = (i + 1) * 7 * perDay;
      return { week: i + 1, units, effect: detectable(setting, units, tightestAt, Math.sign(minimumEffect)) };
    }),
    decision: { tightestAt, alpha: setting.alpha },
  };
}

function checkPlan(
  input: PlanInput & { variants: number; coverage: number; power: number; varianceReduction: number },
) {
  const { metric, minimumEffect, unitsPerDay, coverage, variants, power, varianceReduction, controlShare } =
    input;
  const { baseline } = metric;
  if (metric.type === "proportion") {
    requireInput(baseline > 0 && baseline < 1, "/metric/baseline", "Give a rate between 0 and 1.");
    const treated = baseline * (1 + minimumEffect);
    requireInput(
      treated > 0 && treated < 1,
      "/minimumEffect",
      "Give an uplift with which the rate stays between 0 and 1.",
    );
  } else {
    requireInput(Number.isFinite(baseline) && baseline > 0, "/metric/baseline", "Give a mean above 0.");
    requireInput(
      Number.isFinite(metric.sd) && metric.sd > 0,
      "/metric/sd",
      "Give a standard deviation above 0.",
    );
  }
  requireInput(
    Number.isFinite(minimumEffect) && minimumEffect !== 0,
    "/minimumEffect",
    "Give an uplift other than 0, such as 0.05.",
  );
  requireInput(
    Number.isFinite(unitsPerDay) && unitsPerDay > 0,
    "/unitsPerDay",
    "Give how many come in a day.",
  );
  requireInput(coverage > 0 && coverage <= 1, "/coverage", "Give a share above 0, at most 1.");
  requireInput(Number.isInteger(variants) && variants >= 2, "/variants", "Give at least two variants.");
  requireInput(power > 0 && power < 1, "/power", "Give a power between 0 and 1, such as 0.8.");
  requireInput(
    varianceReduction >= 0 && varianceReduction < 1,
    "/varianceReduction",
    "Give a share of at least 0, below 1.",
  );
  requireInput(
    controlShare === undefined || (controlShare > 0 && controlShare < 1),
    "/controlShare",
    "Give a share between 0 and 1.",
  );
}

/** Variance of the difference, times all units of both. */
function variancePerUnit({ metric, shares, left }: Setting, effect: number): number {
  const both = shares.control + shares.treatment;
  const [ofControl, ofTreatment] = [both / shares.control, both / shares.treatment];
  if (metric.type === "mean") return left * metric.sd ** 2 * (ofControl + ofTreatment);
  const treated = metric.baseline * (1 + effect);
  return left * (metric.baseline * (1 - metric.baseline) * ofControl + treated * (1 - treated) * ofTreatment);
}

/** Units of all variants with which the difference lies so many standard errors from 0, plus what the power asks for. */
function unitsFor(setting: Setting, effect: number, errors: number): number {
  const { shares, metric, zPower } = setting;
  const apart = metric.baseline * effect;
  const ofBoth = ((errors + zPower) ** 2 * variancePerUnit(setting, effect)) / (apart * apart);
  return ofBoth / (shares.control + shares.treatment);
}

/** The sequence is to be tightest where the plan ends, and how wide it is there hardly depends on where that is: a few rounds settle it. */
function sequentialUnits(
  setting: Setting,
  effect: number,
  fixed: number,
): { total: number; tightestAt: number } {
  const share = setting.shares.control + setting.shares.treatment;
  let total = 2 * fixed;
  for (let round = 0; round < 50; round++) {
    const next = unitsFor(setting, effect, sequenceAt(total * share, setting.alpha, total * share).halfWidth);
    const isSettled = Math.abs(next - total) <= 1e-9 * total;
    total = next;
    if (isSettled) break;
  }
  return { total, tightestAt: Math.ceil(total * share) };
}

/** By halving: the larger the uplift, the fewer units it takes. */
function detectable(setting: Setting, units: number, tightestAt: number, sign: number): number | null {
  const ofBoth = units * (setting.shares.control + setting.shares.treatment);
  const { halfWidth } = sequenceAt(ofBoth, setting.alpha, tightestAt);
  const { metric } = setting;
  const most = metric.type === "mean" ? 1e6 : sign > 0 ? 1 / metric.baseline - 1 : 1;
  const isFound = (effect: number): boolean => unitsFor(setting, sign * effect, halfWidth) <= units;
  let [low, high] = [0, most * (1 - 1e-9)];
  if (!isFound(high)) return null;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (isFound(middle)) high = middle;
    else low = middle;
  }
  return sign * high;
}
