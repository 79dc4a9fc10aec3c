import { AttuneError } from "../kernel/errors.js";
import { contentHash } from "../kernel/hash.js";
import { canonicalJson } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { compileUnguarded } from "../targeting/condition.js";
import { never } from "../targeting/operators.js";
import { own } from "../targeting/path.js";
import { decisionOf, emptyDecision, PLAIN_SLOTS } from "./decide.js";
import type { RulesetContext, SlotDecider, SlotLanguage } from "./decide.js";
import type {
  CompileOptions,
  DecidingRuleset,
  Decision,
  Ruleset,
  RulesetDocument,
  SlotDefinition,
} from "./types.js";

/**
 * `compileRuleset` for a page's first load: of targeting without regular expressions, plain rules and splits alone, and without explanations.
 *
 * @returns Null for a ruleset that takes more: `compileRuleset` compiles every one.
 * @throws AttuneError `ATTUNE_DECISIONS_INVALID_RULESET`; its path names the slot at fault.
 */
export function compileDecisions(
  document: Ruleset | RulesetDocument,
  { onError }: CompileOptions = {},
  { compileSlot, policyContent, variantsOf, regex }: SlotLanguage = PLAIN_SLOTS,
): DecidingRuleset | null {
  // Whatever is wrong with the document makes the compiling below throw.
  const ruleset = document as Ruleset;
  let path = "";
  let isMore = false;
  const noRegex = () => {
    isMore = true;
    return never;
  };
  try {
    if (ruleset.schemaVersion !== 1) throw new RangeError("schemaVersion");
    const names = Object.keys(ruleset.slots).sort();
    const contents = names.map((name) => {
      path = pointer("/slots", name);
      return policyContent((ruleset.slots[name] as SlotDefinition).policy);
    });
    path = "";
    const version = `${ruleset.revision}-${contentHash(canonicalJson([ruleset, ...contents]))}`;
    const context: RulesetContext = {
      version,
      ruleset,
      compile: (condition) => compileUnguarded(condition, ruleset.groups, regex ?? noRegex),
      onError,
    };
    const slots = new Map<string, SlotDecider>();
    for (const name of names) {
      path = pointer("/slots", name);
      const decide = compileSlot(name, ruleset.slots[name] as SlotDefinition, context);
      if (!decide || isMore) return null;
      slots.set(name, decide);
    }
    return {
      version,
      ruleset,
      decide: (slot, visitor) => slots.get(slot)?.(visitor) ?? emptyDecision(slot, "unknown-slot", version),
      variants(slot) {
        const definition = own(ruleset.slots, slot) as SlotDefinition | null;
        return definition && variantsOf(definition);
      },
    };
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_DECISIONS_INVALID_RULESET",
      "No valid ruleset; validateRuleset lists why.",
      { path, cause },
    );
  }
}

/** The decision for a variant that a host or a tool forces; null where the ruleset has no such slot or variant. */
export function forcedDecision(compiled: DecidingRuleset, slot: string, variant: string): Decision | null {
  const variants = compiled.variants(slot);
  if (!variants || !Object.hasOwn(variants, variant)) return null;
  const definition = { ...(compiled.ruleset.slots[slot] as SlotDefinition), variants };
  return decisionOf({ slot, definition, rulesetVersion: compiled.version }, "override", { variant });
}
