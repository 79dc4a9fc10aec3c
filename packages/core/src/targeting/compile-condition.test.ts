import { describe, expect, it } from "vitest";
import { attributesRead } from "./attributes-read.js";
import { compileCondition, evaluateCondition } from "./compile-condition.js";
import type { Attributes, Condition, Groups } from "./types.js";
import { validateCondition } from "./validate-condition.js";
import { versionKey } from "./version.js";

/** What the specification's SDK is not asked in `peer.test.ts`: where we differ on purpose, and the shape of the language at a glance. */
const cases: [string, Condition, Attributes, boolean][] = [
  ["an empty condition holds", {}, {}, true],
  ["all clauses must hold", { a: 1, b: 2 }, { a: 1, b: 3 }, false],
  ["a number in a text equals the number", { a: 1 }, { a: "1" }, true],
  ["what is missing is null, which is 0 beside a number", { a: { $lt: 10, $gt: -10 } }, {}, true],
  ["what is missing is null for $exists", { "a.b": { $exists: false } }, { a: 5 }, true],
  ["objects are compared whole", { a: { x: 1 } }, { a: { x: 1, y: 2 } }, false],
  ["$in meets any element of a list", { tags: { $in: ["a", "b"] } }, { tags: ["c", "b"] }, true],
  ["$in finds in long lists too", { a: { $in: [1, 2, 3, 4, 5, 6, 7, 8, 9, "x"] } }, { a: "x" }, true],
  ["$nini ignores case", { a: { $nini: ["DE"] } }, { a: "de" }, false],
  ["pre-releases come before releases", { v: { $vlt: "1.0.0" } }, { v: "1.0.0-beta" }, true],
  ["versions are numbers, not texts", { v: { $vgt: "1.9.0" } }, { v: "1.10.0" }, true],
  ["no such version operator", { v: { $vin: ["1"] } }, { v: "1" }, false],
  ["$notRegex is the opposite of $regex", { a: { $notRegex: "^b" } }, { a: "abc" }, true],
  ["$notRegexi ignores case", { a: { $notRegexi: "^B" } }, { a: "bc" }, false],
  ["look-around is false", { a: { $regex: "(?=a)" } }, { a: "a" }, false],
  ["… and so is its opposite", { a: { $notRegex: "(?=a)" } }, { a: "b" }, false],
  ["a pattern that is no text is false", { a: { $notRegex: 5 } }, { a: "b" }, false],
  ["an unknown operator is false", { a: { $near: 1 } }, { a: 1 }, false],
  ["inherited properties are nobody's attributes", { toString: { $exists: true } }, {}, false],
  ["… on no level", { "a.constructor.name": { $exists: true } }, { a: {} }, false],
  ["… nor is __proto__", { "__proto__.x": { $exists: true } }, { a: 1 }, false],
  ["$and that is no list is false", { $and: {} }, {}, false],
  ["$nor that is no list is false", { $nor: 1 }, {}, false],
  ["a group nobody defined is empty", { a: { $inGroup: "toString" } }, { a: 1 }, false],
];

describe("conditions", () => {
  it.each(cases)("%s", (_, condition, attributes, expected) => {
    expect(compileCondition(condition)(attributes)).toBe(expected);
    expect(evaluateCondition(condition, attributes)).toBe(expected);
  });

  it("resolves groups: lists, lists with an attribute, conditions, and circles as false", () => {
    const groups: Groups = {
      list: ["a"],
      owned: { type: "list", attributeKey: "plan", values: ["pro"] },
      rule: { type: "condition", condition: { $or: [{ plan: "pro" }, { $savedGroup: { id: "rule" } }] } },
    };
    expect(evaluateCondition({ plan: { $inGroup: "list" } }, { plan: "a" }, groups)).toBe(true);
    expect(evaluateCondition({ plan: { $notInGroup: "owned" } }, { plan: "pro" }, groups)).toBe(false);
    expect(evaluateCondition({ plan: { $notInGroup: "rule" } }, { plan: "x" }, groups)).toBe(false);
    expect(
      evaluateCondition({ $savedGroup: { id: "owned", attributeKey: "other" } }, { other: "pro" }, groups),
    ).toBe(true);
    expect(evaluateCondition({ $savedGroup: { id: "rule" } }, { plan: "pro" }, groups)).toBe(true);
    expect(evaluateCondition({ $savedGroup: { id: "rule" } }, { plan: "x" }, groups)).toBe(false);
    expect(
      evaluateCondition({ $savedGroup: { id: "owned", attributeKey: 5 } }, { plan: "pro" }, groups),
    ).toBe(false);
  });

  it.each([null, undefined, 1, "x", true])("takes %j for a condition that nobody meets", (condition) => {
    expect(compileCondition(condition as never)({})).toBe(false);
  });

  it("T20: a condition deeper than the stack is false, not an exception", () => {
    let deep: Condition = { a: 1 };
    for (let i = 0; i < 100_000; i++) deep = { $not: deep };
    expect(compileCondition(deep)({ a: 1 })).toBe(false);
  });

  it("T20: reading attributes that throw is false, and a polluted prototype is not read", () => {
    const hostile = {
      get a(): never {
        throw new Error("no");
      },
    };
    expect(compileCondition({ a: 1 })(hostile)).toBe(false);
    expect(compileCondition({ a: "x" })({ a: Symbol("x") })).toBe(false);
    expect(compileCondition({ isAdmin: true })(Object.create({ isAdmin: true }) as Attributes)).toBe(false);
    expect(compileCondition({ a: 1 })(null as never)).toBe(false);
  });
});

describe("versionKey", () => {
  it("orders versions", () => {
    const ascending = [
      "0",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "v1.0.0-rc.1",
      "1.0.0+build",
      "1.2.9",
      "1.2.10",
      "2.0.0",
      "10.0.0",
    ];
    const keys = ascending.map(versionKey);
    expect([...keys].sort()).toEqual(keys);
    expect(versionKey(null)).toBe(versionKey("0"));
    expect(versionKey(2)).toBe(versionKey("2"));
  });
});

describe("attributesRead", () => {
  it("tells the values that a condition asks about and no others", () => {
    const condition = {
      a: { $gt: 1 },
      $or: [{ "b.c": 2 }, { $not: { missing: { x: 1 } } }],
      $savedGroup: { id: "secret" },
    };
    expect(attributesRead(condition, { a: 5, b: { c: "d", e: 1 }, secret: 1, x: 1, id: 2 })).toEqual({
      a: 5,
      "b.c": "d",
      missing: null,
    });
  });
});

describe("validateCondition", () => {
  const brief = (condition: unknown, groups?: Groups): string[] =>
    validateCondition(condition, "/when", groups).map(
      ({ path, code }) => `${path} ${code.replace("ATTUNE_TARGETING_", "")}`,
    );

  it("takes what the language has", () => {
    const condition = {
      a: 1,
      "b.c": null,
      d: [1],
      e: { x: 1 },
      f: {},
      g: {
        $eq: 1,
        $ne: null,
        $lt: 1,
        $lte: "a",
        $gt: 0,
        $gte: 0,
        $in: [1],
        $nin: [],
        $ini: ["a"],
        $nini: ["a"],
        $exists: true,
        $type: "string",
      },
      h: {
        $all: ["a", { $regex: "b" }],
        $alli: ["a"],
        $size: { $gt: 1 },
        $elemMatch: { $gt: 1 },
        $not: { $in: [1] },
      },
      i: { $elemMatch: { x: 1 }, $regex: "^a|b$", $regexi: "a", $notRegex: "a", $notRegexi: "a" },
      j: {
        $veq: "1",
        $vne: 1,
        $vgt: "1.0",
        $vgte: "1",
        $vlt: "1",
        $vlte: "1",
        $inGroup: "g",
        $notInGroup: "g",
      },
      $and: [{}],
      $or: [],
      $nor: [{ a: 1 }],
      $not: {},
      $savedGroup: { id: "g" },
    };
    expect(brief(condition, { g: [] })).toEqual([]);
  });

  const wrong: [unknown, string[]][] = [
    [null, ["/when INVALID_CONDITION"]],
    [[], ["/when INVALID_CONDITION"]],
    [{ a: { $gtt: 1 } }, ["/when/a/$gtt UNKNOWN_OPERATOR"]],
    [{ a: { $in: 1 } }, ["/when/a/$in INVALID_ARGUMENT"]],
    [{ a: { $alli: "x" } }, ["/when/a/$alli INVALID_ARGUMENT"]],
    [{ a: { $regex: 1 } }, ["/when/a/$regex INVALID_ARGUMENT"]],
    [{ a: { $type: "date" } }, ["/when/a/$type INVALID_ARGUMENT"]],
    [{ a: { $exists: "yes" } }, ["/when/a/$exists INVALID_ARGUMENT"]],
    [{ a: { $gt: [1] } }, ["/when/a/$gt INVALID_ARGUMENT"]],
    [{ a: { $vgt: null } }, ["/when/a/$vgt INVALID_ARGUMENT"]],
    [{ a: { $regex: "(" } }, ["/when/a/$regex INVALID_REGEX"]],
    [{ a: { $regexi: "(?<=a)b" } }, ["/when/a/$regexi UNSUPPORTED_REGEX"]],
    [{ a: { $notRegex: "(a{99}){99}" } }, ["/when/a/$notRegex REGEX_TOO_LARGE"]],
    [{ a: { $regex: "(".repeat(20_000) + ")".repeat(20_000) } }, ["/when/a/$regex REGEX_TOO_LARGE"]],
    [{ a: { $inGroup: "none" } }, ["/when/a/$inGroup UNKNOWN_GROUP"]],
    [{ a: { $not: { $gtt: 1 } } }, ["/when/a/$not/$gtt UNKNOWN_OPERATOR"]],
    [{ a: { $all: [{ $gtt: 1 }] } }, ["/when/a/$all/0/$gtt UNKNOWN_OPERATOR"]],
    [{ a: { $elemMatch: { "b/c": { $gtt: 1 } } } }, ["/when/a/$elemMatch/b~1c/$gtt UNKNOWN_OPERATOR"]],
    [{ a: { $elemMatch: 5 } }, ["/when/a/$elemMatch INVALID_CONDITION"]],
    [{ a: { $gt: 1, lt: 5 } }, ["/when/a MIXED_OBJECT"]],
    [{ $and: {} }, ["/when/$and INVALID_ARGUMENT"]],
    [{ $or: [5] }, ["/when/$or/0 INVALID_CONDITION"]],
    [{ $gt: 5 }, ["/when/$gt MISPLACED_OPERATOR"]],
    [{ $savedGroup: "g" }, ["/when/$savedGroup INVALID_ARGUMENT"]],
    [{ $savedGroup: { id: "none" } }, ["/when/$savedGroup/id UNKNOWN_GROUP"]],
    [JSON.parse('{"__proto__":1}'), ["/when/__proto__ HOSTILE_KEY"]],
    [{ "a.constructor.b": 1 }, ["/when/a.constructor.b HOSTILE_KEY"]],
  ];
  it.each(wrong)("says what is wrong, and where (%#)", (condition, expected) => {
    expect(brief(condition, {})).toEqual(expected);
  });

  it("refuses what is nested deeper than anybody writes", () => {
    let deep: Condition = { a: 1 };
    for (let i = 0; i < 100_000; i++) deep = { $not: deep };
    expect(validateCondition(deep)).toMatchObject([{ code: "ATTUNE_TARGETING_TOO_DEEP" }]);
    let value: Condition = { $gt: 1 };
    for (let i = 0; i < 100; i++) value = { $not: value };
    expect(validateCondition({ a: value })).toMatchObject([{ code: "ATTUNE_TARGETING_TOO_DEEP" }]);
  });
});
