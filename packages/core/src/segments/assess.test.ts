import { describe, expect, it } from "vitest";
import { initialState } from "../state/index.js";
import { compileAssessment } from "./assess.js";

const anyone = { revenue: { $gte: 0 } };
const state = { ...initialState(), lastSeenAt: 5 };
const visitor = { state, previous: {}, extra: () => ({ scores: { intent: 7 }, traits: { plan: "gold" } }) };

describe("compileAssessment", () => {
  const { assess, readsExtra } = compileAssessment([
    { name: "default", enter: anyone },
    { name: "free", enter: anyone, purposes: ["necessary"] },
    { name: "counted", enter: anyone, purposes: ["analytics"] },
    { name: "both", enter: anyone, purposes: ["analytics", "marketing"] },
  ]);

  it("evaluates only segments whose purposes are all granted", () => {
    const names = (...purposes: Parameters<typeof assess>[0]["purposes"]) =>
      Object.keys(assess({ ...visitor, purposes }));
    expect(names()).toEqual(["free"]);
    expect(names("necessary", "analytics")).toEqual(["free", "counted"]);
    expect(names("analytics", "personalization")).toEqual(["default", "free", "counted"]);
    expect(names("analytics", "marketing")).toEqual(["free", "counted", "both"]);
    expect(readsExtra).toBe(false);
  });

  it("lets who was in leave where the grant is gone, and keeps the object where nothing changed", () => {
    const purposes = ["personalization"] as const;
    const inside = assess({ ...visitor, purposes });
    expect(assess({ ...visitor, previous: inside, purposes })).toBe(inside);
    expect(Object.keys(assess({ ...visitor, previous: inside, purposes: ["necessary"] }))).toEqual(["free"]);
  });

  it("hands in scores and traits where a condition reads them, whichever way they are written", () => {
    for (const enter of [{ "scores.intent": 7 }, { "traits.plan": "gold" }]) {
      const reading = compileAssessment([{ name: "x", enter }]);
      expect(reading.readsExtra).toBe(true);
      expect(Object.keys(reading.assess({ ...visitor, purposes: ["personalization"] }))).toEqual(["x"]);
    }
  });

  it("hands them in where only a group asks for them, as a condition or as the attribute of a list", () => {
    const enter = { $savedGroup: { id: "ready" } };
    for (const ready of [
      { type: "condition", condition: { $not: { "scores.intent": { $lt: 7 } } } },
      { type: "list", attributeKey: "traits.plan", values: ["gold"] },
    ] as const) {
      const reading = compileAssessment([{ name: "x", enter }], { groups: { ready } });
      expect(reading.readsExtra).toBe(true);
      expect(Object.keys(reading.assess({ ...visitor, purposes: ["personalization"] }))).toEqual(["x"]);
    }
    expect(compileAssessment([{ name: "x", enter }], { groups: { ready: ["gold"] } }).readsExtra).toBe(false);
  });

  it("means nobody without definitions", () => {
    const none = compileAssessment([]);
    const previous = {};
    expect(none.assess({ ...visitor, previous, purposes: [] })).toBe(previous);
    expect(none.assess({ ...visitor, previous: { gone: 1 }, purposes: [] })).toEqual({});
  });
});
