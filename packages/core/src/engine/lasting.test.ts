import { describe, expect, it } from "vitest";
import { make } from "../../test/shop.js";
import type { Decision, Ruleset } from "../decisions/types.js";
import { compileRuleset } from "../decisions/index.js";
import { ALL_GRANTS } from "../consent/index.js";
import { lastingDecisions } from "./recording/lasting.js";

/** One slot by what only the server knows, one by what the page knows as well. */
const rules = (revision = 1): Ruleset => ({
  schemaVersion: 1,
  revision,
  slots: {
    greeting: {
      variants: { plain: "Hello", north: "Moin" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ when: { $or: [{ "context.region": "DE" }] }, variant: "north" }] },
    },
    pages: {
      variants: { few: "few", many: "many" },
      fallback: "few",
      policy: { type: "rules", rules: [{ when: { pagesThisSession: { $gte: 100 } }, variant: "many" }] },
    },
  },
});
const served = compileRuleset(rules());
const decisions = Object.fromEntries(
  ["greeting", "pages"].map((slot): [string, Decision] => [
    slot,
    served.decide(slot, {
      id: "v1",
      attributes: { context: { region: "DE" }, pagesThisSession: 100 },
      segments: {},
      consent: ALL_GRANTS,
    }),
  ]),
);

async function openPage(given: Record<string, Decision> = decisions) {
  const { attune } = make(
    {},
    {
      decisions: {},
      initial: {
        ruleset: rules(),
        rulesetVersion: served.version,
        stateVersion: 1,
        decisions: given,
        segments: {},
        consent: null,
        now: 0,
      },
      consent: { policy: { version: "1", mode: "none" } },
    },
  );
  attune.start();
  await attune.ready();
  const shown = () => [attune.decide("greeting").variant, attune.decide("pages").variant];
  return { attune, shown };
}

describe("what only the server could decide", () => {
  it("stays when the page decides by itself, for the slots that read its context alone", async () => {
    const { attune, shown } = await openPage();
    expect(shown()).toEqual(["north", "few"]);
    // Who has a context to offer decides by it.
    expect(attune.decide("greeting", { context: { region: "FR" } }).variant).toBe("plain");
    expect(attune.decide("greeting").reason).toBe("rule");
  });

  it("goes with the visitor, and with the ruleset it was decided by", async () => {
    for (const change of ["reset", "forget", "ruleset", "withdraw"] as const) {
      const { attune, shown } = await openPage();
      if (change === "reset") await attune.reset();
      if (change === "forget") await attune.forget();
      if (change === "ruleset") attune.loadRuleset(rules(2));
      if (change === "withdraw") await attune.consent.withdraw();
      expect([change, ...shown()]).toEqual([change, "plain", "few"]);
    }
  });

  it("is not what stood in for a decision that failed", async () => {
    const failed = { ...(decisions.greeting as Decision), reason: "error" as const, rulesetVersion: null };
    const { shown } = await openPage({ greeting: failed });
    expect(shown()).toEqual(["plain", "few"]);
  });
});

describe("what reads a context", () => {
  const base = { variants: { a: 1, b: { context: 2 } }, fallback: "a" };
  const rulesPolicy = (rule: object) => ({
    ...base,
    policy: { type: "rules", rules: [{ variant: "a", ...rule }] },
  });
  const assigning = (policy: object) => ({
    ...base,
    policy: { type: "bandit", experiment: "e", shares: { a: 1 }, ...policy },
  });
  const contextual = (attribute: string) => ({
    ...base,
    policy: {
      ...{ type: "contextual", experiment: "e", context: [{ attribute }] },
      arms: { a: { mean: [0, 0], covariance: [1, 0, 1] } },
    },
  });
  const lasts = (slot: object) => {
    const ruleset = {
      ...{ schemaVersion: 1, revision: 1 },
      groups: {
        g: { type: "condition", condition: { "context.plan": 1 } },
        plain: { type: "condition", condition: { plan: 1 } },
      },
      holdouts: { h: { share: 0.1, hashAttribute: "context.account" }, plain: { share: 0.1 } },
      exclusionGroups: { x: { fallbackAttribute: "context.account" }, plain: {} },
      slots: {
        slot,
        other: rulesPolicy({ when: { context: null } }),
        chain: rulesPolicy({ prerequisites: [{ slot: "other", variants: ["a"] }] }),
      },
    } as unknown as Ruleset;
    const compiled = compileRuleset(ruleset);
    const decision = compiled.decide("slot", { id: "v", attributes: {}, consent: ALL_GRANTS });
    return Object.keys(lastingDecisions({ slot: decision }, compiled)).length === 1;
  };

  it.each<[boolean, object]>([
    [false, rulesPolicy({ when: { plan: "context" } })],
    [false, contextual("cartValue")],
    [true, contextual("context.cart")],
    [false, assigning({ hashAttribute: "account" })],
    [true, assigning({ hashAttribute: "context.account" })],
    [true, rulesPolicy({ when: { $savedGroup: { id: "g" } } })],
    [false, rulesPolicy({ when: { $savedGroup: { id: "plain" } } })],
    [true, rulesPolicy({ holdouts: ["plain", "h"] })],
    [false, rulesPolicy({ holdouts: ["plain"] })],
    [true, rulesPolicy({ exclusion: [{ group: "x", ranges: [[0, 1]] }] })],
    [false, rulesPolicy({ exclusion: [{ group: "plain", ranges: [[0, 1]] }] })],
    [true, rulesPolicy({ prerequisites: [{ slot: "chain", variants: ["a"] }] })],
  ])("%j: %j", (expected, slot) => {
    expect(lasts(slot)).toBe(expected);
  });
});
