import { own } from "../targeting/path.js";
import { compileRegex } from "../targeting/regex.js";
import { compileAnySlot } from "./compile-any-slot.js";
import { compileDecisions } from "./compile.js";
import type { SlotDecider, SlotLanguage } from "./decide.js";
import { explain } from "./explain.js";
import { explainAnySlot } from "./explain-any-slot.js";
import type {
  CompiledRuleset,
  CompileOptions,
  DecidingRuleset,
  Ruleset,
  RulesetDocument,
  SlotDefinition,
} from "./types.js";
import { policyContent, variantsOf } from "./variants-of.js";

/** All that a slot can have. Of one ruleset: a slot that others ask for is compiled once, and no circle of them is followed. */
function anySlots(): SlotLanguage {
  const compiled = new Map<string, SlotDecider>();
  const open = new Set<string>();
  const compileSlot: SlotLanguage["compileSlot"] = (slot, definition, context) => {
    const known = compiled.get(slot);
    if (known) return known;
    if (open.has(slot)) throw new RangeError("circle");
    open.add(slot);
    const deciderOf = (other: string): SlotDecider => {
      const asked = own(context.ruleset.slots, other) as SlotDefinition | null;
      if (!asked) throw new RangeError("slot");
      return compileSlot(other, asked, context) as SlotDecider;
    };
    const decide = compileAnySlot(slot, definition, { ...context, deciderOf });
    compiled.set(slot, decide);
    return decide;
  };
  return { compileSlot, policyContent, variantsOf, regex: compileRegex };
}

/**
 * Compiles a ruleset to functions, once; deciding then allocates nothing (but for `contextual`, whose shares are a visitor's own) and reads no clock, chance or network. The document
 * must not be changed afterwards.
 *
 * Refuses only what it could not decide by (`validateRuleset` finds everything that is wrong).
 *
 * @throws AttuneError `ATTUNE_DECISIONS_INVALID_RULESET`; its path names the slot at fault.
 */
export function compileRuleset(
  ruleset: Ruleset | RulesetDocument,
  options?: CompileOptions,
): CompiledRuleset {
  // It knows every slot, so there is none for which it would be null.
  const deciding = compileDecisions(ruleset, options, anySlots()) as DecidingRuleset;
  return { ...deciding, explain: (slot, visitor) => explain(deciding, [slot, visitor], explainAnySlot) };
}
