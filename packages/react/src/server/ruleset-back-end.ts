import { compileRuleset, type Ruleset, type RulesetDocument } from "@attune/core";
import type { BackEnd } from "./back-end.js";

/**
 * Decides by a ruleset alone, where nobody is to be asked: by the visitor's id (splits) and by `context`. What the visitor did is not
 * known here, so rules over behaviour do not hold, and nobody is in a segment.
 *
 * @throws AttuneError where the ruleset cannot be compiled.
 */
export function rulesetBackEnd(document: Ruleset | RulesetDocument): BackEnd {
  const { ruleset, version, decide } = compileRuleset(document);
  return async ({ visitor: { id, consent }, slots = Object.keys(ruleset.slots), context }) => {
    const visitor = { id, attributes: { context }, segments: {}, consent };
    const decisions = Object.fromEntries(slots.map((slot) => [slot, decide(slot, visitor)]));
    return { decisions, segments: {}, rulesetVersion: version, ruleset };
  };
}
