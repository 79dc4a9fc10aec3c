export { consentPostSchema, parseConsentInput, parseConsentPost } from "./consent.js";
export { decisionsPostSchema, parseDecisionsPost } from "./decisions.js";
export { batchSchema, eventSchema, type JsonSchema } from "./event-schema.js";
export {
  handoverPostSchema,
  handoverRedemptionSchema,
  parseHandoverPost,
  parseHandoverRedemption,
} from "./handover.js";
export { fromSegment, SEGMENT_CALLS, type SegmentCall, type SegmentReading } from "./segment.js";
export type { ConsentCategories } from "./segment-consent.js";
export {
  CONSENT_LEVELS,
  type ConsentLevel,
  parsePrivacyEvent,
  type PrivacyEvent,
  privacyEventSchema,
} from "./privacy-event.js";
export { parseServerConfig } from "./server-config.js";
export type * from "./types.js";
