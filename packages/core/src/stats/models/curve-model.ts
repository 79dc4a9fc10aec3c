import type { Axis } from "../posterior/axis.js";
import { compareAll, comparePair } from "../posterior/compare.js";
import type { Curve } from "../posterior/curve.js";
import {
  belowValue,
  type Interval,
  intervalOfDifference,
  intervalOfUplift,
  type Quantity,
  type Spread,
  spreadOf,
} from "../posterior/difference.js";
import { mirrored, mirroredAxis } from "../posterior/mirrored.js";
import { solveShare } from "../posterior/solve.js";
import { densityAt } from "./density.js";
import { quotientInterval } from "./quotient-interval.js";
import type { Model } from "./model.js";

/** Beliefs in each arm, as curves on one axis and by themselves. */
export interface Beliefs {
  axis(): Axis;
  curves(): readonly Curve[];
  quantity(arm: number): Quantity;
  /** Whether values are above 0, so that quotients are differences of logarithms. */
  readonly isPositive: boolean;
}

/** What the models have in common: all of it follows from the beliefs, each worked out when it is first asked for. */
export function curveModel(
  given: Pick<Model, "method" | "reason" | "seen" | "varianceReduction" | "contrast">,
  beliefs: Beliefs,
): Model {
  const spreads = new Map<number, Spread>();
  const spread = (arm: number): Spread => {
    const made = spreads.get(arm) ?? spreadOf(beliefs.quantity(arm));
    spreads.set(arm, made);
    return made;
  };
  const curve = (arm: number): Curve => beliefs.curves()[arm] as Curve;
  return {
    ...given,
    own: (arm, tail) => ownInterval(spread(arm), tail),
    density: (arm, value) => densityAt(spread(arm), value),
    compare: (control, treatment) => comparePair(curve(control), curve(treatment), beliefs.axis()),
    difference: (control, treatment, tail) => intervalOfDifference(spread(control), spread(treatment), tail),
    uplift: (control, treatment, tail) =>
      beliefs.isPositive
        ? intervalOfUplift(spread(control), spread(treatment), tail)
        : quotientInterval(beliefs.quantity(control), beliefs.quantity(treatment), tail),
    best(lowerIsBetter) {
      const curves = beliefs.curves();
      if (curves.length === 1) return { best: [1], second: [0], loss: [0] };
      return lowerIsBetter
        ? compareAll(curves.map(mirrored), mirroredAxis(beliefs.axis()))
        : compareAll(curves, beliefs.axis());
    },
  };
}

function ownInterval(spread: Spread, tail: number): Interval {
  const about = { middle: spread.mean, sd: Math.sqrt(spread.variance) };
  const at = (share: number): number =>
    solveShare((value) => belowValue(spread, value), share, about, spread.support);
  return { lower: at(tail), median: at(0.5), upper: at(1 - tail) };
}
