export {
  type ArmBatch,
  type BernoulliArms,
  discounted,
  newArms,
  type Outcome,
  slidingWindow,
  updateArms,
} from "./arms.js";
export { bernoulliDivergence, klUcbIndex, laiRobbinsConstant } from "./bounds.js";
export {
  estimatePolicy,
  evaluatePolicy,
  type EvaluatePolicyOptions,
  type Estimator,
  type LoggedDecision,
  type PolicyValue,
} from "./evaluate-policy.js";
export {
  type LinearArm,
  linearThompson,
  linUcb,
  newLinearArm,
  updateLinearArm,
  type UpperBound,
} from "./linear.js";
export {
  fitLogistic,
  type LogisticBelief,
  type LogisticData,
  type LogisticModel,
  predictLogistic,
  probabilityOfMacKay,
} from "./logistic.js";
export type { Matrix } from "./matrix.js";
export { type SharesOptions, thompson, topTwoThompson } from "./shares.js";
