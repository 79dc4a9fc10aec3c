import type { Decision } from "../../decisions/types.js";
import type { JsonObject } from "../../kernel/json.js";

const LIMIT = 500;

/**
 * Which decisions the visitor has seen: each slot and variant once in an experiment's run, which is as long as its policy stays the same, so
 * that every exposure tells the propensity it was made under. The oldest of more than 500 are forgotten.
 */
export function createExposures() {
  let seen = new Set<string>();
  return {
    /** The properties of the event that counts this decision, or null where it does not count or has been counted. */
    see({
      slot,
      variant,
      reason,
      experiment,
      propensity,
      policyVersion,
      rulesetVersion,
      isFallback,
    }: Decision): JsonObject | null {
      const key = [slot, variant, experiment, policyVersion].join("|");
      if (isFallback || reason === "override" || seen.has(key)) return null;
      seen.add(key);
      if (seen.size > LIMIT) seen.delete([...seen][0] as string);
      return {
        slot,
        variant,
        rulesetVersion,
        propensity,
        ...(experiment === undefined ? {} : { experiment }),
        ...(policyVersion === undefined ? {} : { policyVersion }),
      };
    },
    list: (): readonly string[] => [...seen],
    load(keys: readonly string[]): void {
      seen = new Set(keys.filter((key) => typeof key === "string").slice(-LIMIT));
    },
  };
}
