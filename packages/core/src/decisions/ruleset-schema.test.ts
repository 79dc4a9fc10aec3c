import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { validateRuleset } from "./validate-ruleset.js";

interface Shape {
  properties: Record<string, unknown>;
  required?: string[];
}
/** By the name that hosts use. */
const schema = createRequire(import.meta.url)("@attune/core/ruleset.schema.json") as Shape & {
  $defs: Record<string, Shape>;
};

const hero = { variants: { a: 1 }, fallback: "a", policy: { type: "rules", rules: [] as unknown[] } };
const documentWith = (over: object) => ({ schemaVersion: 1, revision: 1, slots: {}, ...over });
const inSlot = (policy: object) => documentWith({ slots: { hero: { ...hero, policy } } });
const inContext = (policy: object) => inSlot({ type: "contextual", experiment: "e", ...policy });
const withGates = (gates: object) => documentWith({ slots: { hero: { ...hero, ...gates } } });
const withMetric = (metric: object) => documentWith({ metrics: { m: metric } });
const inRule = (rule: object) => inSlot({ type: "rules", rules: [rule] });

/** Each kind of object in a ruleset: a document with an object of that kind, and where it stands. */
const KINDS: readonly (readonly [name: string, document: (value: object) => object, at: string])[] = [
  ["segment", (value) => documentWith({ segments: [value] }), "/segments/0"],
  ["slot", (value) => documentWith({ slots: { hero: value } }), "/slots/hero"],
  ["rules", (value) => inSlot({ type: "rules", ...value }), "/slots/hero/policy"],
  ["rule", inRule, "/slots/hero/policy/rules/0"],
  ["split", (value) => inSlot({ type: "split", ...value }), "/slots/hero/policy"],
  ["factorial", (value) => inSlot({ type: "factorial", ...value }), "/slots/hero/policy"],
  ["bandit", (value) => inSlot({ type: "bandit", ...value }), "/slots/hero/policy"],
  ["contextual", (value) => inSlot({ type: "contextual", ...value }), "/slots/hero/policy"],
  ["contextFeature", (value) => inContext({ context: [value], arms: {} }), "/slots/hero/policy/context/0"],
  ["contextualArm", (value) => inContext({ context: [], arms: { a: value } }), "/slots/hero/policy/arms/a"],
  ["recommended", (value) => inSlot({ type: "recommended", ...value }), "/slots/hero/policy"],
  [
    "recommendedArm",
    (value) => inSlot({ type: "recommended", history: ["h"], arms: { a: value } }),
    "/slots/hero/policy/arms/a",
  ],
  [
    "sticky",
    (sticky) => inSlot({ type: "split", experiment: "e", weights: { a: 1 }, sticky }),
    "/slots/hero/policy/sticky",
  ],
  ["holdout", (value) => documentWith({ holdouts: { h: value } }), "/holdouts/h"],
  ["exclusionGroup", (value) => documentWith({ exclusionGroups: { g: value } }), "/exclusionGroups/g"],
  ["exclusion", (value) => withGates({ exclusion: [value] }), "/slots/hero/exclusion/0"],
  ["prerequisite", (value) => withGates({ prerequisites: [value] }), "/slots/hero/prerequisites/0"],
  [
    "segmentCombination",
    (segment) => inRule({ variant: "a", segment }),
    "/slots/hero/policy/rules/0/segment",
  ],
  ["conversionMetric", (value) => withMetric({ type: "conversion", ...value }), "/metrics/m"],
  ["ratePrior", (prior) => withMetric({ type: "conversion", event: "x", prior }), "/metrics/m/prior"],
  ["lookBack", (before) => withMetric({ type: "count", event: "x", before }), "/metrics/m/before"],
  ["countMetric", (value) => withMetric({ type: "count", ...value }), "/metrics/m"],
  ["sumMetric", (value) => withMetric({ type: "sum", ...value }), "/metrics/m"],
  ["ratioMetric", (value) => withMetric({ type: "ratio", ...value }), "/metrics/m"],
  [
    "measured",
    (value) => withMetric({ type: "ratio", numerator: value, denominator: { event: "x" } }),
    "/metrics/m/numerator",
  ],
  [
    "dimension",
    (value) => documentWith({ experiments: { e: { dimensions: { d: value } } } }),
    "/experiments/e/dimensions/d",
  ],
  ["experiment", (value) => documentWith({ experiments: { e: value } }), "/experiments/e"],
  ["model", (value) => documentWith({ models: { m: value } }), "/models/m"],
  ["canary", (canary) => documentWith({ models: { m: { canary } } }), "/models/m/canary"],
  ["namedGroup", (value) => documentWith({ groups: { g: value } }), "/groups/g"],
];

const STRANGE = "x".repeat(70);
const issuesOf = (document: object) => {
  const result = validateRuleset(document);
  return result.ok ? [] : result.error;
};

/** Names of the fields that the validator knows there, and of those that must be there, as its issues tell them. */
function fieldsAt(make: (value: object) => object, at: string): { known: string[]; needed: string[] } {
  const strange = issuesOf(make({ [STRANGE]: 1 }));
  const listed = strange.find(({ path }) => path === `${at}/${STRANGE}`)?.message ?? "";
  return {
    known: (/The fields are (.*)\.$/.exec(listed)?.[1] ?? "").split(", "),
    needed: issuesOf(make({}))
      .filter(({ code, path }) => code.endsWith("MISSING_FIELD") && path.lastIndexOf("/") === at.length)
      .map(({ path }) => path.slice(at.length + 1)),
  };
}

describe("the JSON Schema for editors", () => {
  it("has the fields of the document", () => {
    const { known, needed } = fieldsAt((value) => value, "");
    expect(Object.keys(schema.properties).sort()).toEqual([...known].sort());
    expect([...(schema.required ?? [])].sort()).toEqual(needed.sort());
  });

  it.each(KINDS)("has the fields of a %s", (name, make, at) => {
    const { known, needed } = fieldsAt(make, at);
    const { properties, required = [] } = schema.$defs[name] as Shape;
    expect(Object.keys(properties).sort()).toEqual([...known].sort());
    expect(required.filter((field) => field !== "type").sort()).toEqual(
      needed.filter((field) => field !== "type").sort(),
    );
  });
});
