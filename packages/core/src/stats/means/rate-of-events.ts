import { isCount, requireInput } from "../check.js";
import { logarithmic } from "../posterior/axis.js";
import { comparePair } from "../posterior/compare.js";
import { type GammaShape, gammaCurve } from "../posterior/gamma-curve.js";
import type { ForBoth } from "../rates/compare-rates.js";

/** Events over an exposure, such as support requests over visitors or days. */
export interface EventCount {
  readonly events: number;
  readonly exposure: number;
}

/** As good as nothing beside a handful of events. */
export const UNIT_PRIOR: GammaShape = { shape: 1, rate: 1 };

export interface GammaComparison {
  readonly probabilityToBeat: ForBoth;
  readonly expectedLoss: ForBoth;
}

/** Two quantities that are Gamma(shape, rate). */
export function compareGamma(control: GammaShape, treatment: GammaShape): GammaComparison {
  const origin = Math.log(control.shape / control.rate);
  const middle = control.shape / control.rate;
  const pair = comparePair(gammaCurve(control, origin), gammaCurve(treatment, origin), logarithmic(middle));
  return {
    probabilityToBeat: { control: pair.aBeatsB, treatment: pair.bBeatsA },
    expectedLoss: { control: pair.lossOfA, treatment: pair.lossOfB },
  };
}

/**
 * Two rates of events that come by themselves (Poisson), each Gamma(shape + events, rate + exposure) afterwards.
 *
 * @throws AttuneError `ATTUNE_STATS_INPUT`
 */
export function compareEventRates(
  control: EventCount,
  treatment: EventCount,
  prior: GammaShape = UNIT_PRIOR,
): GammaComparison {
  requireInput(prior.shape > 0 && prior.rate > 0, "/prior", "Give a shape and a rate above 0.");
  const posterior = ({ events, exposure }: EventCount, path: string): GammaShape => {
    requireInput(isCount(events), `${path}/events`, "Give how many there were: 0 or more.");
    requireInput(isCount(exposure), `${path}/exposure`, "Give the exposure: 0 or more.");
    return { shape: prior.shape + events, rate: prior.rate + exposure };
  };
  return compareGamma(posterior(control, "/control"), posterior(treatment, "/treatment"));
}
