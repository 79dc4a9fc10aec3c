import { normalQuantile } from "../stats/index.js";
import { requireInput } from "./arms.js";

/** One decision that was logged with its propensity, what came of it, and how likely the policy that is asked about was to choose the same. */
export interface WeighedDecision {
  readonly reward: number;
  /** With what probability the policy that was in use chose what it chose, in (0, 1]. */
  readonly propensity: number;
  /** With what probability the policy that is asked about would have chosen the same, in [0, 1]. */
  readonly target: number;
  /** A model's expected reward of what was chosen, and on average under the policy that is asked about. For `dm` and the doubly robust ones. */
  readonly expected?: { readonly logged: number; readonly target: number };
  /** Whose decision it was: what happens to one visitor is not independent, least of all where a hash of the visitor decides. Default: each its own. */
  readonly visitor?: string;
}

/**
 * `ips`: inverse propensity score. `snips`: the same over the sum of weights, which does not change when 1 is added to all rewards. `clipped-ips`: weights no larger than `clip`. `dm`: the model
 * alone. `dr`: the model, and what it gets wrong weighted. `sndr`: the same over the sum of weights. `switch-dr`: without weights above `clip`. `dr-shrinkage`: weights drawn towards 0 (`shrinkage`).
 */
export type Estimator = "ips" | "snips" | "clipped-ips" | "dm" | "dr" | "sndr" | "switch-dr" | "dr-shrinkage";

export interface EstimateOptions {
  readonly estimator: Estimator;
  /** Default 10. */
  readonly clip?: number;
  /** λ of Su et al. 2020: a weight w counts λ w / (w² + λ). Default 1000. */
  readonly shrinkage?: number;
  /** Of the intervals. Default 0.95. */
  readonly level?: number;
}

/** A mean with what is not known of it. */
export interface Estimated {
  readonly value: number;
  readonly standardError: number;
  /** By the normal distribution of large samples. */
  readonly interval: { readonly lower: number; readonly upper: number };
}

export interface PolicyEstimate extends Estimated {
  /** Mean reward of a decision under the policy in use, as it was. */
  readonly logged: Estimated;
  /** How much more a decision would have earned under the policy that is asked about. Closer than the two apart would say, since both are of the same decisions. */
  readonly difference: Estimated;
  /** Kish's: (Σw)² / Σw², as many visitors (decisions, where none are named) as would say the same without weights. */
  readonly effectiveSampleSize: number;
  readonly meanWeight: number;
  /** Of the mean weight, whose expectation is 1. */
  readonly meanWeightError: number;
  readonly maxWeight: number;
}

/** The estimators that ask a model what to expect. */
export const NEEDS_MODEL: ReadonlySet<Estimator> = new Set(["dm", "dr", "sndr", "switch-dr", "dr-shrinkage"]);

/**
 * What another policy would have earned, however little overlaps (Horvitz and Thompson 1952; Swaminathan and Joachims 2015; Dudík, Langford and Li 2011; Wang, Agarwal and Dudík 2017; Su,
 * Dimakopoulou, Krishnamurthy and Dudík 2020). Standard errors are those of sums over visitors.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function estimatePolicy(
  log: readonly WeighedDecision[],
  { estimator, clip = 10, shrinkage = 1000, level = 0.95 }: EstimateOptions,
): PolicyEstimate {
  requireInput(log.length > 0, "/log", "Give at least one decision.");
  requireInput(level > 0 && level < 1, "/level", "Give a level between 0 and 1, such as 0.95.");
  const weights = log.map((decision, i) => weightOf(decision, i, estimator));
  const n = log.length;
  const meanWeight = mean(weights);
  const parts = partsOf(estimator, log, weights, { clip, shrinkage, meanWeight });
  const value = mean(parts);
  const influence = influenceOf(estimator, { parts, weights, value, meanWeight, log });
  const rewards = log.map(({ reward }) => reward);
  const loggedValue = mean(rewards);
  const loggedInfluence = rewards.map((reward) => reward - loggedValue);
  const visitors = visitorsOf(log);
  const estimated = (value: number, influence: readonly number[]): Estimated => {
    const standardError = errorOfMean(influence, visitors);
    const half = normalQuantile(1 - (1 - level) / 2) * standardError;
    return { value, standardError, interval: { lower: value - half, upper: value + half } };
  };
  const sums = sumsByVisitor(weights, visitors);
  const squares = sums.reduce((sum, weight) => sum + weight * weight, 0);
  return {
    ...estimated(value, influence),
    logged: estimated(loggedValue, loggedInfluence),
    difference: estimated(
      value - loggedValue,
      influence.map((part, i) => part - (loggedInfluence[i] as number)),
    ),
    effectiveSampleSize: squares > 0 ? (meanWeight * n) ** 2 / squares : 0,
    meanWeight,
    meanWeightError: errorOfMean(
      weights.map((weight) => weight - meanWeight),
      visitors,
    ),
    maxWeight: weights.reduce((most, weight) => Math.max(most, weight), 0),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function weightOf(
  { propensity, target, reward, expected }: WeighedDecision,
  i: number,
  estimator: Estimator,
): number {
  requireInput(propensity > 0 && propensity <= 1, `/log/${i}/propensity`, "Give a probability above 0.");
  requireInput(target >= 0 && target <= 1, `/log/${i}/target`, "Give a probability.");
  requireInput(Number.isFinite(reward), `/log/${i}/reward`, "Give a finite reward.");
  requireInput(
    !NEEDS_MODEL.has(estimator) || expected !== undefined,
    `/log/${i}/expected`,
    "Give what a model expects.",
  );
  return target / propensity;
}

/** What each decision adds to the estimate. */
function partsOf(
  estimator: Estimator,
  log: readonly WeighedDecision[],
  weights: readonly number[],
  { clip, shrinkage, meanWeight }: { clip: number; shrinkage: number; meanWeight: number },
): number[] {
  const share = meanWeight > 0 ? 1 / meanWeight : 0;
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
    log,
  }: {
    parts: readonly number[];
    weights: readonly number[];
    value: number;
    meanWeight: number;
    log: readonly WeighedDecision[];
  },
): number[] {
  if ((estimator !== "snips" && estimator !== "sndr") || meanWeight === 0)
    return parts.map((part) => part - value);
  const expected = estimator === "sndr" ? mean(log.map(({ expected }) => expected?.target ?? 0)) : 0;
  const quotient = value - expected;
  return parts.map((part, i) => part - value - quotient * ((weights[i] as number) / meanWeight - 1));
}

/** Whose each decision is, by number; as many visitors as decisions where none is named. */
function visitorsOf(log: readonly WeighedDecision[]): Int32Array {
  const numbers = new Map<string, number>();
  let next = 0;
  return Int32Array.from(log, ({ visitor }) => {
    if (visitor === undefined) return next++;
    const known = numbers.get(visitor);
    if (known !== undefined) return known;
    numbers.set(visitor, next);
    return next++;
  });
}

function sumsByVisitor(values: readonly number[], visitors: Int32Array): Float64Array {
  const sums = new Float64Array(visitors.reduce((most, visitor) => Math.max(most, visitor), -1) + 1);
  for (const [i, value] of values.entries()) {
    const visitor = visitors[i] as number;
    sums[visitor] = (sums[visitor] as number) + value;
  }
  return sums;
}

/** Of a mean over all decisions, from what each moves it; decisions of one visitor move it together (Liang and Zeger 1986). */
function errorOfMean(influence: readonly number[], visitors: Int32Array): number {
  const sums = sumsByVisitor(influence, visitors);
  const squares = sums.reduce((sum, part) => sum + part * part, 0);
  const correction = sums.length / Math.max(1, sums.length - 1);
  return Math.sqrt(correction * squares) / influence.length;
}
