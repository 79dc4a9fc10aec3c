export { attribution } from "./attribution/attribution.js";
export { type RemovalEffects, removalEffects } from "./attribution/markov-chain.js";
export { shapleyOfRates, shapleyValues } from "./attribution/shapley.js";
export type * from "./attribution/types.js";
export {
  type AgreementPattern,
  type EstimatedLinks,
  estimateLinks,
  type EstimateLinksOptions,
} from "./identity/estimate-links.js";
export {
  agreementWeight,
  linkProbability,
  probabilityOfWeight,
  termFrequencyAdjustment,
  weightOfProbability,
} from "./identity/match-weight.js";
export type * from "./identity/types.js";
export { nextAction, nextActionFrom } from "./next-action/next-action.js";
export type * from "./next-action/types.js";
export { persona } from "./persona/persona.js";
export { shippablePersona } from "./persona/shippable-persona.js";
export { trainPersona } from "./persona/train-persona.js";
export type * from "./persona/types.js";
export { recommendations, recommendationsFrom } from "./recommendations/recommendations.js";
export { recommendedPolicy, type SlotPolicyOptions } from "./recommendations/slot-policy.js";
export type * from "./recommendations/types.js";
export {
  type Landmark,
  type LandmarkModel,
  type SuccessModel,
  type SuccessPrediction,
  type SuccessPredictor,
  successPredictor,
  trainSuccess,
  type TrainSuccessOptions,
} from "./success/success-predictor.js";
export { markovTransitions, type Transitions } from "./next-action/witten-bell.js";
