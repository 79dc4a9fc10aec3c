export { bucketRanges, chooseVariant, inNamespace } from "./bucket.js";
export type { BucketRange } from "./bucket.js";
export { compileRuleset, forcedDecision } from "./compile.js";
export { emptyDecision } from "./decide.js";
export { hash } from "./hash.js";
export { lintRuleset } from "./lint-ruleset.js";
export type * from "./types.js";
export { validateRuleset } from "./validate-ruleset.js";
export { variantDecision } from "./variant-decision.js";
