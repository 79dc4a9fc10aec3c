export { consentPostSchema, parseConsentInput, parseConsentPost } from "./consent.js";
export { decisionsPostSchema, parseDecisionsPost } from "./decisions.js";
export { batchSchema, eventSchema, type JsonSchema } from "./event-schema.js";
export { parseServerConfig } from "./server-config.js";
export type * from "./types.js";
