export { ATTRIBUTES, type AttributeDefinition } from "./attribute-definitions.js";
export { assignmentsOf, mergeAssignments } from "./assignments.js";
export { visitorAttributes } from "./attributes.js";
export { FEATURES, featuresVersion } from "./definitions.js";
export {
  FEATURES_VERSION,
  type FeatureName,
  type FeatureVector,
  featureArray,
  features,
} from "./features.js";
export { fold } from "./fold.js";
export { foldSession, SESSION_GAP, sessionOf, startedSession } from "./fold-session.js";
export { isReadByName } from "./read-by-name.js";
export { initialState } from "./initial-state.js";
export {
  type Assignment,
  type Assignments,
  type FeatureDefinition,
  type FeatureUnit,
  type KeptAssignment,
  type LearnedState,
  type ReferrerKind,
  type SessionState,
  STATE_VERSION,
  type VisitorState,
} from "./types.js";
export type * from "./scorer.js";
