import { requireInput } from "./arms.js";
import { addToSums, linearArmOf, newLinearSums } from "./linear-sums.js";
import { laplace, sigmoid } from "./logistic.js";
import { dot, identity } from "./matrix.js";

/** What the model of rewards is learned from. */
export interface RewardSample {
  readonly variant: string;
  readonly reward: number;
  /** Numbers of about 1 in size, as many each time; without them a variant has one mean. */
  readonly features?: readonly number[];
}

/** The expected reward of a variant in a context. */
export type RewardModel = (variant: string, features?: readonly number[]) => number;

/**
 * The model that stands behind the doubly robust estimators where the host has none: for each variant its mean, drawn towards that of all by one outcome's worth; or, where there are features, a logistic
 * regression on them for rewards of 0 and 1 and a linear one for others, drawn towards the mean of all. It may be wrong: a doubly robust estimate is then only less precise.
 *
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function rewardModel(samples: readonly RewardSample[]): RewardModel {
  const overall = samples.reduce((sum, { reward }) => sum + reward, 0) / Math.max(1, samples.length);
  const byVariant = new Map<string, RewardSample[]>();
  for (const sample of samples) {
    const list = byVariant.get(sample.variant);
    if (list === undefined) byVariant.set(sample.variant, [sample]);
    else list.push(sample);
  }
  const dimension = samples[0]?.features?.length;
  const isBinary = samples.every(({ reward }) => reward === 0 || reward === 1);
  const fit =
    dimension === undefined
      ? meanOnly
      : isBinary
        ? logisticOn(dimension, overall)
        : linearOn(dimension, overall);
  const models = new Map([...byVariant].map(([variant, list]) => [variant, fit(list, overall)]));
  return (variant, features = []) => models.get(variant)?.(features) ?? overall;
}

type OfOneVariant = (features: readonly number[]) => number;

function meanOnly(samples: readonly RewardSample[], overall: number): OfOneVariant {
  const sum = samples.reduce((sum, { reward }) => sum + reward, overall);
  const mean = sum / (samples.length + 1);
  return () => mean;
}

const withConstant = (features: readonly number[]): number[] => [1, ...features];
const contextsOf = (samples: readonly RewardSample[]): number[][] =>
  samples.map(({ features }) => withConstant(features ?? []));

function logisticOn(dimension: number, overall: number) {
  // Where all failed, or none, the log odds have no end.
  const rate = Math.min(1 - 1e-6, Math.max(1e-6, overall));
  const weights = [Math.log(rate / (1 - rate)), ...new Array<number>(dimension).fill(0)];
  const prior = { weights, precision: identity(dimension + 1) };
  return (samples: readonly RewardSample[]): OfOneVariant => {
    const outcomes = samples.map(({ reward }) => reward);
    const model = laplace({ contexts: contextsOf(samples), outcomes }, prior);
    return (features) => sigmoid(dot(model.weights, withConstant(features)));
  };
}

function linearOn(dimension: number, overall: number) {
  return (samples: readonly RewardSample[]): OfOneVariant => {
    const rewards = samples.map(({ reward }) => reward - overall);
    const sums = addToSums(newLinearSums(dimension + 1), { contexts: contextsOf(samples), rewards });
    const { theta } = linearArmOf(sums);
    return (features) => overall + dot(theta, withConstant(features));
  };
}

/**
 * For each sample a model that was learned without it, nor anything else of the same group: what a model remembers of an outcome would speak for that outcome (cross-fitting; Chernozhukov et al. 2018).
 *
 * @param groups by sample: which fold it belongs to follows from this number
 * @throws AttuneError `ATTUNE_BANDIT_INPUT`
 */
export function crossFitted(
  samples: readonly RewardSample[],
  groups: readonly number[],
  folds = 5,
): (sample: number) => RewardModel {
  requireInput(Number.isInteger(folds) && folds >= 2, "/folds", "Give 2 folds or more.");
  const models = Array.from({ length: folds }, (_, fold) =>
    rewardModel(samples.filter((_, i) => (groups[i] as number) % folds !== fold)),
  );
  return (sample) => models[(groups[sample] as number) % folds] as RewardModel;
}
