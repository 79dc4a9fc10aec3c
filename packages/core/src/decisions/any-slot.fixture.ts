import { ALL_GRANTS } from "../consent/grants.js";
import { compileRuleset } from "./compile-ruleset.js";
import type { DecisionVisitor, Ruleset, SlotDefinition } from "./types.js";

/** A visitor who granted everything. */
export const visitor = (changed: Partial<DecisionVisitor> = {}): DecisionVisitor => ({
  id: "visitor-1",
  attributes: { country: "DE" },
  segments: {},
  consent: ALL_GRANTS,
  ...changed,
});

/** A slot of two variants; by default half and half. */
export const slot = (changed: Partial<SlotDefinition> = {}): SlotDefinition => ({
  variants: { a: "A", b: "B" },
  fallback: "a",
  policy: { type: "split", experiment: "cta-test", weights: { a: 0.5, b: 0.5 } },
  ...changed,
});

export const ruleset = (slots: Ruleset["slots"], more: Partial<Ruleset> = {}): Ruleset => ({
  schemaVersion: 1,
  revision: 1,
  slots,
  ...more,
});

/** Decides one slot, `cta`. */
export function decider(
  definition: SlotDefinition,
  more: Partial<Ruleset> = {},
  others: Ruleset["slots"] = {},
) {
  const compiled = compileRuleset(ruleset({ ...others, cta: definition }, more));
  return (changed: Partial<DecisionVisitor> = {}) => compiled.decide("cta", visitor(changed));
}

export const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `visitor-${i}`);
