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
export { markovTransitions, type Transitions } from "./next-action/witten-bell.js";
