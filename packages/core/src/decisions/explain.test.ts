import { describe, expect, it } from "vitest";
import { compileRuleset } from "./compile-ruleset.js";
import type { DecisionVisitor, SlotDefinition } from "./types.js";

const grants = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: true,
  advertising: true,
};
const visitor = (changed: Partial<DecisionVisitor> = {}): DecisionVisitor => ({
  id: "visitor-1",
  attributes: { country: "DE", cartValue: 30, email: "someone@example.org" },
  segments: {},
  consent: grants,
  ...changed,
});
const rules: SlotDefinition = {
  variants: { plain: 1, offer: 2, vip: 3 },
  fallback: "plain",
  targeting: { $or: [{ country: "DE" }, { "geo.region": "EU" }] },
  policy: {
    type: "rules",
    rules: [
      { id: "vips", segment: "vip", variant: "vip" },
      { when: { country: "DE", cartValue: { $gte: 50 } }, variant: "offer" },
    ],
  },
};
const explain = (definition: SlotDefinition, about: DecisionVisitor) =>
  compileRuleset({ schemaVersion: 1, revision: 1, slots: { hero: definition } }).explain("hero", about);

describe("explain", () => {
  it("tells every step, with only the attributes that conditions read", () => {
    const { decision, steps, wouldChange } = explain(rules, visitor());
    expect(decision.reason).toBe("no-match");
    expect(steps.map(({ code }) => code)).toEqual([
      "slot-passed",
      "consent-passed",
      "targeting-passed",
      "rule-failed",
      "rule-failed",
      "result-failed",
    ]);
    expect(steps[2]?.detail).toEqual({
      condition: rules.targeting,
      attributes: { country: "DE", "geo.region": null },
      unmet: [],
    });
    expect(steps[4]?.detail).toMatchObject({
      rule: "rule-2",
      attributes: { country: "DE", cartValue: 30 },
      unmet: ["cartValue"],
    });
    expect(wouldChange.map(({ variant, code, detail }) => [variant, code, detail["rule"]])).toEqual([
      ["vip", "rule-failed", "vips"],
      ["offer", "rule-failed", "rule-2"],
    ]);
    expect(JSON.stringify({ steps, wouldChange })).not.toContain("example.org");
  });

  it("stops at the rule that matched", () => {
    const { decision, steps, wouldChange } = explain(rules, visitor({ segments: { vip: 1 } }));
    expect(decision.variant).toBe("vip");
    expect(steps.map(({ code }) => code)).toEqual([
      "slot-passed",
      "consent-passed",
      "targeting-passed",
      "rule-passed",
      "result-passed",
    ]);
    expect(wouldChange).toEqual([]);
  });

  it("says which purpose and which attribute stand in the way, and of what", () => {
    const about = visitor({
      consent: { ...grants, personalization: false },
      segments: { vip: 1 },
      attributes: { country: "FR" },
    });
    const { steps, wouldChange } = explain(rules, about);
    expect(steps.map(({ code }) => code)).toEqual([
      "slot-passed",
      "consent-failed",
      "targeting-failed",
      "result-failed",
    ]);
    expect(wouldChange).toMatchObject([
      { variant: "vip", code: "consent-failed", detail: { missing: ["personalization"] } },
      { variant: "vip", code: "targeting-failed", detail: { unmet: ["$or"] } },
    ]);
  });

  it("promises nothing that consent alone would not bring", () => {
    const { wouldChange } = explain(rules, visitor({ consent: { ...grants, personalization: false } }));
    expect(wouldChange).toEqual([]);
  });

  it.each([
    [0, "visitor-1", "not-covered"],
    [1, null, "no-identity"],
  ] as const)("tells a split at coverage %d for %s", (coverage, id, reason) => {
    const weights = { plain: 0.5, offer: 0.5 };
    const policy = { type: "split", experiment: "e", weights, coverage } as const;
    const { steps, wouldChange } = explain(
      { variants: { plain: 1, offer: 2 }, fallback: "plain", policy },
      visitor({ id }),
    );
    expect(steps.at(-2)).toMatchObject({ step: "split", passed: false, detail: { experiment: "e", reason } });
    expect(wouldChange.map(({ variant }) => variant)).toEqual(["plain", "offer"]);
  });

  it("tells an assignment", () => {
    const policy = { type: "split", experiment: "e", weights: { plain: 1 } } as const;
    const { decision, steps, wouldChange } = explain(
      { variants: { plain: 1 }, fallback: "plain", policy },
      visitor(),
    );
    expect(steps.at(-1)).toMatchObject({
      step: "result",
      passed: true,
      detail: { reason: "split", variant: "plain", propensity: 1 },
    });
    expect(decision.isFallback).toBe(false);
    expect(wouldChange).toEqual([]);
  });

  it("never throws: unknown slots, visitors that cannot be read", () => {
    const compiled = compileRuleset({ schemaVersion: 1, revision: 1, slots: { hero: rules } });
    expect(compiled.explain("__proto__", visitor()).steps.map(({ code }) => code)).toEqual([
      "slot-failed",
      "result-failed",
    ]);
    expect(compiled.explain("hero", null as never).decision.reason).toBe("error");
  });
});
