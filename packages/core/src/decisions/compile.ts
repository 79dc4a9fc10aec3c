import { AttuneError } from "../kernel/errors.js";
import { contentHash } from "../kernel/hash.js";
import { canonicalJson } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { compileUnguarded } from "../targeting/condition.js";
import { own } from "../targeting/path.js";
import { compileSlot, decisionOf, emptyDecision, policyContent } from "./decide.js";
import type { RulesetContext, SlotDecider } from "./decide.js";
import { explain } from "./explain.js";
import type {
  CompiledRuleset,
  CompileOptions,
  DecidingRuleset,
  Decision,
  Ruleset,
  RulesetDocument,
  SlotDefinition,
} from "./types.js";

/** {@link compileRuleset} for where nothing is explained: a page's first load. */
export function compileDecisions(
  document: Ruleset | RulesetDocument,
  { onError }: CompileOptions = {},
): DecidingRuleset {
  // Whatever is wrong with the document makes the compiling below throw.
  const ruleset = document as Ruleset;
  let path = "";
  try {
    if (ruleset.schemaVersion !== 1) throw new RangeError("schemaVersion");
    const names = Object.keys(ruleset.slots).sort();
    const content = [
      ruleset,
      ...names.map((name) => policyContent((ruleset.slots[name] as SlotDefinition).policy)),
    ];
    const version = `${ruleset.revision}-${contentHash(canonicalJson(content))}`;
    const context: RulesetContext = {
      version,
      compile: (condition) => compileUnguarded(condition, ruleset.groups),
      onError,
    };
    const slots = new Map<string, SlotDecider>();
    for (const name of names) {
      path = pointer("/slots", name);
      slots.set(name, compileSlot(name, ruleset.slots[name] as SlotDefinition, context));
    }
    return {
      version,
      ruleset,
      decide: (slot, visitor) => slots.get(slot)?.(visitor) ?? emptyDecision(slot, "unknown-slot", version),
    };
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_DECISIONS_INVALID_RULESET",
      "No valid ruleset; validateRuleset lists why.",
      { path, cause },
    );
  }
}

/**
 * Compiles a ruleset to functions, once; deciding then allocates nothing and reads no clock, chance or network. The document must not be changed
 * afterwards.
 *
 * Refuses only what it could not decide by (`validateRuleset` finds everything that is wrong).
 *
 * @throws AttuneError `ATTUNE_DECISIONS_INVALID_RULESET`; its path names the slot at fault.
 */
export function compileRuleset(
  ruleset: Ruleset | RulesetDocument,
  options?: CompileOptions,
): CompiledRuleset {
  const deciding = compileDecisions(ruleset, options);
  return { ...deciding, explain: (slot, visitor) => explain(deciding, slot, visitor) };
}

/** The decision for a variant that a host or a tool forces; null where the ruleset has no such slot or variant. */
export function forcedDecision(compiled: DecidingRuleset, slot: string, variant: string): Decision | null {
  const { slots } = compiled.ruleset;
  const definition = own(slots, slot) as SlotDefinition | null;
  if (!definition || !Object.hasOwn(definition.variants, variant)) return null;
  return decisionOf({ slot, definition, rulesetVersion: compiled.version }, "override", { variant });
}
