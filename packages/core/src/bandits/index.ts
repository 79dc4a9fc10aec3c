export {
  type ArmBatch,
  type BernoulliArms,
  discounted,
  newArms,
  type Outcome,
  pooledPrior,
  slidingWindow,
  updateArms,
} from "./arms.js";
export {
  banditPolicy,
  type BanditPolicyOptions,
  type NextBanditPolicy,
  type PeriodCounts,
  type SharesPolicy,
  type VariantStanding,
} from "./bandit-policy.js";
export { bernoulliDivergence, klUcbIndex, laiRobbinsConstant } from "./bounds.js";
export {
  type ArmChange,
  changeTriggered,
  type ChangeTriggeredOptions,
  watchArms,
  type WatchedArms,
  type WatchedBlock,
  watchedShapes,
} from "./change-triggered.js";
export { type BeliefsPolicy, contextualPolicy, type ContextualPolicyOptions } from "./contextual-policy.js";
export {
  type Estimated,
  type EstimateOptions,
  type Estimator,
  estimatePolicy,
  type PolicyEstimate,
  type WeighedDecision,
} from "./estimate-policy.js";
export {
  type CandidatePolicy,
  evaluatePolicy,
  type EvaluatePolicyOptions,
  type Finding,
  type LoggedDecision,
  type PolicyValue,
} from "./evaluate-policy.js";
export type { Guardrail } from "./guardrails.js";
export {
  type LinearArm,
  linearThompson,
  linUcb,
  newLinearArm,
  updateLinearArm,
  type UpperBound,
} from "./linear.js";
export {
  addToSums,
  discountedSums,
  linearArmOf,
  type LinearData,
  type LinearSums,
  newLinearSums,
} from "./linear-sums.js";
export {
  fitLogistic,
  type LogisticBelief,
  type LogisticData,
  type LogisticModel,
  type LogisticPrior,
  predictLogistic,
  probabilityOfMacKay,
} from "./logistic.js";
export { driftedLogistic, type LogisticArm, newLogisticArm, updateLogisticArm } from "./logistic-arm.js";
export type { Matrix } from "./matrix.js";
export { learnArms, type Learned, type Memory } from "./memory.js";
export { rewardModel, type RewardModel, type RewardSample } from "./reward-model.js";
export { type SharesOptions, thompson, topTwoThompson } from "./shares.js";
