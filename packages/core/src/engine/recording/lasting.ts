import type { Decision, DecidingRuleset } from "../../decisions/types.js";
import { own } from "../../targeting/path.js";

/** Whether somewhere in a slot a condition reads the context of the call, which no page has of itself. */
function readsContext(slot: unknown): boolean {
  let found = false;
  JSON.stringify(slot, (key, value: unknown) => {
    found ||= /^context(\.|$)/.test(key);
    return value;
  });
  return found;
}

/**
 * What the server decided for slots that the page cannot decide by itself: their conditions read a context that only the server had. Only what
 * was decided by the very ruleset that the page has.
 */
export function lastingDecisions(
  decisions: Readonly<Record<string, Decision>>,
  rules: DecidingRuleset | null,
): Record<string, Decision> {
  return Object.fromEntries(
    Object.entries(decisions).filter(([slot, { rulesetVersion }]) => {
      const definition = own(rules?.ruleset.slots, slot) as { targeting?: unknown; policy: unknown } | null;
      return (
        definition !== null &&
        rulesetVersion === rules?.version &&
        readsContext([definition.targeting, definition.policy])
      );
    }),
  );
}
