import { normalQuantile } from "../stats/index.js";
import { requireInput } from "./arms.js";

/** One decision that was logged with its propensity, and what came of it. */
export interface LoggedDecision {
  readonly reward: number;
  /** With what probability the policy that was in use chose what it chose, in (0, 1]. */
  readonly propensity: number;
  /** With what probability the policy that is asked about would have chosen the same, in [0, 1]. */
  readonly target: number;
  /** A model's expected reward of what was chosen, and on average under the policy that is asked about. For `dm` and the doubly robust ones. */
  readonly expected?: { readonly logged: number; readonly target: number };
}

/**
 * `ips`: inverse propensity score. `snips`: the same over the sum of weights, which does not change when 1 is added to all rewards. `clipped-ips`: weights no larger than `clip`. `dm`: the model
 * alone. `dr`: the model, and what it gets wrong weighted. `sndr`: the same over the sum of weights. `switch-dr`: without weights above `clip`. `dr-shrinkage`: weights drawn towards 0 (`shrinkage`).
 */
export type Estimator = "ips" | "snips" | "clipped-ips" | "dm" | "dr" | "sndr" | "switch-dr" | "dr-shrinkage";

export interface EvaluatePolicyOptions {
  readonly estimator: Estimator;
  /** Default 10. */
  readonly clip?: number;
  /** λ of Su et al. 2020: a weight w counts λ w / (w² + λ). Default 1000. */
  readonly shrinkage?: number;
  /** Of the interval. Default 0.95. */
  readonly level?: number;
}

export interface PolicyValue {
  /** Mean reward of a decision; null where too little overlaps to say. */
  readonly value: number | null;
  readonly standardError: number | null;
  /** By the normal distribution of large samples. */
  readonly interval: { readonly lower: number; readonly upper: number } | null;
  /** Kish's: (Σw)² / Σw², as many decisions as would say the same without weights. */
  readonly effectiveSampleSize: number;
  readonly meanWeight: number;
  readonly maxWeight: number;
  /** Why there is no value. */
  readonly reason: string | null;
}

/** Below this the interval is not to be trusted (Owen 2013, section 9.3). */
const LEAST_OVERLAP = 100;

/**
 * What another policy would have earned, from what was logged under the one in use (Horvitz and Thompson 1952; Swaminathan and Joachims 2015; Dudík, Langford and Li 2011; Wang, Agarwal and Dudík
 * 2017; Su, Dimakopoulou, Krishnamurthy and Dudík 2020). Where fewer than 100 decisions' worth overlap it declines in words: a figure would be a matter of a few visitors.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function evaluatePolicy(log: readonly LoggedDecision[], options: EvaluatePolicyOptions): PolicyValue {
  const estimate = estimatePolicy(log, options);
  const { effectiveSampleSize } = estimate;
  if (options.estimator === "dm" || effectiveSampleSize >= LEAST_OVERLAP) return estimate;
  return {
    ...estimate,
    ...{ value: null, standardError: null, interval: null },
    reason: `The two policies overlap in ${Math.floor(effectiveSampleSize)} decisions' worth, which is too little to say: log more, or ask about a policy that is more like the one in use.`,
  };
}

/** The same without declining. */
export function estimatePolicy(
  log: readonly LoggedDecision[],
  { estimator, clip = 10, shrinkage = 1000, level = 0.95 }: EvaluatePolicyOptions,
): PolicyValue {
  requireInput(log.length > 0, "/log", "Give at least one decision.");
  requireInput(level > 0 && level < 1, "/level", "Give a level between 0 and 1, such as 0.95.");
  const weights = log.map(({ propensity, target, reward, expected }, i) => {
    requireInput(propensity > 0 && propensity <= 1, `/log/${i}/propensity`, "Give a probability above 0.");
    requireInput(target >= 0 && target <= 1, `/log/${i}/target`, "Give a probability.");
    requireInput(Number.isFinite(reward), `/log/${i}/reward`, "Give a finite reward.");
    requireInput(
      !NEEDS_MODEL.has(estimator) || expected !== undefined,
      `/log/${i}/expected`,
      "Give what a model expects.",
    );
    return target / propensity;
  });
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  const parts = partsOf(estimator, log, weights, { clip, shrinkage, total });
  const n = log.length;
  const value = parts.reduce((sum, part) => sum + part, 0) / n;
  const influence = influenceOf(estimator, { parts, weights, value, meanWeight: total / n });
  const variance = influence.reduce((sum, part) => sum + part * part, 0) / Math.max(1, n - 1);
  const standardError = Math.sqrt(variance / n);
  const half = normalQuantile(1 - (1 - level) / 2) * standardError;
  return {
    ...{ value, standardError, interval: { lower: value - half, upper: value + half } },
    effectiveSampleSize: squares > 0 ? (total * total) / squares : 0,
    meanWeight: total / n,
    maxWeight: weights.reduce((most, weight) => Math.max(most, weight), 0),
    reason: null,
  };
}

const NEEDS_MODEL: ReadonlySet<Estimator> = new Set(["dm", "dr", "sndr", "switch-dr", "dr-shrinkage"]);

/** What each decision adds to the estimate. */
function partsOf(
  estimator: Estimator,
  log: readonly LoggedDecision[],
  weights: readonly number[],
  { clip, shrinkage, total }: { clip: number; shrinkage: number; total: number },
): number[] {
  const share = total > 0 ? log.length / total : 0;
  return log.map(({ reward, expected = { logged: 0, target: 0 } }, i) => {
    const weight = weights[i] as number;
    const missed = reward - expected.logged;
    switch (estimator) {
      case "ips":
        return weight * reward;
      case "snips":
        return weight * share * reward;
      case "clipped-ips":
        return Math.min(weight, clip) * reward;
      case "dm":
        return expected.target;
      case "dr":
        return expected.target + weight * missed;
      case "sndr":
        return expected.target + weight * share * missed;
      case "switch-dr":
        return expected.target + (weight <= clip ? weight * missed : 0);
      case "dr-shrinkage":
        return expected.target + ((shrinkage * weight) / (weight * weight + shrinkage)) * missed;
    }
  });
}

/** How far each decision moves the estimate. Of a quotient by the sum of weights that is less what the weight itself moves. */
function influenceOf(
  estimator: Estimator,
  {
    parts,
    weights,
    value,
    meanWeight,
  }: { parts: readonly number[]; weights: readonly number[]; value: number; meanWeight: number },
): number[] {
  if (estimator !== "snips") return parts.map((part) => part - value);
  return parts.map((part, i) => part - (value * (weights[i] as number)) / (meanWeight || 1));
}
