import { compileUnguarded } from "./condition.js";
import { never } from "./operators.js";
import { compileRegex } from "./regex.js";
import type { Attributes, Condition, ConditionOptions, Groups, Predicate } from "./types.js";

/**
 * Compiles a condition of the MongoDB-style language of GrowthBook's SDK specification to a function. Neither throws: what is no
 * condition, what the language does not know, and what cannot be compared, is false.
 *
 * Differs from that SDK in this: attribute paths and group names reach own properties only; look-around and back-references in
 * regular expressions are not supported (`validateCondition` says so); `$notRegex` and `$notRegexi` exist.
 */
export function compileCondition(condition: Condition, options: ConditionOptions = {}): Predicate {
  let check: Predicate = never;
  try {
    check = compileUnguarded(condition, options.groups, compileRegex);
  } catch {
    // Nested deeper than the stack goes.
  }
  return (attributes) => {
    try {
      return check(attributes);
    } catch {
      return false;
    }
  };
}

/** Compiles and evaluates at once. For what is asked once; compile what is asked often. */
export function evaluateCondition(
  condition: Condition,
  attributes: Attributes,
  groups: Groups = {},
): boolean {
  return compileCondition(condition, { groups })(attributes);
}
