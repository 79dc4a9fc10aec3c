import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Issue } from "../kernel/result.js";
import { compileRuleset } from "./compile-ruleset.js";
import { validateRuleset } from "./validate-ruleset.js";

const document = () => ({
  schemaVersion: 1,
  revision: 3,
  groups: {
    vips: ["u1", 2],
    pros: { type: "list", attributeKey: "plan", values: ["pro"] },
    both: { type: "condition", condition: { plan: { $inGroup: "vips" } } },
  },
  segments: [
    {
      name: "eager",
      description: "d",
      enter: { sessions: { $gte: 2 } },
      exit: { sessions: { $lt: 1 } },
      minStayMs: 0,
      purposes: ["personalization"],
    },
  ],
  slots: {
    hero: {
      description: "d",
      purposes: ["personalization", "marketing"],
      variants: { a: 1, b: null },
      fallback: "a",
      targeting: { country: { $in: ["DE"] }, $savedGroup: { id: "both" } },
      policy: {
        type: "rules",
        rules: [
          {
            id: "one",
            when: { x: 1 },
            segment: { any: ["eager"], all: [["eager"]], not: "eager" },
            variant: "b",
          },
          { variant: "a" },
        ],
      },
    },
    cta: {
      variants: { a: 1, b: 2, c: 3 },
      fallback: "a",
      policy: {
        type: "split",
        experiment: "e",
        weights: { a: 1 / 3, b: 1 / 3, c: 1 / 3 },
        coverage: 0.5,
        seed: "s",
        hashVersion: 1,
        hashAttribute: "account.id",
      },
    },
  },
});

/** The document with one place changed; a trailing `-` appends. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(document()) as unknown as Record<string, unknown>;
  const keys = path.split("/").slice(1);
  const last = keys.pop() as string;
  const parent = keys.reduce<Record<string, unknown>>(
    (inner, key) => inner[key] as Record<string, unknown>,
    copy,
  );
  if (value === undefined) delete parent[last];
  else Object.defineProperty(parent, last, { value, enumerable: true, configurable: true });
  return copy;
}
const issuesOf = (json: unknown): Issue[] => {
  const result = validateRuleset(json);
  return result.ok ? [] : result.error;
};
const brief = (json: unknown): string[] =>
  issuesOf(json).map(({ path, code }) => `${path} ${code.replace("ATTUNE_", "")}`);

describe("validateRuleset", () => {
  it("lists the fields that there are where none is near", () => {
    const at = (json: unknown): string | undefined => {
      const result = validateRuleset(json);
      return result.ok ? undefined : result.error[0]?.message;
    };
    const segment = { name: "s", enter: { sessions: 1 } };
    expect(at({ schemaVersion: 1, revision: 1, slots: {}, segments: [{ ...segment, leave: {} }] })).toBe(
      "There is no such field here. The fields are name, description, enter, exit, minStayMs, purposes.",
    );
    expect(at({ schemaVersion: 1, revision: 1, slots: {}, segments: [{ ...segment, exits: {} }] })).toBe(
      "There is no such field here. Did you mean exit?",
    );
  });

  it("lets editors be told of the schema", () => {
    const json = { $schema: "./ruleset.schema.json", schemaVersion: 1, revision: 1, slots: {} };
    expect(validateRuleset(json).ok).toBe(true);
  });

  it("takes what is right, unchanged", () => {
    const json = document();
    expect(validateRuleset(json)).toEqual({ ok: true, value: document() });
    expect(issuesOf({ schemaVersion: 1, revision: 0, slots: {} })).toEqual([]);
  });

  it("takes an experiment in two slots only with the same arms in the same order", () => {
    const slot = (weights: unknown, more: object = {}) => ({
      variants: { a: 1, b: 2 },
      fallback: "a",
      policy: { type: "split", experiment: "shared", weights, ...more },
    });
    const shared = (second: unknown, more?: object) => ({
      schemaVersion: 1,
      revision: 1,
      slots: { one: slot({ a: 0.5, b: 0.5 }), two: slot(second, more) },
    });
    expect(brief(shared({ a: 0.5, b: 0.5 }))).toEqual([]);
    expect(brief(shared({ a: 0.5, b: 0.5 }, { seed: "shared", coverage: 1, hashVersion: 2 }))).toEqual([]);
    for (const other of [
      { b: 0.5, a: 0.5 },
      { a: 0.4, b: 0.6 },
    ]) {
      expect(brief(shared(other))).toEqual(["/slots/two/policy/experiment DECISIONS_EXPERIMENT_DIFFERS"]);
    }
  });

  const cases: [string, unknown, string[]][] = [
    ["/schemaVersion", 2, ["/schemaVersion DECISIONS_INVALID_TYPE"]],
    ["/schemaVersion", undefined, ["/schemaVersion DECISIONS_MISSING_FIELD"]],
    ["/revision", -1, ["/revision DECISIONS_INVALID_TYPE"]],
    ["/revision", 1.5, ["/revision DECISIONS_INVALID_TYPE"]],
    ["/slots", [], ["/slots DECISIONS_INVALID_TYPE"]],
    ["/slot", {}, ["/slot DECISIONS_UNKNOWN_FIELD"]],
    ["/groups/bad", [{}], ["/groups/bad DECISIONS_INVALID_GROUP"]],
    ["/groups/bad", { type: "list" }, ["/groups/bad DECISIONS_INVALID_GROUP"]],
    ["/groups/bad", { type: "tree" }, ["/groups/bad/type DECISIONS_INVALID_TYPE"]],
    ["/groups/bad", 5, ["/groups/bad DECISIONS_INVALID_TYPE"]],
    ["/groups/bad", { type: "condition" }, ["/groups/bad/condition TARGETING_INVALID_CONDITION"]],
    [
      "/groups/both/condition/plan",
      { $inGroup: "none" },
      ["/groups/both/condition/plan/$inGroup TARGETING_UNKNOWN_GROUP"],
    ],
    [
      "/segments/0/name",
      "Not Kebab",
      [
        "/segments/0/name DECISIONS_INVALID_TYPE",
        "/slots/hero/policy/rules/0/segment/any/0 DECISIONS_UNKNOWN_SEGMENT",
        "/slots/hero/policy/rules/0/segment/all/0/0 DECISIONS_UNKNOWN_SEGMENT",
        "/slots/hero/policy/rules/0/segment/not DECISIONS_UNKNOWN_SEGMENT",
      ],
    ],
    ["/segments/1", { name: "eager", enter: {} }, ["/segments/1/name DECISIONS_DUPLICATE_SEGMENT"]],
    ["/segments/1", null, ["/segments/1 DECISIONS_INVALID_TYPE"]],
    ["/segments/0/exit", { x: { $gtt: 1 } }, ["/segments/0/exit/x/$gtt TARGETING_UNKNOWN_OPERATOR"]],
    ["/segments/0/minStayMs", Infinity, ["/segments/0/minStayMs DECISIONS_INVALID_TYPE"]],
    ["/segments/0/purposes", ["analytic"], ["/segments/0/purposes/0 DECISIONS_UNKNOWN_PURPOSE"]],
    ["/slots/hero", "x", ["/slots/hero DECISIONS_INVALID_TYPE"]],
    ["/slots/hero/purposes", [7], ["/slots/hero/purposes/0 DECISIONS_UNKNOWN_PURPOSE"]],
    ["/slots/hero/variants", undefined, ["/slots/hero/variants DECISIONS_MISSING_FIELD"]],
    [
      "/slots/cta/variants",
      {},
      [
        "/slots/cta/variants DECISIONS_NO_VARIANT",
        "/slots/cta/fallback DECISIONS_UNKNOWN_VARIANT",
        ...["a", "b", "c"].map((name) => `/slots/cta/policy/weights/${name} DECISIONS_UNKNOWN_VARIANT`),
      ],
    ],
    ["/slots/cta/fallback", "d", ["/slots/cta/fallback DECISIONS_UNKNOWN_VARIANT"]],
    [
      "/slots/hero/targeting",
      { name: { $regex: "(?=a)" } },
      ["/slots/hero/targeting/name/$regex TARGETING_UNSUPPORTED_REGEX"],
    ],
    ["/slots/hero/policy", 1, ["/slots/hero/policy DECISIONS_INVALID_TYPE"]],
    ["/slots/hero/policy", { type: "rule", rules: [] }, ["/slots/hero/policy/type DECISIONS_UNKNOWN_POLICY"]],
    ["/slots/hero/policy", { rules: [] }, ["/slots/hero/policy/type DECISIONS_UNKNOWN_POLICY"]],
    ["/slots/hero/policy/rules", undefined, ["/slots/hero/policy/rules DECISIONS_MISSING_FIELD"]],
    ["/slots/hero/policy/rules/0", [], ["/slots/hero/policy/rules/0 DECISIONS_INVALID_TYPE"]],
    ["/slots/hero/policy/rules/1/id", "one", ["/slots/hero/policy/rules/1/id DECISIONS_DUPLICATE_RULE"]],
    ["/slots/hero/policy/rules/0/id", "rule-2", ["/slots/hero/policy/rules/1/id DECISIONS_DUPLICATE_RULE"]],
    [
      "/slots/hero/policy/rules/0/variant",
      "constructor",
      ["/slots/hero/policy/rules/0/variant DECISIONS_UNKNOWN_VARIANT"],
    ],
    [
      "/slots/hero/policy/rules/0/when",
      { $or: {} },
      ["/slots/hero/policy/rules/0/when/$or TARGETING_INVALID_ARGUMENT"],
    ],
    [
      "/slots/hero/policy/rules/0/segment",
      {},
      ["/slots/hero/policy/rules/0/segment DECISIONS_EMPTY_EXPRESSION"],
    ],
    ["/slots/hero/policy/rules/0/segment", 5, ["/slots/hero/policy/rules/0/segment DECISIONS_INVALID_TYPE"]],
    [
      "/slots/hero/policy/rules/0/segment",
      { non: "eager" },
      [
        "/slots/hero/policy/rules/0/segment/non DECISIONS_UNKNOWN_FIELD",
        "/slots/hero/policy/rules/0/segment DECISIONS_EMPTY_EXPRESSION",
      ],
    ],
    ["/slots/cta/policy/weights", undefined, ["/slots/cta/policy/weights DECISIONS_MISSING_FIELD"]],
    ["/slots/cta/policy/weights/a", 0.4, ["/slots/cta/policy/weights DECISIONS_WEIGHTS_SUM"]],
    ["/slots/cta/policy/weights/a", "half", ["/slots/cta/policy/weights/a DECISIONS_INVALID_WEIGHT"]],
    ["/slots/cta/policy/weights/a", -0.1, ["/slots/cta/policy/weights/a DECISIONS_INVALID_WEIGHT"]],
    ["/slots/cta/policy/weights/d", 0, ["/slots/cta/policy/weights/d DECISIONS_UNKNOWN_VARIANT"]],
    ["/slots/cta/policy/coverage", 1.1, ["/slots/cta/policy/coverage DECISIONS_INVALID_TYPE"]],
    ["/slots/cta/policy/coverge", 1, ["/slots/cta/policy/coverge DECISIONS_UNKNOWN_FIELD"]],
    ["/slots/cta/policy/hashVersion", 3, ["/slots/cta/policy/hashVersion DECISIONS_INVALID_TYPE"]],
  ];
  it.each(cases)("%s = %j", (path, value, expected) => {
    expect(brief(changed(path, value))).toEqual(expected);
  });

  it("takes weights that sum to 1 within 1e-6", () => {
    expect(brief(changed("/slots/cta/policy/weights/a", 1 / 3 + 9e-7))).toEqual([]);
    expect(brief(changed("/slots/cta/policy/weights/a", 1 / 3 + 2e-6))).toHaveLength(1);
  });

  it("names the nearest known name, never the value", () => {
    expect(issuesOf(changed("/slots/cta/policy/coverge", 1))[0]?.message).toContain("Did you mean coverage?");
    expect(issuesOf(changed("/slots/hero/purposes", ["Personalisation"]))[0]?.message).toContain(
      "Did you mean personalization?",
    );
    expect(issuesOf(changed("/slots/hero/policy/rules/0/segment", "eagre"))[0]?.message).toContain(
      "Did you mean eager?",
    );
    expect(issuesOf(changed("/slots/hero/policy/type", "splitt"))[0]?.message).toContain(
      "Did you mean split?",
    );
    const far = issuesOf(changed("/slots/hero/purposes", ["someone@example.org"]))[0]?.message;
    expect(far).not.toMatch(/example|Did you mean/);
  });

  it.each([null, undefined, 5, "x", [], true])("refuses %j", (json) => {
    expect(issuesOf(json)[0]).toMatchObject({ path: "", code: "ATTUNE_DECISIONS_INVALID_TYPE" });
  });
});

describe("T20: hostile documents", () => {
  it.each(["__proto__", "constructor", "prototype", "a.__proto__.b", ""])(
    "refuses the slot and the variant %j",
    (name) => {
      const key = name.replaceAll("/", "~1");
      const slot = JSON.stringify(document().slots.cta);
      const slots = JSON.parse(
        `{"schemaVersion":1,"revision":1,"slots":{${JSON.stringify(name)}:${slot}}}`,
      ) as unknown;
      expect(brief(slots)).toEqual([`/slots/${key} DECISIONS_INVALID_NAME`]);
      const variants = changed("/slots/hero/variants", JSON.parse(`{"a":1,"b":2,${JSON.stringify(name)}:3}`));
      expect(brief(variants)).toEqual([`/slots/hero/variants/${key} DECISIONS_INVALID_NAME`]);
      expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    },
  );

  it("refuses 100,000 levels, wherever they are, without recursion", () => {
    const deep = JSON.parse(`${"[".repeat(100_000)}${"]".repeat(100_000)}`) as unknown;
    expect(brief(deep)).toEqual([" DECISIONS_TOO_DEEP"]);
    expect(brief(changed("/slots/hero/variants/a", deep))).toEqual([" DECISIONS_TOO_DEEP"]);
    const not = Array.from({ length: 20 }).reduce<unknown>((inner) => ({ not: inner }), "eager");
    expect(brief(changed("/slots/hero/policy/rules/0/segment", not))[0]).toMatch(/TOO_DEEP$/);
  });

  it("reports a bounded number of issues", () => {
    const slots = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`s${i}`, 1]));
    expect(issuesOf({ schemaVersion: 1, revision: 1, slots })).toHaveLength(200);
  });

  it("refuses groups that multiply, or name themselves, without following them all", () => {
    const chain = (length: number) =>
      Object.fromEntries(
        Array.from({ length }, (_, i) => {
          const next = i + 1 < length ? { $savedGroup: { id: `g${i + 1}` } } : { a: 1 };
          return [`g${i}`, { type: "condition", condition: { $or: [next, next] } }];
        }),
      );
    const withGroups = (groups: unknown) => brief({ schemaVersion: 1, revision: 1, slots: {}, groups });
    expect(withGroups(chain(9))).toEqual([]);
    expect(withGroups(chain(20_000))).toContain("/groups/g0 DECISIONS_GROUP_TOO_LARGE");
    expect(withGroups(chain(40))).toContain("/groups/g0 DECISIONS_GROUP_TOO_LARGE");
    const circle = { type: "condition", condition: { $savedGroup: { id: "me" } } };
    expect(withGroups({ me: circle })).toEqual(["/groups/me DECISIONS_GROUP_TOO_LARGE"]);
  });

  it("never throws, and what it takes compiles", () => {
    const leaf = fc.oneof(
      fc.anything({ withNullPrototype: true }),
      fc.constantFrom<unknown>("a", "e", 0.5, 1, { a: 1 }, [], {}),
    );
    const path = fc.constantFrom(
      ...[
        "/schemaVersion",
        "/groups/vips",
        "/segments/0",
        "/segments/0/enter",
        "/slots/hero",
        "/slots/hero/variants",
        "/slots/hero/targeting",
        "/slots/hero/policy",
        "/slots/hero/policy/rules",
        "/slots/hero/policy/rules/0",
        "/slots/hero/policy/rules/0/segment",
        "/slots/cta/policy/weights",
        "/slots/cta/policy/weights/a",
        "/slots/cta/policy/seed",
        "/slots/cta/fallback",
      ],
    );
    fc.assert(
      fc.property(path, leaf, (at, value) => {
        const result = validateRuleset(changed(at, value));
        if (result.ok) compileRuleset(result.value);
        else expect(result.error.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });
});
