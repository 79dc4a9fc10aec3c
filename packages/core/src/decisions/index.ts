export { bucketRanges, chooseVariant, inNamespace } from "./bucket.js";
export type { BucketRange } from "./bucket.js";
export { compileDecisions, forcedDecision } from "./compile.js";
export { compileRuleset } from "./compile-ruleset.js";
export { contextReader, contextualShares, scoreOf } from "./contextual.js";
export { emptyDecision } from "./decide.js";
export { aliasing, factorialCells } from "./factorial.js";
export type { Aliasing, FactorialCell } from "./factorial.js";
export { fromGrowthBookAssignments } from "./growthbook/assignments.js";
export type { AssignmentsOptions } from "./growthbook/assignments.js";
export { convertGrowthBook, fromGrowthBook } from "./growthbook/from-growthbook.js";
export type {
  GrowthBookAssignments,
  GrowthBookConversion,
  GrowthBookOptions,
} from "./growthbook/types.js";
export { hash } from "./hash.js";
export { lintRuleset } from "./lint-ruleset.js";
export { modelKeyOf, modelVersionFor } from "./model-version.js";
export { standingOf } from "./sticky.js";
export type { Standing } from "./sticky.js";
export type * from "./types.js";
export { validateRuleset } from "./validate-ruleset.js";
export { variantDecision } from "./variant-decision.js";
export { armsOf, assignmentsIn, reachableVariants, variantsOf } from "./variants-of.js";
