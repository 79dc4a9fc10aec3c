import { logarithmic } from "../posterior/axis.js";
import { type GammaShape, gammaCurve } from "../posterior/gamma-curve.js";
import type { Quantity } from "../posterior/difference.js";
import { varianceOf } from "../effects/moments.js";
import { type Sample, VAGUE_PRIOR } from "../means/normal-inverse-gamma.js";
import { UNIT_PRIOR } from "../means/rate-of-events.js";
import { curveModel } from "./curve-model.js";
import { lazily } from "./lazily.js";
import { meanModel } from "./mean-model.js";
import type { Model } from "./model.js";
import type { CountSums } from "./sums.js";

/** A Poisson variance is the mean; beyond this, each unit counts as one value. */
const CLUSTERED = 1.1;

/** Events over an exposure: Poisson where they come by themselves, else means of units. */
export function countModel(arms: readonly CountSums[], prior: GammaShape = UNIT_PRIOR): Model {
  const ofUnits = arms.flatMap(({ n, events, sumSquares }) =>
    sumSquares === undefined ? [] : [{ n, sum: events, sumSquares }],
  );
  if (ofUnits.length === arms.length && ofUnits.some(isClustered)) return unitsModel(arms, ofUnits);
  return poissonModel(arms, prior);
}

/** Each unit's events over the mean exposure of a unit, so that a mean is events / exposure and its error that by which units vary. The prior is as vague in any unit of exposure. */
function unitsModel(arms: readonly CountSums[], ofUnits: readonly Sample[]): Model {
  const samples = ofUnits.map(({ n, sum, sumSquares }, i) => {
    const mean = (arms[i]?.exposure ?? n) / n;
    return { n, sum: sum / mean, sumSquares: sumSquares / mean ** 2 };
  });
  const units = arms.reduce((sum, { n }) => sum + n, 0);
  const over = arms.reduce((sum, { n, exposure = n }) => sum + exposure, 0);
  const vague = { ...VAGUE_PRIOR, beta: VAGUE_PRIOR.beta * (units / over) ** 2 };
  return meanModel(samples, vague, "events-cluster");
}

const isClustered = ({ n, sum, sumSquares }: Sample): boolean =>
  varianceOf(n, sum, sumSquares) > (CLUSTERED * sum) / n;

function poissonModel(arms: readonly CountSums[], prior: GammaShape): Model {
  const seen = arms.map(({ n, events, exposure = n }) => ({ n, events, exposure, value: events / exposure }));
  const beliefs = seen.map(({ events, exposure }) => ({
    shape: prior.shape + events,
    rate: prior.rate + exposure,
  }));
  const middle = (beliefs[0] as GammaShape).shape / (beliefs[0] as GammaShape).rate;
  const moments = (arm: number) => {
    const { exposure, value } = seen[arm] as (typeof seen)[number];
    return { n: exposure, mean: value, variance: value };
  };
  return curveModel(
    {
      method: "gamma-poisson",
      reason: "events-come-by-themselves",
      seen: seen.map(({ n, value }) => ({ units: n, value })),
      varianceReduction: null,
      contrast(c, t) {
        const [control, treatment] = [moments(c), moments(t)];
        const exposure = control.n + treatment.n;
        const events = control.mean * control.n + treatment.mean * treatment.n;
        return {
          ...{ control, treatment, events, baseline: control.mean },
          errorOfNone: Math.sqrt((events / exposure) * (1 / control.n + 1 / treatment.n)),
        };
      },
    },
    {
      axis: () => logarithmic(middle),
      curves: lazily(() => beliefs.map((belief) => gammaCurve(belief, Math.log(middle)))),
      quantity: (arm) => gammaQuantity(beliefs[arm] as GammaShape),
      isPositive: true,
    },
  );
}

function gammaQuantity(belief: GammaShape): Quantity {
  const { shape, rate } = belief;
  const mean = shape / rate;
  return {
    ...{ mean, variance: mean / rate },
    curve: gammaCurve(belief, Math.log(mean)),
    valueAt: (point) => mean * Math.exp(point),
    pointOf: (value) => Math.log(value / mean),
    support: { from: 0, to: Number.POSITIVE_INFINITY },
    order: { low: shape, high: Number.POSITIVE_INFINITY },
  };
}
