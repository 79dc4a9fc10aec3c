import type { Decision, Ruleset } from "@attune/core";

/**
 * What stands where nobody decided: the ruleset's own fallback where there is a ruleset, else nothing.
 *
 * @param slots Default: all of the ruleset.
 */
export function fallbackDecisions(
  slots: readonly string[] | undefined,
  ruleset?: Ruleset,
): Record<string, Decision> {
  const names = slots ?? Object.keys(ruleset?.slots ?? {});
  return Object.fromEntries(names.map((slot) => [slot, fallbackOf(slot, ruleset)]));
}

function fallbackOf(slot: string, ruleset: Ruleset | undefined): Decision {
  const definition = ruleset && Object.hasOwn(ruleset.slots, slot) ? ruleset.slots[slot] : undefined;
  return {
    slot,
    variant: definition?.fallback ?? null,
    value: definition?.variants[definition.fallback] ?? null,
    reason: "error",
    propensity: null,
    rulesetVersion: null,
    purposes: definition?.purposes ?? ["personalization"],
    isFallback: true,
  };
}
