import { newtonLogistic } from "../logistic/newton.js";
import { standardize, unscaled } from "../logistic/standardize.js";

/**
 * Platt's (1999) scaling: the logistic regression of the label on the log-odds, with his targets (ones + 1) ÷ (ones + 2) and 1 ÷ (zeros + 2) in place of 1 and 0,
 * by Newton's method (Lin, Lin and Weng 2007). With log-odds that are all alike the slope is 0.
 */
export function plattScaling(
  logOdds: Float64Array,
  labels: Uint8Array,
  weights: Float64Array,
): { slope: number; intercept: number } {
  let [ones, zeros] = [0, 0];
  labels.forEach((label, i) => {
    if (label === 1) ones += weights[i] as number;
    else zeros += weights[i] as number;
  });
  const targets = Float64Array.from(labels, (label) =>
    label === 1 ? (ones + 1) / (ones + 2) : 1 / (zeros + 2),
  );
  const scaled = standardize({ data: logOdds, rows: logOdds.length, columns: 1 }, weights);
  const isFlat = scaled.deviations[0] === 0;
  const { coefficients } = newtonLogistic({
    ...{ data: isFlat ? new Float64Array(0) : scaled.data, targets, weights },
    ...{ penalties: new Float64Array(isFlat ? 0 : 1), maxIterations: 100 },
  });
  const { intercept, weights: slopes } = unscaled(coefficients, scaled);
  return { slope: slopes[0] as number, intercept };
}
