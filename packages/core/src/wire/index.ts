export { parseConsentInput, parseConsentPost } from "./consent.js";
export { parseDecisionsPost } from "./decisions.js";
export { parseRulesetPut } from "./ruleset.js";
export { parseServerConfig } from "./server-config.js";
export type * from "./types.js";
