import { requireInput } from "./arms.js";
import {
  type Estimated,
  type EstimateOptions,
  type Estimator,
  estimatePolicy,
  NEEDS_MODEL,
  type PolicyEstimate,
  type WeighedDecision,
} from "./estimate-policy.js";
import { crossFitted, type RewardModel } from "./reward-model.js";

/** A decision as it was logged, and what came of it. */
export interface LoggedDecision<C = unknown> {
  readonly variant: string;
  readonly reward: number;
  /** With what probability the policy in use gave this variant, in (0, 1]: the decision's own `propensity`, over the policy's coverage where only whom it covers is logged. */
  readonly propensity: number;
  /** What the policy that is asked about decides by. */
  readonly context?: C;
  /** Whose decision it was, in any pseudonymous form. Where visitors come more than once and this is missing, intervals are too narrow. */
  readonly visitor?: string;
}

/** The policy that is asked about: shares for everybody, or by context. */
export type CandidatePolicy<C = unknown> =
  | Readonly<Record<string, number>>
  | ((context: C, decision: LoggedDecision<C>) => Readonly<Record<string, number>>);

export interface EvaluatePolicyOptions<C = unknown> extends Partial<EstimateOptions> {
  /** Default `dr`. */
  readonly estimator?: Estimator;
  /** A context as numbers of about 1 in size, for the model of rewards. Default: the model knows the variant only. */
  readonly features?: (context: C) => readonly number[];
  /** A model of your own, which should not have learned from these decisions. Default: one of each fold of five, learned from the other four. */
  readonly model?: (variant: string, decision: LoggedDecision<C>) => number;
}

/** A code for programs, the facts, and a sentence for people. */
export interface Finding<Code extends string> {
  readonly code: Code;
  readonly facts: Readonly<Record<string, number | readonly string[]>>;
  readonly message: string;
}

type Unsaid = "value" | "standardError" | "interval" | "difference";

export interface PolicyValue extends Omit<PolicyEstimate, Unsaid> {
  /** Mean reward of a decision under the policy that is asked about; null where it is declined. */
  readonly value: number | null;
  readonly standardError: number | null;
  readonly interval: Estimated["interval"] | null;
  /** Against the policy in use. */
  readonly difference: Estimated | null;
  readonly decisions: number;
  /**
   * Why there is no value: `thin-overlap`, where fewer than 100 decisions' worth overlap; `unseen-variants`, where more than 1 % would go to variants that the log never shows.
   */
  readonly refusal: Finding<"thin-overlap" | "unseen-variants"> | null;
  /** `weights-off`: the weights' mean is not 1, so propensities are not those the decisions were made with, or the policy in use gave some of what is asked about no chance. */
  readonly warnings: readonly Finding<"weights-off">[];
}

/** Below this the interval is not to be trusted (Owen 2013, section 9.3). */
const LEAST_OVERLAP = 100;
/** More than this unseen could move a rate by more than most differences that are asked about. */
const MOST_UNSEEN = 0.01;
/** In standard errors. */
const WEIGHTS_OFF = 4;

/**
 * What another policy would have earned, from what was logged under the one in use. Where that would be a matter of a few visitors it declines, in words. What holds for the log holds for the answer: decisions
 * that were made at random with the propensities they carry, and outcomes that do not depend on what others were shown.
 *
 * @param policy shares that sum to 1, such as a bandit's `shares`, or a function from a context to such shares
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function evaluatePolicy<C = unknown>(
  log: readonly LoggedDecision<C>[],
  policy: CandidatePolicy<C>,
  { estimator = "dr", features, model, ...options }: EvaluatePolicyOptions<C> = {},
): PolicyValue {
  requireInput(log.length > 0, "/log", "Give at least one decision.");
  const sharesAt = typeof policy === "function" ? policy : () => policy;
  const targets = log.map((decision, i) => {
    const shares = sharesAt(decision.context as C, decision);
    requireShares(shares, typeof policy === "function" ? `/policy (log/${i})` : "/policy");
    return shares;
  });
  const expectedOf = NEEDS_MODEL.has(estimator) ? expectations(log, targets, { features, model }) : null;
  const weighed = log.map(
    ({ reward, propensity, variant, visitor }, i): WeighedDecision => ({
      ...{ reward, propensity, target: shareOf(targets[i], variant) },
      ...(expectedOf && { expected: expectedOf(i) }),
      ...(visitor !== undefined && { visitor }),
    }),
  );
  const estimate = estimatePolicy(weighed, { estimator, ...options });
  const refusal = unseenVariants(log, targets) ?? (estimator === "dm" ? null : thinOverlap(estimate));
  return {
    ...estimate,
    ...(refusal && { value: null, standardError: null, interval: null, difference: null }),
    ...{ decisions: log.length, refusal, warnings: weightsOff(estimate) },
  };
}

const shareOf = (shares: Readonly<Record<string, number>> | undefined, variant: string): number =>
  shares !== undefined && Object.hasOwn(shares, variant) ? (shares[variant] as number) : 0;

function requireShares(shares: Readonly<Record<string, number>>, path: string): void {
  let total = 0;
  for (const share of Object.values(shares)) {
    requireInput(share >= 0 && share <= 1, path, "Give shares from 0 to 1.");
    total += share;
  }
  requireInput(Math.abs(total - 1) < 1e-6, path, "Give shares that sum to 1.");
}

/** By decision: what the model expects of what was chosen, and on average of what the policy would choose. */
function expectations<C>(
  log: readonly LoggedDecision<C>[],
  targets: readonly Readonly<Record<string, number>>[],
  {
    features,
    model,
  }: {
    features: EvaluatePolicyOptions<C>["features"] | undefined;
    model: EvaluatePolicyOptions<C>["model"] | undefined;
  },
): (i: number) => { logged: number; target: number } {
  const numbers = new Map<string, number>();
  const samples = log.map(({ variant, reward, context }) => ({
    ...{ variant, reward },
    ...(features && { features: features(context as C) }),
  }));
  const groups = log.map(({ visitor }, i) => {
    if (visitor === undefined) return i;
    const number = numbers.get(visitor) ?? numbers.size;
    numbers.set(visitor, number);
    return number;
  });
  const fitted = model === undefined ? crossFitted(samples, groups) : null;
  return (i) => {
    const decision = log[i] as LoggedDecision<C>;
    const learned: RewardModel | undefined = fitted?.(i);
    const expected = (variant: string): number =>
      learned?.(variant, samples[i]?.features) ?? model?.(variant, decision) ?? 0;
    let target = 0;
    for (const [variant, share] of Object.entries(targets[i] as Readonly<Record<string, number>>))
      if (share > 0) target += share * expected(variant);
    return { logged: expected(decision.variant), target };
  };
}

function unseenVariants(
  log: readonly LoggedDecision[],
  targets: readonly Readonly<Record<string, number>>[],
): Finding<"unseen-variants"> | null {
  const seen = new Set(log.map(({ variant }) => variant));
  const variants = new Set<string>();
  let total = 0;
  for (const shares of targets)
    for (const [variant, share] of Object.entries(shares))
      if (share > 0 && !seen.has(variant)) {
        variants.add(variant);
        total += share;
      }
  const share = total / log.length;
  if (share <= MOST_UNSEEN) return null;
  const names = [...variants];
  return {
    code: "unseen-variants",
    facts: { variants: names, share },
    message: `The policy gives ${(100 * share).toFixed(1)} % to variants that were never shown in this log (${names.join(", ")}): nothing is known of what they earn. Give them a small share first, or ask about a policy without them.`,
  };
}

function thinOverlap({ effectiveSampleSize, maxWeight }: PolicyEstimate): Finding<"thin-overlap"> | null {
  if (effectiveSampleSize >= LEAST_OVERLAP) return null;
  return {
    code: "thin-overlap",
    facts: { effectiveSampleSize, least: LEAST_OVERLAP, maxWeight },
    message: `The two policies overlap in ${Math.floor(effectiveSampleSize)} decisions' worth, and fewer than ${LEAST_OVERLAP} are too few to say: log more, or ask about a policy that is more like the one in use.`,
  };
}

function weightsOff({ meanWeight, meanWeightError }: PolicyEstimate): Finding<"weights-off">[] {
  if (Math.abs(meanWeight - 1) <= WEIGHTS_OFF * meanWeightError + 1e-9) return [];
  return [
    {
      code: "weights-off",
      facts: { meanWeight, meanWeightError },
      message: `The weights' mean is ${meanWeight.toFixed(3)} and should be 1: the propensities are not those the decisions were made with, or the policy in use could not choose some of what is asked about. The value is off by about as much.`,
    },
  ];
}
