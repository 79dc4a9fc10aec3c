import type { Model } from "../models/model.js";
import type { Interval } from "../posterior/difference.js";
import { sequentialEffect } from "../stopping/sequential-effect.js";
import type { Direction } from "../stopping/types.js";
import type { AlwaysValidReport, ArmReport, ComparisonReport, Estimate } from "./report.js";

export interface Reading {
  readonly direction: Direction;
  /** Half of what intervals of belief leave out. */
  readonly tail: number;
  /** Error allowed to each confidence sequence. */
  readonly alpha: number;
  readonly tightestAt: number;
}

/** Each arm by itself and among all. */
export function armReports(
  model: Model,
  names: readonly string[],
  { direction, tail }: Reading,
): ArmReport[] {
  const { best, loss } = model.best(direction === "decrease");
  return names.map((variant, arm) => ({
    variant,
    ...(model.seen[arm] as { units: number; value: number }),
    estimate: estimateOf(model.own(arm, tail)),
    probabilityToBeBest: Math.min(1, best[arm] as number),
    expectedLoss: loss[arm] as number,
  }));
}

/** One treatment against the control; what depends on other comparisons is filled in where those are known. */
export function compareArms(
  model: Model,
  variant: string,
  [control, treatment]: readonly [number, number],
  { direction, tail, alpha, tightestAt }: Reading,
): ComparisonReport {
  const pair = model.compare(control, treatment);
  const isIncrease = direction === "increase";
  const [seenControl, seenTreatment] = [seenOf(model, control), seenOf(model, treatment)];
  const uplift = model.uplift(control, treatment, tail);
  const effect = sequentialEffect(model.contrast(control, treatment), { alpha, tightestAt });
  return {
    variant,
    // Sums over nodes may be off by a last digit.
    probabilityToBeat: Math.min(1, isIncrease ? pair.bBeatsA : pair.aBeatsB),
    expectedLoss: isIncrease
      ? { control: pair.lossOfA, treatment: pair.lossOfB }
      : { control: pair.lossOfB, treatment: pair.lossOfA },
    difference: {
      value: seenTreatment - seenControl,
      ...estimateOf(model.difference(control, treatment, tail)),
    },
    uplift: upliftOf(uplift, seenControl, seenTreatment),
    alwaysValid: effect && {
      ...{ p: effect.p, adjustedP: effect.p, alpha, lower: effect.lower, upper: effect.upper },
      relative: effect.relative,
    },
    finding: "unclear",
    guardrail: null,
  };
}

const seenOf = (model: Model, arm: number): number => (model.seen[arm] as { value: number }).value;

const estimateOf = ({ median, lower, upper }: Interval): Estimate => ({ median, lower, upper });

/** Null too where nothing was seen in the control: what is believed of a quotient then says more of the prior than of it. */
function upliftOf(uplift: Interval | null, control: number, treatment: number): ComparisonReport["uplift"] {
  if (uplift === null || !(control > 0)) return null;
  const { lower, upper, median } = uplift;
  if (![lower, upper, median].every(Number.isFinite)) return null;
  return { value: treatment / control - 1, median, lower, upper };
}

/** Whether it is better or worse, by the corrected p and the side on which it lies. */
export function findingOf(
  { adjustedP, lower, upper }: AlwaysValidReport,
  direction: Direction,
  alpha: number,
): ComparisonReport["finding"] {
  if (adjustedP > alpha) return "unclear";
  return lower + upper > 0 === (direction === "increase") ? "better" : "worse";
}
