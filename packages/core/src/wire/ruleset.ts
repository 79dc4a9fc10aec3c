import { validateRuleset } from "../decisions/index.js";
import type { Ruleset } from "../decisions/types.js";
import type { Issue, Result } from "../kernel/result.js";

/** The body of a ruleset put is the ruleset document itself. */
export function parseRulesetPut(body: unknown): Result<Ruleset, Issue[]> {
  return validateRuleset(body);
}
