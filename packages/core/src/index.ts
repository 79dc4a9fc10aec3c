/**
 * The engine and the pure functions under it: no dependencies, no framework, no globals of any platform.
 *
 * @packageDocumentation
 */
export type {
  ConsentMode,
  ConsentPolicy,
  ConsentRecord,
  ConsentSource,
  ConsentState,
  Grants,
  Purpose,
} from "./consent/types.js";
export { compileRuleset } from "./decisions/compile-ruleset.js";
export { lintRuleset } from "./decisions/lint-ruleset.js";
export type * from "./decisions/types.js";
export { validateRuleset } from "./decisions/validate-ruleset.js";
export type { Score } from "./engagement/types.js";
export { createAttune } from "./engine/create-attune.js";
export type * from "./engine/types.js";
export type { MinimiseOptions } from "./events/minimise.js";
export type {
  CampaignContext,
  DeviceType,
  Event,
  EventContext,
  KnownEventName,
  ShopProperties,
} from "./events/types.js";
export { type Clock, systemClock } from "./kernel/clock.js";
export { createDevelopmentReport } from "./kernel/development.js";
export { AttuneError, type AttuneErrorOptions, type ErrorCode, isAttuneError } from "./kernel/errors.js";
export type { JsonObject, JsonValue } from "./kernel/json.js";
export { type RandomSource, secureRandom, seededRandom } from "./kernel/random.js";
export type { Issue, Result } from "./kernel/result.js";
export { listening } from "./kernel/listening.js";
export { safeReport } from "./kernel/safe-report.js";
export type * from "./ports/environment.js";
export { segmentMatcher, type SegmentMatcher } from "./segments/segment-expression.js";
export type { Memberships, SegmentChange, SegmentDefinition, SegmentExpression } from "./segments/types.js";
export * from "./state/index.js";
export type { Attributes, Condition, Groups } from "./targeting/types.js";
