import { type Moments, varianceOf } from "../effects/moments.js";
import {
  marginalOfMean,
  meanQuantity,
  type NormalInverseGamma,
  normalInverseGammaPosterior,
  type Sample,
  VAGUE_PRIOR,
} from "../means/normal-inverse-gamma.js";
import { LINEAR } from "../posterior/axis.js";
import { studentCurve } from "../posterior/student-curve.js";
import { curveModel } from "./curve-model.js";
import { lazily } from "./lazily.js";
import type { MethodReason, Model } from "./model.js";

/** Means of any values. */
export function meanModel(
  arms: readonly Sample[],
  prior: NormalInverseGamma = VAGUE_PRIOR,
  reason: MethodReason = "means-of-any-values",
): Model {
  const beliefs = arms.map((arm, i) => normalInverseGammaPosterior(arm, prior, `/arms/${i}`));
  const origin = (beliefs[0] as NormalInverseGamma).mu;
  const moments = ({ n, sum, sumSquares }: Sample): Moments => ({
    n,
    mean: sum / n,
    variance: varianceOf(n, sum, sumSquares),
  });
  return curveModel(
    {
      method: "student",
      reason,
      seen: arms.map(({ n, sum }) => ({ units: n, value: sum / n })),
      varianceReduction: null,
      contrast: (c, t) => {
        const control = moments(arms[c] as Sample);
        return { control, treatment: moments(arms[t] as Sample), baseline: control.mean };
      },
    },
    {
      axis: () => LINEAR,
      curves: lazily(() => beliefs.map((belief) => studentCurve(marginalOfMean(belief), origin))),
      quantity: (arm) => meanQuantity(beliefs[arm] as NormalInverseGamma),
      isPositive: false,
    },
  );
}
