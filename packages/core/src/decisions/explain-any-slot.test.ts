import { describe, expect, it } from "vitest";
import { NO_GRANTS } from "../consent/grants.js";
import { ruleset, slot, visitor } from "./any-slot.fixture.js";
import { compileRuleset } from "./compile-ruleset.js";
import type { AssignmentPolicy, DecisionVisitor, Ruleset, SlotDefinition } from "./types.js";

const explain = (
  definition: SlotDefinition,
  changed: Partial<DecisionVisitor> = {},
  more: Partial<Ruleset> = {},
) =>
  compileRuleset(
    ruleset({ cta: definition, other: slot({ policy: { type: "rules", rules: [] } }) }, more),
  ).explain("cta", visitor(changed));
const codes = ({ steps }: ReturnType<typeof explain>) => steps.map(({ code }) => code);
const change = ({ wouldChange }: ReturnType<typeof explain>) =>
  wouldChange.map(({ variant, code }) => `${variant} ${code}`);

const bandit = { type: "bandit", experiment: "e", shares: { a: 0, b: 1 } } as const;
const gated = slot({
  targeting: { country: "DE" },
  holdouts: ["h"],
  exclusion: [{ group: "g", ranges: [[0, 0]] }],
  prerequisites: [{ slot: "other", variants: ["b"] }],
  policy: { ...bandit, sticky: { bucketVersion: 1, minBucketVersion: 1 } },
});
const known = { holdouts: { h: { share: 1 } }, exclusionGroups: { g: {} } };

describe("explanations of gates", () => {
  it("name every one that stands in the way, and what lies beyond", () => {
    const explanation = explain(gated, {}, known);
    expect(codes(explanation)).toEqual([
      ...["slot-passed", "consent-passed", "targeting-passed", "holdout-failed", "exclusion-failed"],
      ...["prerequisite-failed", "result-failed"],
    ]);
    expect(change(explanation)).toEqual(["b holdout-failed", "b exclusion-failed", "b prerequisite-failed"]);
    expect(explanation.steps[3]?.detail).toMatchObject({
      holdout: "h",
      share: 1,
      drawn: expect.any(Number) as number,
    });
    expect(explanation.steps[4]?.detail).toMatchObject({ group: "g", ranges: [[0, 0]] });
    expect(explanation.steps[5]?.detail).toMatchObject({
      slot: "other",
      shows: "a",
      variants: ["b"],
      reason: "no-match",
    });
  });

  it("show what another slot gave where a condition asks for it", () => {
    const condition = { value: "elsewhere" };
    const asking = slot({ ...gated, prerequisites: [{ slot: "other", condition }] });
    expect(explain(asking, {}, known).steps[5]?.detail).toMatchObject({
      slot: "other",
      variants: null,
      condition,
      shows: "a",
    });
  });

  it("tell of consent and targeting as of all slots", () => {
    const explanation = explain(gated, { consent: NO_GRANTS, attributes: {} }, known);
    expect(codes(explanation).slice(0, 3)).toEqual(["slot-passed", "consent-failed", "targeting-failed"]);
    expect(explanation.decision.reason).toBe("consent");
  });
});

describe("explanations of earlier assignments", () => {
  const seen = (bucketVersion: number) => ({ assignments: { e: { variant: "b", bucketVersion } } });
  const open = { ...known, holdouts: { h: { share: 0 } } };

  it("tell that one holds, and that few gates were asked", () => {
    const explanation = explain(gated, seen(1), open);
    expect(codes(explanation)).toEqual([
      "slot-passed",
      "consent-passed",
      "sticky-passed",
      "holdout-passed",
      "result-passed",
    ]);
    expect(explanation.steps[2]?.detail).toMatchObject({
      standing: "kept",
      assignment: { variant: "b" },
      bucketVersion: 1,
    });
    expect(change(explain(gated, seen(1), known))).toEqual(["b holdout-failed"]);
  });

  it("tell why one is made anew, or its visitor is out", () => {
    const free = slot({ policy: gated.policy });
    expect(codes(explain(free, seen(0)))).toEqual([
      "slot-passed",
      "consent-passed",
      "sticky-failed",
      "result-failed",
    ]);
    const again = explain(free, seen(2));
    expect(codes(again)).toEqual([
      "slot-passed",
      "consent-passed",
      "sticky-passed",
      "bandit-passed",
      "result-passed",
    ]);
    expect(again.steps[2]?.detail["standing"]).toBe("renewed");
    expect(codes(explain(gated, { ...seen(1), consent: NO_GRANTS }, open))[1]).toBe("consent-failed");
  });
});

describe("explanations of policies", () => {
  it("tell what was drawn from", () => {
    const explanation = explain(slot({ policy: { ...bandit, coverage: 0 } }));
    expect(explanation.steps.at(-2)).toMatchObject({
      ...{ step: "bandit", passed: false },
      detail: { experiment: "e", weights: { a: 0, b: 1 }, coverage: 0, reason: "not-covered" },
    });
    expect(change(explanation)).toEqual(["a bandit-failed", "b bandit-failed"]);
  });

  it("tell a visitor's own shares, with what of the visitor they are made of", () => {
    const policy: AssignmentPolicy = {
      ...{ type: "contextual", experiment: "e", context: [{ attribute: "cartValue", scale: 10 }] },
      arms: { a: { mean: [0, 0], covariance: [1, 0, 1] }, b: { mean: [0, 0], covariance: [1, 0, 1] } },
    };
    const { steps } = explain(slot({ policy }), { attributes: { cartValue: 20, email: "x@example.org" } });
    expect(steps.at(-2)?.detail).toMatchObject({ context: { cartValue: 2 }, weights: { a: 0.5, b: 0.5 } });
    expect(JSON.stringify(steps)).not.toContain("example.org");
  });

  it("tell every rule with its gates, and stop at the one that decides", () => {
    const explanation = explain(
      slot({
        policy: {
          type: "rules",
          rules: [
            { when: { country: "FR" }, policy: bandit },
            { id: "held", holdouts: ["h"], variant: "b" },
            { policy: { ...bandit, experiment: "none", coverage: 0 } },
            { policy: { ...bandit, sticky: {} } },
            { variant: "a" },
          ],
        },
      }),
      { assignments: { e: { variant: "b", bucketVersion: 0 } } },
      known,
    );
    expect(
      explanation.steps.slice(2).map(({ code, detail }) => `${code} ${detail["rule"] ?? ""}`.trim()),
    ).toEqual([
      "rule-failed rule-1",
      "holdout-failed held",
      "rule-failed held",
      "bandit-failed rule-3",
      "rule-failed rule-3",
      "sticky-passed rule-4",
      "rule-passed rule-4",
      "result-passed",
    ]);
    expect(explanation.decision).toMatchObject({ reason: "bandit", kept: true });
    expect(change(explanation)).toEqual(["a rule-failed", "a bandit-failed", "a rule-failed"]);
  });
});
