import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileDecisions } from "./compile.js";
import { compileRuleset } from "./compile-ruleset.js";
import { historyReader, rankArms } from "./recommended.js";
import type { RecommendedPolicy, Ruleset, SlotPolicy } from "./types.js";
import { validateRuleset } from "./validate-ruleset.js";
import { variantDecision } from "./variant-decision.js";
import { reachableVariants } from "./variants-of.js";

const policy: RecommendedPolicy = {
  type: "recommended",
  history: ["context.viewed", "recentCategory"],
  arms: {
    tents: { popularity: 0.2, with: { stoves: 0.9, lamps: 0.5 } },
    stoves: { popularity: 0.1, with: { tents: 0.9 } },
    cables: { popularity: 0.7, with: { laptops: 0.8 } },
    new: { popularity: 0 },
  },
  limit: 3,
};
const rulesetOf = (over: object = {}): Ruleset => ({
  schemaVersion: 1,
  revision: 1,
  slots: {
    shelf: {
      variants: { none: 0, tents: 1, stoves: 2, cables: 3, new: 4 },
      fallback: "none",
      policy: { ...policy, ...over } as SlotPolicy,
    },
  },
});
const grants = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: false,
  advertising: false,
};
const about = (attributes: object) => ({ id: "v", attributes: { ...attributes }, consent: grants });

describe("a slot of what goes with what was looked at", () => {
  const compiled = compileRuleset(rulesetOf());
  const decide = (attributes: object) => compiled.decide("shelf", about(attributes));

  it("shows the best variant and tells the next ones, with their values", () => {
    expect(decide({ context: { viewed: ["lamps", "stoves"] } })).toMatchObject({
      ...{ variant: "tents", value: 1, reason: "recommended", propensity: 1, isFallback: false },
      ranking: [
        { variant: "tents", value: 1 },
        { variant: "cables", value: 3 },
      ],
    });
    // What matters most counts first, of a list the latest.
    expect(decide({ context: { viewed: ["laptops", "tents"] } }).variant).toBe("stoves");
    expect(decide({ context: { viewed: ["tents", "laptops"] } }).variant).toBe("cables");
    expect(decide({ context: { viewed: ["laptops"] }, recentCategory: "tents" }).variant).toBe("cables");
  });

  it("shows what is popular to who has looked at nothing that is known, and the fallback where nothing is", () => {
    for (const attributes of [{}, { recentCategory: null }, { context: { viewed: [7, "", "unknown"] } }])
      expect(decide(attributes)).toMatchObject({ variant: "cables", reason: "recommended" });
    const { decide: empty } = compileRuleset(rulesetOf({ arms: { new: { popularity: 0 } } }));
    expect(empty("shelf", about({}))).toMatchObject({
      variant: "none",
      reason: "no-match",
      isFallback: true,
    });
  });

  it("leaves out what was looked at, unless told", () => {
    const seen = { recentCategory: "cables" };
    expect(decide(seen).ranking?.map(({ variant }) => variant)).toEqual(["tents", "stoves"]);
    const { decide: keeping } = compileRuleset(rulesetOf({ keepSeen: true }));
    expect(keeping("shelf", about(seen)).variant).toBe("cables");
  });

  it("asks for consent, reads nothing that objects bring with them, and is more than a page loads first", () => {
    const refused = { ...about({}), consent: { ...grants, personalization: false } };
    expect(compiled.decide("shelf", refused)).toMatchObject({ variant: "none", reason: "consent" });
    expect(decide({ recentCategory: "constructor" }).variant).toBe("cables");
    expect(compileDecisions(rulesetOf())).toBeNull();
    expect(reachableVariants(policy)).toEqual(["tents", "stoves", "cables", "new"]);
  });

  it("is explained by the history and what it came to, and told again by its variant", () => {
    const { steps, wouldChange } = compiled.explain("shelf", about({ recentCategory: "stoves" }));
    expect(steps.find(({ step }) => step === "recommended")).toMatchObject({
      passed: true,
      detail: { history: ["stoves"], ranking: [{ variant: "tents" }, { variant: "cables" }] },
    });
    expect(wouldChange).toEqual([]);
    const { ranking: _told, ...again } = decide({ recentCategory: "stoves" });
    expect(variantDecision(compiled, "shelf", "tents")).toEqual(again);
  });

  it("ranks any history in one order, by the scores it tells", () => {
    const item = fc.constantFrom("tents", "stoves", "lamps", "laptops", "cables", "x");
    fc.assert(
      fc.property(fc.array(item, { maxLength: 20 }), fc.boolean(), (viewed, keepSeen) => {
        const own = { ...policy, keepSeen };
        const history = historyReader(own)({ context: { viewed } });
        expect(history).toHaveLength(Math.min(10, new Set(viewed).size));
        const ranked = rankArms(own, history);
        const backwards = Object.fromEntries(Object.entries(policy.arms).reverse());
        expect(rankArms({ ...own, arms: backwards }, history)).toEqual(ranked);
        for (const [i, { variant, score }] of ranked.entries()) {
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(ranked[Math.max(0, i - 1)]?.score as number);
          if (!keepSeen) expect(viewed).not.toContain(variant);
        }
      }),
    );
  });

  it("is refused where it names what is not there, or more than a page should load", () => {
    const issues = (over: object) => {
      const checked = validateRuleset(rulesetOf(over));
      return checked.ok ? [] : checked.error.map(({ path, code }) => `${path} ${code}`);
    };
    const at = "/slots/shelf/policy";
    const code = "ATTUNE_DECISIONS";
    expect(issues({})).toEqual([]);
    expect(issues({ arms: { tent: { popularity: 0 } } })).toEqual([
      `${at}/arms/tent ${code}_UNKNOWN_VARIANT`,
    ]);
    expect(issues({ arms: {} })).toEqual([`${at}/arms ${code}_NO_VARIANT`]);
    expect(issues({ arms: { new: { popularity: 2 } } })).toEqual([
      `${at}/arms/new/popularity ${code}_INVALID_TYPE`,
    ]);
    expect(issues({ arms: { new: { popularity: 0, with: { a: -1 } } } })).toEqual([
      `${at}/arms/new/with/a ${code}_INVALID_WEIGHT`,
    ]);
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`i${i}`, 0.1]));
    expect(issues({ arms: { new: { popularity: 0, with: many } } })).toEqual([
      `${at}/arms/new/with ${code}_TOO_MANY_ITEMS`,
    ]);
    expect(issues({ history: [] })).toEqual([`${at}/history ${code}_INVALID_LIST`]);
    expect(issues({ history: [3] })).toEqual([`${at}/history/0 ${code}_INVALID_TYPE`]);
    expect(issues({ limit: 21 })).toEqual([`${at}/limit ${code}_INVALID_TYPE`]);
  });
});
