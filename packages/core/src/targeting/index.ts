export { compileCondition, evaluateCondition } from "./compile-condition.js";
export type { Attributes, Condition, ConditionOptions, Group, Groups, Predicate } from "./types.js";
export { validateCondition } from "./validate-condition.js";
