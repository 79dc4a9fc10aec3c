import { describe, expect, it } from "vitest";
import type { JsonObject } from "../kernel/json.js";
import { ATTRIBUTES, initialState, visitorAttributes } from "../state/index.js";
import { lintRuleset } from "./lint-ruleset.js";
import type { Ruleset } from "./types.js";
import { validateRuleset } from "./validate-ruleset.js";

const withRule = (when: JsonObject): Ruleset => ({
  schemaVersion: 1,
  revision: 1,
  slots: {
    hero: { variants: { a: 1 }, fallback: "a", policy: { type: "rules", rules: [{ when, variant: "a" }] } },
  },
});
const warnings = (when: JsonObject): string[] => {
  const ruleset = withRule(when);
  expect(validateRuleset(ruleset).ok).toBe(true);
  return lintRuleset(ruleset).map(
    ({ path, code, message }) =>
      `${path.replace("/slots/hero/policy/rules/0/when", "")} ${code.replace("ATTUNE_DECISIONS_", "")} ${message}`,
  );
};

describe("lintRuleset", () => {
  it.each<JsonObject>([
    { topCategory: "kitchen", purchases: { $gte: 1 }, returning: true, "scores.intent": { $gt: 0.5 } },
    { $or: [{ device: { $in: ["mobile", "tablet"] } }, { $not: { referrerKind: "search" } }] },
    { "traits.plan": "pro", "context.cart.total": { $gt: 5 }, traits: { $exists: true }, context: null },
    { "campaign.source": { $regex: "^mail" }, landing: { $exists: false }, "campaign.name": 2026 },
    { pagesThisSession: "3", sessions: { $not: { $lt: 2 } }, country: { $inGroup: "x", $ne: null } },
  ])("says nothing of %j", (when) => {
    const ruleset = { ...withRule(when), groups: { x: ["DE"] } };
    expect(validateRuleset(ruleset).ok).toBe(true);
    expect(lintRuleset(ruleset)).toEqual([]);
  });

  it.each<[JsonObject, string, RegExp]>([
    [{ topCatgory: "kitchen" }, "/topCatgory UNKNOWN_ATTRIBUTE", /Did you mean topCategory\?/],
    [{ $and: [{ purchase: 1 }] }, "/$and/0/purchase UNKNOWN_ATTRIBUTE", /purchases/],
    [{ plan: "pro" }, "/plan UNKNOWN_ATTRIBUTE", /context\..*traits\./],
    [{ campaign: "spring" }, "/campaign UNKNOWN_ATTRIBUTE", /campaign\.source, campaign\.medium/],
    [{ "scores.intend": 1 }, "/scores.intend UNKNOWN_ATTRIBUTE", /scores\.intent/],
    [{ purchases: { $gte: "one" } }, "/purchases/$gte OPERAND_TYPE", /number/],
    [{ purchases: { $not: { $in: [1, "2"] } } }, "/purchases/$not/$in/1 OPERAND_TYPE", /number/],
    [
      { maxScrollDepthThisSession: { $gte: 50 } },
      "/maxScrollDepthThisSession/$gte OPERAND_RANGE",
      /0\.5, not 50/,
    ],
    [{ sessions: { $lt: 0 } }, "/sessions/$lt OPERAND_RANGE", /never/],
    [{ device: "phone" }, "/device OPERAND_VALUE", /desktop, mobile, tablet/],
    [{ country: { $eq: 3 } }, "/country/$eq OPERAND_TYPE", /text/],
    [{ topCategory: { $size: 2 } }, "/topCategory/$size OPERAND_TYPE", /lists/],
  ])("warns of %j", (when, begins, says) => {
    const found = warnings(when);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(begins);
    expect(found[0]).toMatch(says);
  });

  it("looks everywhere that a condition stands", () => {
    const ruleset: Ruleset = {
      schemaVersion: 1,
      revision: 1,
      groups: { g: { type: "condition", condition: { a1: 1 } }, l: ["x"] },
      segments: [{ name: "s", enter: { a2: 1 }, exit: { a3: 1 } }],
      slots: {
        "x/y": {
          variants: { a: 1 },
          fallback: "a",
          targeting: { a4: 1 },
          policy: { type: "rules", rules: [] },
        },
        z: {
          variants: { a: 1 },
          fallback: "a",
          policy: { type: "split", experiment: "e", weights: { a: 1 } },
        },
      },
    };
    expect(lintRuleset(ruleset).map(({ path }) => path)).toEqual([
      "/groups/g/condition/a1",
      "/segments/0/enter/a2",
      "/segments/0/exit/a3",
      "/slots/x~1y/targeting/a4",
    ]);
    expect(lintRuleset(ruleset, { attributes: ["a1", "a2", "a3", "a4"] })).toEqual([]);
  });

  it("knows exactly the attributes that there are", () => {
    const tops = new Set(ATTRIBUTES.map(({ name }) => name.split(".")[0]));
    for (const hosts of ["scores", "traits", "context", "userId"]) tops.delete(hosts);
    expect([...tops].sort()).toEqual(Object.keys(visitorAttributes(initialState())).sort());
  });
});
