export { isProtectedName, requireFairTarget, type Targets } from "../model/protected-target.js";
export {
  addEvidence,
  latencyBound,
  latencyBucket,
  latencyQuantile,
  NO_EVIDENCE,
  type VersionEvidence,
} from "./evidence.js";
export {
  CANARY_DEFAULTS,
  type CanaryCode,
  type CanaryRules,
  type CanarySide,
  type CanaryTrial,
  type CanaryVerdict,
  judgeCanary,
} from "./judge-canary.js";
export { type ContentHash, contentHash } from "./model-bytes.js";
export { modelReference, modelUrl } from "./model-reference.js";
export {
  createModelRegistry,
  type ModelRegistry,
  modelsPartition,
  type RegistryOptions,
} from "./registry.js";
export { type ModelStep, newModel, sameInterface, stepModel } from "./step-model.js";
export type {
  Canary,
  Lineage,
  ModelAction,
  ModelEvent,
  ModelInterface,
  ModelRecord,
  ModelVersion,
  NewModelVersion,
} from "./types.js";
