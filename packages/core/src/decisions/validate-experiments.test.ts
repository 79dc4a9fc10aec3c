import { describe, expect, it } from "vitest";
import { ruleset, slot } from "./any-slot.fixture.js";
import { compileRuleset } from "./compile-ruleset.js";
import { lintRuleset } from "./lint-ruleset.js";
import type { AssignmentPolicy, Ruleset } from "./types.js";
import { validateRuleset } from "./validate-ruleset.js";

function issuesOf(document: unknown) {
  const result = validateRuleset(document);
  return result.ok ? [] : result.error;
}
const brief = (document: unknown): string[] =>
  issuesOf(document).map(({ path, code }) => `${path} ${code.replace("ATTUNE_DECISIONS_", "")}`);
const withPolicy = (policy: object) => ruleset({ cta: slot({ policy: policy as AssignmentPolicy }) });
const policyIssues = (policy: object): string[] =>
  brief(withPolicy(policy)).map((issue) => issue.replace("/slots/cta/policy", ""));

const split = { type: "split", experiment: "e", weights: { a: 0.5, b: 0.5 } };
const contextual = {
  type: "contextual",
  experiment: "e",
  context: [{ attribute: "x", centre: 1, scale: 2 }],
  arms: { a: { mean: [0, 1], covariance: [1, 0.5, 1] }, b: { mean: [0, 0], covariance: [0, 0, 0] } },
};
const factorial = {
  type: "factorial",
  experiment: "e",
  factors: { x: { on: 1, off: 0 }, y: { on: 1, off: 0 }, z: { on: 1, off: 0 } },
};
const everything: Ruleset = ruleset(
  {
    parent: slot({ policy: { type: "rules", rules: [] } }),
    rules: slot({
      holdouts: ["h"],
      exclusion: [{ group: "g", ranges: [[0, 0.5]] }],
      prerequisites: [
        { slot: "parent", variants: ["a"] },
        { slot: "combined", variants: ["x:on,y:off,z:on"] },
      ],
      policy: {
        type: "rules",
        rules: [
          {
            holdouts: ["h"],
            prerequisites: [{ slot: "parent", condition: { value: "A" } }],
            policy: { type: "bandit", experiment: "b", shares: { a: 1 } },
          },
          { exclusion: [], variant: "b" },
        ],
      },
    }),
    ranged: slot({
      policy: {
        ...split,
        experiment: "r",
        ranges: { a: [0, 0.5], b: [0.5, 1] },
        sticky: { bucketVersion: 2, minBucketVersion: 1, onConflict: "exclude" },
      } as AssignmentPolicy,
    }),
    combined: slot({ policy: factorial as AssignmentPolicy }),
    learned: slot({ policy: { ...contextual, experiment: "l", floor: 0.5 } as AssignmentPolicy }),
  },
  {
    holdouts: { h: { share: 0.1, seed: "s", hashAttribute: "userId", fallbackAttribute: "visitorId" } },
    exclusionGroups: { g: { hashVersion: 1, description: "d" } },
  },
);

describe("validateRuleset of gates and policies", () => {
  it("takes what is right, and that compiles", () => {
    expect(issuesOf(everything)).toEqual([]);
    compileRuleset(everything);
  });

  const definition = (changed: object) =>
    ruleset(
      { cta: { ...slot(), ...changed }, other: slot() },
      { holdouts: { h: { share: 1 } }, exclusionGroups: { g: {} } },
    );
  it.each<[string, object, string[]]>([
    ["an unknown holdout", { holdouts: ["q"] }, ["/slots/cta/holdouts/0 UNKNOWN_HOLDOUT"]],
    ["a holdout that is no name", { holdouts: [5] }, ["/slots/cta/holdouts/0 INVALID_TYPE"]],
    [
      "an unknown group",
      { exclusion: [{ group: "q", ranges: [[0, 1]] }] },
      ["/slots/cta/exclusion/0/group UNKNOWN_EXCLUSION_GROUP"],
    ],
    [
      "ranges that are none",
      { exclusion: [{ group: "g", ranges: [[0.5, 0.2], [0, 2], [0], 5, [0, 1, 1]] }] },
      [0, 1, 2, 3, 4].map((i) => `/slots/cta/exclusion/0/ranges/${i} INVALID_RANGE`),
    ],
    [
      "an unknown slot",
      { prerequisites: [{ slot: "q", variants: ["a"] }] },
      ["/slots/cta/prerequisites/0/slot UNKNOWN_SLOT"],
    ],
    [
      "an unknown variant",
      { prerequisites: [{ slot: "other", variants: ["q", 5] }] },
      [
        "/slots/cta/prerequisites/0/variants/0 UNKNOWN_VARIANT",
        "/slots/cta/prerequisites/0/variants/1 INVALID_TYPE",
      ],
    ],
    [
      "a prerequisite of nothing",
      { prerequisites: [{ slot: "other" }] },
      ["/slots/cta/prerequisites/0 INVALID_PREREQUISITE"],
    ],
    [
      "a prerequisite of both",
      { prerequisites: [{ slot: "other", variants: ["a"], condition: {} }] },
      ["/slots/cta/prerequisites/0 INVALID_PREREQUISITE"],
    ],
    [
      "a bad condition",
      { prerequisites: [{ slot: "other", condition: { value: { $x: 1 } } }] },
      ["/slots/cta/prerequisites/0/condition/value/$x ATTUNE_TARGETING_UNKNOWN_OPERATOR"],
    ],
    [
      "gates that are no lists",
      { holdouts: "h", exclusion: {}, prerequisites: 1 },
      ["holdouts", "exclusion", "prerequisites"].map((field) => `/slots/cta/${field} INVALID_TYPE`),
    ],
    [
      "parts that are no objects",
      { exclusion: [1], prerequisites: [null] },
      ["/slots/cta/exclusion/0 INVALID_TYPE", "/slots/cta/prerequisites/0 INVALID_TYPE"],
    ],
  ])("refuses %s", (_, changed, expected) => {
    expect(brief(definition(changed))).toEqual(expected);
  });

  it("refuses holdouts and groups that are none", () => {
    expect(
      brief(ruleset({}, { holdouts: { h: { share: 2 } }, exclusionGroups: { g: { seed: 1 } } } as never)),
    ).toEqual(["/holdouts/h/share INVALID_TYPE", "/exclusionGroups/g/seed INVALID_TYPE"]);
  });

  it("refuses circles of prerequisites, wherever they lead through, and names them", () => {
    const asks = (other: string) => slot({ prerequisites: [{ slot: other, variants: ["a"] }] });
    const inRule = (other: string) =>
      slot({
        policy: {
          type: "rules",
          rules: [{ variant: "a", prerequisites: [{ slot: other, variants: ["a"] }] }],
        },
      });
    const issues = issuesOf(
      ruleset({ a: asks("b"), b: inRule("c"), c: asks("a"), d: asks("a"), e: asks("e") }),
    );
    expect(issues.map(({ path, message }) => [path, /circle: (.*?)\./.exec(message)?.[1]])).toEqual([
      ["/slots/c/prerequisites/0/slot", "a → b → c → a"],
      ["/slots/e/prerequisites/0/slot", "e → e"],
    ]);
    const chain = Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`s${i}`, i < 4999 ? asks(`s${i + 1}`) : slot()]),
    );
    expect(brief(ruleset(chain))).toEqual([]);
    const back = { ...chain, s4999: asks("s0") };
    expect(brief(ruleset(back))).toEqual(["/slots/s4999/prerequisites/0/slot PREREQUISITE_CIRCLE"]);
  });

  it.each<[object, string[]]>([
    [{ ...split, sticky: { minBucketVersion: 2 } }, ["/sticky/minBucketVersion INVALID_VERSION"]],
    [
      { ...split, sticky: { bucketVersion: -1, onConflict: "last" } },
      ["/sticky/bucketVersion INVALID_TYPE", "/sticky/onConflict INVALID_TYPE"],
    ],
    [{ ...split, ranges: { a: [0, 0.6], b: [0.5, 1] } }, ["/ranges/b OVERLAPPING_RANGES"]],
    [
      { ...split, ranges: { a: [0, 2], c: [0, 0] } },
      ["/ranges/a INVALID_RANGE", "/ranges/c UNKNOWN_VARIANT"],
    ],
    [{ ...split, ranges: {}, coverage: 1 }, ["/coverage UNUSED_COVERAGE"]],
    [
      { type: "bandit", experiment: "e", shares: { a: 0.5, c: 0.4 } },
      ["/shares/c UNKNOWN_VARIANT", "/shares WEIGHTS_SUM"],
    ],
    [{ type: "bandit", experiment: "e" }, ["/shares MISSING_FIELD"]],
    [{ ...factorial, factors: {} }, ["/factors INVALID_FACTORS"]],
    [
      { ...factorial, factors: { x: { on: 1 }, y: 5 } },
      ["/factors/x INVALID_FACTORS", "/factors/y INVALID_FACTORS"],
    ],
    [
      { ...factorial, factors: { "x:y": { "a,b": 1, b: 2 } } },
      ["/factors/x:y INVALID_NAME", "/factors/x:y/a,b INVALID_NAME"],
    ],
    [
      {
        ...factorial,
        factors: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`f${i}`, { a: 1, b: 2 }])),
      },
      ["/factors TOO_MANY_CELLS"],
    ],
    [{ ...factorial, generators: { z: ["x"] } }, ["/generators/z INVALID_GENERATOR"]],
    [{ ...factorial, generators: { q: ["x", "y"] } }, ["/generators/q INVALID_GENERATOR"]],
    [
      { ...factorial, generators: { z: ["x", "z"], y: "x" } },
      ["/generators/z INVALID_GENERATOR", "/generators/y INVALID_GENERATOR"],
    ],
    [
      {
        ...factorial,
        factors: { ...factorial.factors, w: { a: 1, b: 2, c: 3 } },
        generators: { z: ["x", "y"] },
      },
      ["/generators INVALID_GENERATOR"],
    ],
    [
      {
        ...factorial,
        factors: { ...factorial.factors, w: { a: 1, b: 2 } },
        generators: { z: ["x", "y"], w: ["x", "y"] },
      },
      ["/generators ALIASED_MAIN_EFFECTS", "/generators ALIASED_MAIN_EFFECTS"],
    ],
    [
      { ...contextual, context: [{ attribute: 5, scale: 0 }] },
      ["/context/0/attribute INVALID_TYPE", "/context/0/scale INVALID_TYPE"],
    ],
    [{ ...contextual, arms: {} }, ["/arms NO_VARIANT"]],
    [
      { ...contextual, arms: { c: { mean: [1], covariance: [1, 1] } } },
      ["/arms/c UNKNOWN_VARIANT", "/arms/c/mean INVALID_MATRIX", "/arms/c/covariance INVALID_MATRIX"],
    ],
    [
      { ...contextual, arms: { a: { mean: [1, Number.NaN] }, b: 1 } },
      ["/arms/a/covariance MISSING_FIELD", "/arms/a/mean INVALID_MATRIX", "/arms/b INVALID_TYPE"],
    ],
    [
      { ...contextual, arms: { a: { mean: [0, 0], covariance: [1, 2, 1] } } },
      ["/arms/a/covariance NOT_A_COVARIANCE"],
    ],
    [
      { ...contextual, arms: { a: { mean: [0, 0], covariance: [0, 1, 1] } } },
      ["/arms/a/covariance NOT_A_COVARIANCE"],
    ],
    [
      { ...contextual, arms: { a: { mean: [0, 0], covariance: [-1, 0, 1] } } },
      ["/arms/a/covariance NOT_A_COVARIANCE"],
    ],
    [{ ...contextual, floor: 0.6 }, ["/floor INVALID_FLOOR"]],
    [{ ...contextual, floor: -0.1 }, ["/floor INVALID_FLOOR"]],
    [
      { ...contextual, context: Array.from({ length: 33 }, () => ({ attribute: "x" })), arms: { a: {} } },
      ["/context TOO_MANY_FEATURES", "/arms/a/mean MISSING_FIELD", "/arms/a/covariance MISSING_FIELD"],
    ],
    [{ type: "rules", rules: [{}] }, ["/rules/0 INVALID_RULE"]],
    [{ type: "rules", rules: [{ variant: "a", policy: split }] }, ["/rules/0 INVALID_RULE"]],
    [{ type: "rules", rules: [{ policy: { type: "factorial" } }] }, ["/rules/0/policy/type UNKNOWN_POLICY"]],
    [
      { type: "rules", rules: [{ policy: { ...split, weights: { a: 1, c: 0 } } }] },
      ["/rules/0/policy/weights/c UNKNOWN_VARIANT"],
    ],
  ])("%j", (policy, expected) => {
    expect(policyIssues(policy)).toEqual(expected);
  });

  it("takes an experiment in several slots and rules only where it is the same", () => {
    const bandit = (shares: object, more: object = {}) => ({
      type: "bandit",
      experiment: "e",
      shares,
      ...more,
    });
    const shared = (first: object, second: object) =>
      brief(
        ruleset({
          one: slot({ policy: first as AssignmentPolicy }),
          two: slot({ policy: { type: "rules", rules: [{ policy: second }] } as never }),
        }),
      );
    const shares = { a: 0.5, b: 0.5 };
    const differs = ["/slots/two/policy/rules/0/policy/experiment EXPERIMENT_DIFFERS"];
    expect(shared(bandit(shares), bandit(shares))).toEqual([]);
    expect(shared(bandit(shares), bandit({ b: 0.5, a: 0.5 }))).toEqual(differs);
    expect(shared(bandit(shares), bandit(shares, { sticky: {} }))).toEqual(differs);
    expect(shared(bandit(shares), split)).toEqual(differs);
  });
});

describe("lintRuleset of experiments", () => {
  const warnings = (document: Ruleset) => {
    expect(issuesOf(document)).toEqual([]);
    return lintRuleset(document, { attributes: ["userId"] }).map(
      ({ path, code }) => `${path} ${code.replace("ATTUNE_DECISIONS_", "")}`,
    );
  };
  const part = (range: [number, number], experiment: string) =>
    slot({
      exclusion: [{ group: "g", ranges: [range] }],
      policy: { ...split, experiment } as AssignmentPolicy,
    });
  const groups = { exclusionGroups: { g: {} } };

  it("warns of experiments that share a part of a group", () => {
    expect(warnings(ruleset({ one: part([0, 0.5], "x"), two: part([0.5, 1], "y") }, groups))).toEqual([]);
    expect(warnings(ruleset({ one: part([0, 0.6], "x"), two: part([0.5, 1], "y") }, groups))).toEqual([
      "/slots/two/exclusion/0/ranges OVERLAPPING_EXCLUSION",
    ]);
    expect(warnings(ruleset({ one: part([0, 0.6], "x"), two: part([0.5, 1], "x") }, groups))).toEqual([]);
  });

  it("warns of an experiment that draws as what is asked before it", () => {
    expect(warnings(ruleset({ one: part([0, 0.6], "g") }, groups))).toEqual([
      "/slots/one/policy/experiment SAME_SEED",
    ]);
    const held = slot({
      policy: { type: "rules", rules: [{ holdouts: ["h"], policy: { ...split, experiment: "h" } as never }] },
    });
    expect(warnings(ruleset({ one: held }, { holdouts: { h: { share: 0.1 } } }))).toEqual([
      "/slots/one/policy/rules/0/policy/experiment SAME_SEED",
    ]);
    expect(warnings(ruleset({ one: held }, { holdouts: { h: { share: 0.1, seed: "other" } } }))).toEqual([]);
  });

  it("warns of a second attribute without stickiness", () => {
    const draw = { ...split, hashAttribute: "userId", fallbackAttribute: "visitorId" };
    const one = (policy: object) => warnings(ruleset({ one: slot({ policy: policy as AssignmentPolicy }) }));
    expect(one(draw)).toEqual(["/slots/one/policy/fallbackAttribute NOT_STICKY"]);
    expect(one({ ...draw, sticky: {} })).toEqual([]);
  });

  it("tells what a fraction of a design cannot tell apart", () => {
    const design = { ...factorial, generators: { z: ["x", "y"] } };
    const [warning] = lintRuleset(ruleset({ one: slot({ policy: design as AssignmentPolicy }) }));
    expect(warning).toMatchObject({ path: "/slots/one/policy/generators", code: "ATTUNE_DECISIONS_ALIASES" });
    expect(warning?.message).toBe(
      "This fraction has resolution 3. It cannot tell apart: x with y × z; y with x × z; z with x × y; x × y with z; x × z with y; y × z with x.",
    );
    const five = {
      a: { l: 0, h: 1 },
      b: { l: 0, h: 1 },
      c: { l: 0, h: 1 },
      d: { l: 0, h: 1 },
      e: { l: 0, h: 1 },
    };
    const clean = { ...factorial, factors: five, generators: { e: ["a", "b", "c", "d"] } };
    expect(warnings(ruleset({ one: slot({ policy: clean as AssignmentPolicy }) }))).toEqual([]);
  });
});
