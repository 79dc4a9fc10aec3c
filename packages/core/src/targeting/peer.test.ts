import { evalCondition } from "@growthbook/growthbook";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { JsonValue } from "../kernel/json.js";
import { compileCondition } from "./compile-condition.js";
import type { Condition, Groups } from "./types.js";

/** The public specification's own JavaScript implementation is the judge: whatever it answers, ours answers. */
const GROUPS: Groups = {
  beta: ["a", "b", 3],
  vip: { type: "list", attributeKey: "plan", values: ["a", "pro"] },
  buyers: { type: "condition", condition: { orders: { $gte: 1 }, $savedGroup: { id: "circle" } } },
  circle: { type: "condition", condition: { $or: [{ plan: "pro" }, { $savedGroup: { id: "buyers" } }] } },
};

const scalar = fc.constantFrom<JsonValue>(
  null,
  true,
  false,
  0,
  1,
  3,
  -1,
  2.5,
  "",
  "a",
  "A",
  "b",
  "pro",
  "Pro",
  "0",
  "1",
  "3",
  "null",
  "true",
  "1.2.3",
  "v1.2.3-rc.1",
  "1.10.0",
  "1.2.3+b",
);
const list = fc.array(scalar, { maxLength: 3 });
const inner = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 2, arbitrary: list },
  fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }),
);
const value = fc.oneof(
  { weight: 4, arbitrary: inner },
  fc.record({ a: inner, b: inner }, { requiredKeys: [] }),
  fc.array(fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }), { maxLength: 3 }),
);
const path = fc.constantFrom(
  "a",
  "b",
  "plan",
  "orders",
  "a.b",
  "a.a.x",
  "a.0",
  "b.a",
  "missing",
  "a.missing.x",
  "$groups",
  "",
);
const attributes = fc.dictionary(fc.constantFrom("a", "b", "plan", "orders", "$groups", ""), value, {
  maxKeys: 5,
});
const regex = fc.constantFrom(
  "a",
  "^a$",
  "[a-z]+",
  "^pro|null$",
  "\\d\\.\\d",
  "o$",
  "^$",
  "[",
  "(a|b)*3",
  "a{1,2}b?",
  "/",
  "t.u",
);

const { condition } = fc.letrec<{ condition: Condition; operators: Condition; expected: JsonValue }>(
  (tie) => ({
    condition: fc
      .array(
        fc.oneof(
          { depthSize: "small", withCrossShrink: true },
          fc.tuple(path, tie("expected")),
          fc.tuple(fc.constantFrom("$and", "$or", "$nor"), fc.array(tie("condition"), { maxLength: 3 })),
          fc.tuple(fc.constant("$not"), tie("condition")),
          fc.tuple(
            fc.constant("$savedGroup"),
            fc.record(
              { id: fc.constantFrom("vip", "buyers", "circle", "beta", "none"), attributeKey: path },
              { requiredKeys: ["id"] },
            ),
          ),
        ),
        { maxLength: 3 },
      )
      .map((entries) => Object.fromEntries(entries) as Condition),
    operators: fc
      .array(
        fc.oneof(
          { depthSize: "small" },
          fc.tuple(
            fc.constantFrom(
              "$eq",
              "$ne",
              "$lt",
              "$lte",
              "$gt",
              "$gte",
              "$exists",
              "$veq",
              "$vne",
              "$vgt",
              "$vgte",
              "$vlt",
              "$vlte",
            ),
            scalar,
          ),
          fc.tuple(
            fc.constantFrom("$in", "$nin", "$ini", "$nini", "$all", "$alli"),
            fc.oneof({ weight: 9, arbitrary: list }, scalar),
          ),
          fc.tuple(
            fc.constant("$type"),
            fc.constantFrom("string", "number", "boolean", "object", "array", "null", "undefined", "date"),
          ),
          fc.tuple(
            fc.constantFrom("$inGroup", "$notInGroup"),
            fc.constantFrom("beta", "vip", "buyers", "none"),
          ),
          fc.tuple(
            fc.constantFrom("$regex", "$regexi"),
            fc.oneof(
              { weight: 9, arbitrary: regex },
              scalar.filter((v) => typeof v !== "string"),
            ),
          ),
          fc.tuple(fc.constant("$unknown"), scalar),
          fc.tuple(fc.constantFrom("$all", "$alli"), fc.array(tie("operators"), { maxLength: 2 })),
          fc.tuple(fc.constantFrom("$not", "$size"), tie("expected")),
          fc.tuple(fc.constant("$elemMatch"), fc.oneof(tie("operators"), tie("condition"))),
        ),
        { maxLength: 3 },
      )
      .map((entries) => Object.fromEntries(entries) as Condition),
    expected: fc.oneof({ depthSize: "small" }, scalar, value, tie("operators")) as fc.Arbitrary<JsonValue>,
  }),
);

const json = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  arbitrary.map((made) => JSON.parse(JSON.stringify(made)) as T);

describe("conditions, beside the specification's JavaScript SDK", () => {
  it("answers as it does, for any condition and any attributes", () => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let held = 0;
    fc.assert(
      fc.property(json(condition), json(attributes), (query, data) => {
        const theirs = evalCondition(data, query as never, GROUPS as never);
        if (theirs) held++;
        expect(compileCondition(query, { groups: GROUPS })(data)).toBe(theirs);
      }),
      { numRuns: 5000 },
    );
    // A judge that always says no would prove nothing.
    expect(held).toBeGreaterThan(500);
    vi.restoreAllMocks();
  });
});
