import { describe, expect, it } from "vitest";
import { initialState } from "../state/index.js";
import { compileAssessment } from "./assess.js";

const state = { ...initialState(), lastSeenAt: 5 };
const models = {
  churn: { purposes: ["personalization", "marketing"] as const, outputs: ["churn"] },
  kind: { purposes: ["personalization"] as const, outputs: ["a", "b"] },
};
const { assess } = compileAssessment(
  [
    {
      name: "leaving",
      enter: { "scores.churn": { $gte: 0.6 } },
      exit: { "scores.churn": { $lt: 0.4 } },
    },
    { name: "kind-b", enter: { $and: [{ "scores.kind.b": { $gte: 0.5 } }] } },
    { name: "grouped", enter: { $savedGroup: "risky" } },
    { name: "plain", enter: { sessions: { $gte: 0 } } },
  ],
  {
    models,
    groups: { risky: { type: "condition", condition: { $not: { "scores.churn": { $lt: 0.6 } } } } },
  },
);
const all = ["personalization", "marketing"] as const;
const at = (scores: object, previous = {}, purposes: readonly ("personalization" | "marketing")[] = all) =>
  assess({ state, previous, purposes, extra: () => ({ scores }) });

describe("segments on scores of models", () => {
  it("are entered and left with a gap between both", () => {
    let members = at({ churn: 0.5, kind: { a: 0.4, b: 0.6 } });
    expect(Object.keys(members)).toEqual(["kind-b", "plain"]);
    for (const [churn, inside] of [
      [0.61, true],
      [0.5, true],
      [0.41, true],
      [0.39, false],
      [0.59, false],
    ] as const) {
      members = at({ churn, kind: { a: 0.4, b: 0.6 } }, members);
      expect(Object.hasOwn(members, "leaving")).toBe(inside);
    }
  });

  it("stay as they were where the score is missing, also by way of a group", () => {
    expect(Object.keys(at({}))).toEqual(["plain"]);
    const members = { leaving: 1, grouped: 2, "kind-b": 3, plain: 4 };
    expect(at({}, members)).toBe(members);
    expect(at({ churn: null, kind: { a: 1 } }, members)).toBe(members);
    expect(Object.keys(at({ churn: 0.1, kind: { a: 1, b: 0 } }, members))).toEqual(["plain"]);
  });

  it("take the purposes of the model too, and are left without them", () => {
    const members = { leaving: 1, grouped: 2, "kind-b": 3, plain: 4 };
    expect(Object.keys(at({}, members, ["personalization"]))).toEqual(["kind-b", "plain"]);
    expect(Object.keys(at({ churn: 0.9 }, {}, ["personalization"]))).toEqual(["plain"]);
    expect(at({}, members, [])).toEqual({});
  });
});
