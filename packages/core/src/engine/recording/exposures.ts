import type { Purpose } from "../../consent/types.js";
import type { Decision, Ruleset } from "../../decisions/types.js";
import type { JsonObject } from "../../kernel/json.js";
import { own } from "../../targeting/path.js";

const LIMIT = 1000;

/** Exposures with further ones; as many as are remembered. */
export const withSeen = (keys: readonly string[], more: readonly string[]): readonly string[] =>
  [...new Set([...keys, ...more])].slice(-LIMIT);

/** When it was seen, and by whom. */
export interface Occasion {
  purposes: readonly Purpose[];
  isKnown: boolean;
  /** The experiments that the ruleset measures. */
  measured: Ruleset["experiments"] | undefined;
}

/**
 * Which decisions the visitor has seen, and for which purposes that was told: each slot and variant once in an experiment's run, which is as
 * long as its policy stays the same, so that every exposure tells the propensity it was made under; and once more where consent has come to
 * cover a purpose it was not told for, and of a sticky experiment where the visitor has logged in since. Of experiments that are measured also which were assigned and rendered, once in a run, and who was held out. The oldest of
 * more than 1,000 (one for each purpose) are forgotten.
 */
export function createExposures() {
  let seen = new Set<string>();
  return {
    /** The properties of the event of this name that tells of this decision for these purposes, and what is remembered of it; null where there is nothing to tell. */
    see(
      name: string,
      {
        slot,
        variant,
        reason,
        experiment = "",
        propensity,
        bucketVersion,
        kept,
        policyVersion,
        rulesetVersion,
        isFallback,
      }: Decision,
      { purposes, isKnown, measured = {} }: Occasion,
    ): { properties: JsonObject; seen: readonly string[] } | null {
      const isSeen = name === "Variant Exposed";
      // What everybody sees, seen by whom a holdout keeps out: measured as what is seen of a variant is.
      const isHeld = isSeen && reason === "holdout" && Object.keys(measured).length > 0;
      const run = own(measured, experiment) as { run?: number } | null;
      // An assignment that was kept was told when it was made.
      if (reason === "override" || (isFallback && !isHeld) || (!isSeen && (kept || !run))) return null;
      const sticky = !isSeen || bucketVersion === undefined ? {} : { bucketVersion, ...(kept && { kept }) };
      const whose = isSeen && bucketVersion !== undefined && isKnown ? ["known"] : [];
      const what = isSeen
        ? [slot, variant, isHeld ? reason : experiment, policyVersion]
        : [name, variant, experiment, run?.run];
      const keys = purposes.map((purpose) => [...what, purpose, ...whose].join("|"));
      if (keys.every((key) => seen.has(key))) return null;
      seen = new Set(withSeen([...seen], keys));
      const properties = {
        slot,
        variant,
        rulesetVersion,
        propensity,
        ...(isHeld ? { holdout: true } : experiment && { experiment }),
        ...sticky,
        ...(policyVersion === undefined ? {} : { policyVersion }),
      };
      return { properties: properties as JsonObject, seen: keys };
    },
    list: (): readonly string[] => [...seen],
    load(keys: readonly string[]): void {
      seen = new Set(keys.filter((key) => typeof key === "string").slice(-LIMIT));
    },
  };
}
