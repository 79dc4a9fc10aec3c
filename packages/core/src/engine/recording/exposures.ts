import type { Purpose } from "../../consent/types.js";
import type { Decision } from "../../decisions/types.js";
import type { JsonObject } from "../../kernel/json.js";

const LIMIT = 1000;

/** Exposures with further ones; as many as are remembered. */
export const withSeen = (keys: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...keys, ...more])].slice(-LIMIT);

/**
 * Which decisions the visitor has seen, and for which purposes that was told: each slot and variant once in an experiment's run, which is as
 * long as its policy stays the same, so that every exposure tells the propensity it was made under; and once more where consent has come to
 * cover a purpose it was not told for, and of a sticky experiment where the visitor has logged in since. The oldest of more than 1,000 (one for each purpose) are forgotten.
 */
export function createExposures() {
  let seen = new Set<string>();
  return {
    /** The properties of the event that tells of this decision for these purposes, and what is remembered of it; null where there is nothing to tell. */
    see(
      {
        slot,
        variant,
        reason,
        experiment,
        propensity,
        bucketVersion,
        kept,
        policyVersion,
        rulesetVersion,
        isFallback,
      }: Decision,
      { purposes, isKnown }: { purposes: readonly Purpose[]; isKnown: boolean },
    ): { properties: JsonObject; seen: readonly string[] } | null {
      if (isFallback || reason === "override") return null;
      const sticky = bucketVersion === undefined ? {} : { bucketVersion, ...(kept && { kept }) };
      const whose = bucketVersion !== undefined && isKnown ? ["known"] : [];
      const keys = purposes.map((purpose) =>
        [slot, variant, experiment, policyVersion, purpose, ...whose].join("|"),
      );
      if (keys.every((key) => seen.has(key))) return null;
      seen = new Set(withSeen([...seen], keys));
      const properties = {
        slot,
        variant,
        rulesetVersion,
        propensity,
        ...(experiment === undefined ? {} : { experiment }),
        ...sticky,
        ...(policyVersion === undefined ? {} : { policyVersion }),
      };
      return { properties, seen: keys };
    },
    list: (): readonly string[] => [...seen],
    load(keys: readonly string[]): void {
      seen = new Set(keys.filter((key) => typeof key === "string").slice(-LIMIT));
    },
  };
}
