import { seededRandom } from "@attune/core";
import { compileRuleset, type Ruleset, validateRuleset } from "@attune/core/decisions";
import { memoryStore } from "@attune/core/memory";
import { createPersonalizationService } from "@attune/core/service";
import { describe, expect, it } from "vitest";
import { recommendations, recommendedPolicy } from "../index.js";

const DAY = 86_400_000;
const ITEMS = Array.from({ length: 12 }, (_, i) => `item-${i}`);
/** Sessions in which neighbours on a ring are mostly looked at together. */
function taught() {
  const random = seededRandom(11);
  const model = recommendations();
  for (let n = 0; n < 600; n++) {
    const at = Math.floor(random() * ITEMS.length);
    const near = (at + (random() < 0.8 ? 1 : 4)) % ITEMS.length;
    model.learn([ITEMS[at] as string, ITEMS[near] as string], n * DAY * 0.1);
  }
  return model;
}
const consent = {
  ...{ necessary: true, analytics: true, personalization: true, marketing: false, advertising: false },
};
const variants = ITEMS.slice(0, 8);
const rulesetOf = (policy: object) =>
  ({
    ...{ schemaVersion: 1, revision: 1 },
    slots: {
      shelf: {
        variants: { none: null, ...Object.fromEntries(variants.map((name) => [name, { name }])) },
        fallback: "none",
        policy,
      },
    },
  }) as unknown as Ruleset;

describe("recommendedPolicy", () => {
  const model = taught();
  const policy = recommendedPolicy(model, { variants, history: ["context.viewed"], limit: 8 });

  it("ranks in a decision as the recommender does", () => {
    const checked = validateRuleset(rulesetOf(policy));
    expect(checked).toMatchObject({ ok: true });
    const { decide } = compileRuleset(rulesetOf(policy));
    for (const viewed of [
      ["item-3"],
      ["item-9", "item-1"],
      ["item-0", "item-5", "item-2"],
      ["unknown"],
      [],
    ]) {
      const told = model.recommend(viewed, 60 * DAY, { candidates: variants, limit: 8 });
      const { ranking, reason } = decide("shelf", { id: "v", attributes: { context: { viewed } }, consent });
      expect(reason).toBe("recommended");
      // Rounding may exchange those that are as good as each other.
      const scoreOf = new Map(told.map(({ item, score }) => [item, score]));
      expect(ranking?.map(({ variant }) => variant).sort()).toEqual([...scoreOf.keys()].sort());
      expect(ranking?.[0]?.variant).toBe(told[0]?.item);
      const scores = ranking?.map(({ variant }) => scoreOf.get(variant) as number) ?? [];
      for (let i = 1; i < scores.length; i++)
        expect(scores[i] as number).toBeLessThanOrEqual((scores[i - 1] as number) + 2e-3);
    }
  });

  it("knows how closely items went together that were last seen long ago", () => {
    for (const halfLives of [10, 540, 2000]) {
      const old = recommendations({ halfLife: DAY });
      old.learn(["tent", "stove"], 0);
      old.learn(["tent", "lamp"], 0);
      for (let at = 150; at < halfLives; at += 150) old.learn(["laptop"], at * DAY);
      old.learn(["laptop"], halfLives * DAY);
      const { arms } = recommendedPolicy(old, { variants: ["stove"], history: ["h"] });
      expect(arms["stove"]?.with).toEqual(halfLives < 1000 ? { tent: 0.7071 } : undefined);
    }
  });

  it("decides on the server by what the host gives in the context", async () => {
    const service = createPersonalizationService({
      stores: { hot: memoryStore() },
      ruleset: rulesetOf(policy),
    });
    const decided = await service.decide({ id: "visitor-1", consent }, ["shelf"], { viewed: ["item-3"] });
    expect(decided.decisions["shelf"]).toMatchObject({
      ...{ variant: "item-4", value: { name: "item-4" }, reason: "recommended" },
    });
    expect(decided.decisions["shelf"]?.ranking?.[0]).toEqual({
      variant: "item-4",
      value: { name: "item-4" },
    });
    const refused = await service.decide(
      { id: "visitor-1", consent: { ...consent, personalization: false } },
      ["shelf"],
    );
    expect(refused.decisions["shelf"]).toMatchObject({ variant: "none", reason: "consent" });
    await service.close();
  });

  it("is small, knows the strongest alone, and says what it cannot take", () => {
    const few = recommendedPolicy(model, { variants, history: ["recentCategory"], neighbours: 2 });
    for (const { with: pairs = {} } of Object.values(few.arms))
      expect(Object.keys(pairs).length).toBeLessThanOrEqual(2);
    expect(JSON.stringify(few).length).toBeLessThan(1000);
    expect(recommendedPolicy(recommendations(), { variants: ["a"], history: ["h"] }).arms).toEqual({
      a: { popularity: 0 },
    });
    for (const [over, path] of [
      [{ variants: [] }, "/options/variants"],
      [{ neighbours: 51 }, "/options/neighbours"],
      [{ history: [] }, "/options/history"],
    ] as const)
      expect(() => recommendedPolicy(model, { ...{ variants, history: ["h"] }, ...over })).toThrow(
        expect.objectContaining({ code: "ATTUNE_ML_INPUT", path }),
      );
  });
});
