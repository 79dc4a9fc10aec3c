import { describe, expect, it } from "vitest";
import { ALL_GRANTS } from "../consent/grants.js";
import { compileRuleset } from "./compile-ruleset.js";
import type { Ruleset } from "./types.js";
import { variantDecision } from "./variant-decision.js";

const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 3,
  slots: {
    hero: {
      variants: { plain: 1, bold: 2 },
      fallback: "plain",
      policy: { type: "rules", rules: [{ when: { plan: "pro" }, variant: "bold" }] },
    },
    cta: {
      variants: { a: "Buy", b: "Buy now" },
      fallback: "a",
      purposes: ["analytics"],
      policy: { type: "split", experiment: "words", weights: { b: 0.25, a: 0.75 }, coverage: 0.8 },
    },
  },
};
const compiled = compileRuleset(ruleset);

describe("variantDecision", () => {
  it("equals what was decided, for rules, splits in either arm and nobody targeted", () => {
    const found = new Set<string>();
    for (let i = 0; i < 200; i++) {
      const visitor = { id: `v${i}`, attributes: { plan: i % 2 ? "pro" : "free" }, consent: ALL_GRANTS };
      for (const slot of ["hero", "cta"]) {
        const decision = compiled.decide(slot, visitor);
        // Who is outside of the coverage sees what everybody sees; why is not part of what is shown.
        if (decision.reason === "not-covered") continue;
        found.add(`${slot} ${decision.reason} ${decision.variant}`);
        expect(variantDecision(compiled, slot, decision.isFallback ? null : decision.variant)).toEqual(
          decision,
        );
      }
    }
    expect([...found].sort()).toEqual([
      "cta split a",
      "cta split b",
      "hero no-match plain",
      "hero rule bold",
    ]);
  });

  it("is the fallback for what the slot or the ruleset does not have", () => {
    expect(variantDecision(compiled, "hero", "gone")).toMatchObject({ variant: "plain", isFallback: true });
    expect(variantDecision(compiled, "hero", "toString")).toMatchObject({
      variant: "plain",
      isFallback: true,
    });
    expect(variantDecision(compiled, "nowhere", "a")).toMatchObject({
      variant: null,
      reason: "unknown-slot",
    });
  });
});
