import { describe, expect, it } from "vitest";
import type { FactorialPolicy, Ruleset } from "../../decisions/types.js";
import { memoryStore } from "../../memory/index.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";
import { factorialOf } from "./factorial-input.js";

const RULESET: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  metrics: {
    bought: { type: "conversion", event: "Order Completed" },
    spent: { type: "sum", event: "Order Completed", value: "revenue" },
  },
  slots: {
    hero: {
      variants: { plain: {} },
      fallback: "plain",
      policy: { type: "rules", rules: [{ variant: "plain" }] },
    },
  },
};

/** A running experiment over a factorial policy, and visitors of whom so many of each combination buy for so much. */
async function begin(policy: Omit<FactorialPolicy, "experiment">) {
  const clock = createFakeClock();
  const service = createPersonalizationService({
    stores: { hot: memoryStore({ clock }) },
    clock,
    ruleset: RULESET,
  });
  const defined = await service.experiments.define({
    ...{ id: "look", name: "What of it sells?", slot: "hero", policy },
    measures: { primary: "bought", secondary: ["spent"] },
  });
  expect(defined).toEqual(expect.objectContaining({ ok: true }));
  await service.experiments.act("look", { type: "start" });
  async function shown(variant: string, visitors: number, buyers: number): Promise<void> {
    const events = Array.from({ length: visitors }, (_, i) => {
      const visitorId = `${variant}-${i}`;
      const one = (name: string, properties: object) =>
        sample({
          ...{ id: `${visitorId}-${name}`, visitorId, sessionId: visitorId, name, properties },
          occurredAt: clock.now(),
        });
      return [
        one("Variant Exposed", { experiment: "look", slot: "hero", variant }),
        ...(i < buyers ? [one("Order Completed", { revenue: 10 })] : []),
      ];
    }).flat();
    await service.ingest(events);
  }
  const report = async () => {
    const results = await service.experiments.results("look");
    if (results === null) throw new Error("no results");
    return results.report;
  };
  return { service, shown, report };
}

const codes = ({ notes }: { notes: readonly { code: string }[] }): string[] => notes.map(({ code }) => code);

describe("an experiment with factors, from the definition to its results", () => {
  it("has main effects and interactions, and is only early while a combination is without visitors", async () => {
    const { service, shown, report } = await begin({
      type: "factorial",
      factors: { picture: { old: 1, new: 2 }, button: { red: 1, green: 2 } },
    });
    await shown("picture:old,button:red", 40, 4);
    const early = await report();
    expect(early.factorial).toEqual([]);
    expect(codes(early)).toContain("empty-arm");
    expect(codes(early)).not.toContain("factorial-unusable");
    await shown("picture:new,button:red", 40, 8);
    await shown("picture:old,button:green", 40, 6);
    await shown("picture:new,button:green", 40, 18);
    const { factorial, notes, control } = await report();
    expect(control).toBe("picture:old,button:red");
    expect(notes.filter(({ severity }) => severity === "fault")).toEqual([]);
    expect(factorial.map(({ metric }) => metric)).toEqual(["bought", "spent"]);
    // Of the rates 0.1, 0.2, 0.15 and 0.45, by hand.
    const se = Math.sqrt((0.1 * 0.9 + 0.2 * 0.8 + 0.15 * 0.85 + 0.45 * 0.55) / 40) / 2;
    expect(factorial[0]?.effects).toMatchObject([
      { factors: ["picture"], effect: expect.closeTo(0.2, 12), se: expect.closeTo(se, 12), aliases: [] },
      { factors: ["button"], effect: expect.closeTo(0.15, 12) },
      { factors: ["picture", "button"], effect: expect.closeTo(0.1, 12) },
    ]);
    expect(factorial[1]?.effects.map(({ effect }) => effect)).toEqual([
      expect.closeTo(2, 12),
      expect.closeTo(1.5, 12),
      expect.closeTo(1, 12),
    ]);
    await service.erase({ visitorId: "picture:new,button:green-0" });
    expect((await report()).factorial[0]?.effects[0]?.effect).toBeCloseTo((0.2 + 17 / 39 - 0.25) / 2, 12);
    await service.close();
  });

  it("says of a fraction what it cannot tell apart", async () => {
    const { service, shown, report } = await begin({
      type: "factorial",
      // The generated one stands first: the analysis takes those that vary freely before it.
      factors: { size: { s: 1, l: 2 }, picture: { old: 1, new: 2 }, button: { red: 1, green: 2 } },
      generators: { size: ["picture", "button"] },
    });
    await shown("size:l,picture:old,button:red", 20, 4);
    await shown("size:s,picture:new,button:red", 20, 10);
    await shown("size:s,picture:old,button:green", 20, 4);
    await shown("size:l,picture:new,button:green", 20, 10);
    expect((await report()).factorial[0]?.effects).toMatchObject([
      { factors: ["picture"], effect: expect.closeTo(0.3, 12), aliases: [["button", "size"]] },
      { factors: ["button"], effect: expect.closeTo(0, 12), aliases: [["picture", "size"]] },
      { factors: ["size"], effect: expect.closeTo(0, 12), aliases: [["picture", "button"]] },
    ]);
    await service.close();
  });

  it("has the main effects of factors with more levels, and a note of what is not worked out", async () => {
    const { service, shown, report } = await begin({
      type: "factorial",
      factors: { picture: { none: 0, old: 1, new: 2 }, button: { red: 1, green: 2 } },
    });
    const buyers = { none: [4, 8], old: [4, 12], new: [12, 20] };
    for (const [picture, [red = 0, green = 0]] of Object.entries(buyers)) {
      await shown(`picture:${picture},button:red`, 40, red);
      // More visitors of one combination do not weigh more.
      await shown(`picture:${picture},button:green`, 80, 2 * green);
    }
    const { factorial, notes } = await report();
    expect(notes).toContainEqual(
      expect.objectContaining({ code: "factorial-main-effects", severity: "info" }),
    );
    const variance = (red: number, green: number) =>
      (red * (1 - red)) / 40 / 4 + (green * (1 - green)) / 80 / 4;
    expect(factorial[0]?.effects).toMatchObject([
      {
        ...{ factors: ["picture"], level: { name: "old", against: "none" } },
        effect: expect.closeTo((0.1 + 0.3) / 2 - (0.1 + 0.2) / 2, 12),
        se: expect.closeTo(Math.sqrt(variance(0.1, 0.3) + variance(0.1, 0.2)), 12),
      },
      {
        ...{ factors: ["picture"], level: { name: "new", against: "none" } },
        effect: expect.closeTo((0.3 + 0.5) / 2 - (0.1 + 0.2) / 2, 12),
      },
      {
        ...{ factors: ["button"], level: { name: "green", against: "red" } },
        effect: expect.closeTo((0.2 + 0.3 + 0.5) / 3 - (0.1 + 0.1 + 0.3) / 3, 12),
      },
    ]);
    for (const { p, adjustedP } of factorial[0]?.effects ?? []) {
      expect(p).toBeGreaterThan(0);
      expect(adjustedP).toBeGreaterThanOrEqual(p);
      expect(adjustedP).toBeLessThanOrEqual(1);
    }
    await service.close();
  });

  it("is none where the policy has no factors", () => {
    expect(factorialOf({ type: "split", experiment: "e", weights: { a: 0.5, b: 0.5 } })).toBeUndefined();
  });
});
