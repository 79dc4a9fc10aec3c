import type { BetaShape } from "../posterior/beta-curve.js";
import { rateQuantity } from "../rates/credible-interval.js";
import { rateAxis, ratePosterior, UNIFORM_PRIOR } from "../rates/posterior.js";
import { curveModel } from "./curve-model.js";
import { lazily } from "./lazily.js";
import type { Model } from "./model.js";

/** How many of how many did it. */
export interface RateSums {
  readonly n: number;
  readonly sum: number;
}

/** Rates: exact beta beliefs. */
export function rateModel(arms: readonly RateSums[], prior: BetaShape = UNIFORM_PRIOR): Model {
  const shapes = arms.map(({ n, sum }, i) =>
    ratePosterior({ successes: sum, trials: n }, prior, `/arms/${i}`),
  );
  const axis = lazily(() => rateAxis(shapes as [BetaShape, ...BetaShape[]]));
  const moments = ({ n, sum }: RateSums) => ({ n, mean: sum / n, variance: (sum / n) * (1 - sum / n) });
  return curveModel(
    {
      method: "beta",
      reason: "rates-have-an-exact-belief",
      seen: arms.map(({ n, sum }) => ({ units: n, value: sum / n })),
      varianceReduction: null,
      contrast(c, t) {
        const [a, b] = [arms[c] as RateSums, arms[t] as RateSums];
        const [units, successes] = [a.n + b.n, a.sum + b.sum];
        const together = successes / units;
        return {
          control: moments(a),
          treatment: moments(b),
          baseline: a.sum / a.n,
          // A small arm without a success would seem to have no error.
          errorOfNone: Math.sqrt(together * (1 - together) * (1 / a.n + 1 / b.n)),
          events: Math.min(successes, units - successes),
        };
      },
    },
    {
      axis,
      curves: () => axis().curves,
      quantity: (arm) => rateQuantity(shapes[arm] as BetaShape),
      isPositive: true,
    },
  );
}
