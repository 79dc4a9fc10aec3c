import { GrowthBookClient } from "@growthbook/growthbook";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALL_GRANTS } from "../../consent/grants.js";
import { compileRuleset } from "../compile-ruleset.js";
import { validateRuleset } from "../validate-ruleset.js";
import { fromGrowthBookAssignments } from "./assignments.js";
import { convertGrowthBook, fromGrowthBook } from "./from-growthbook.js";
import type { GrowthBookAssignments, GrowthBookOptions } from "./types.js";

type Documents = Record<string, GrowthBookAssignments>;
interface Asked {
  attributes: Record<string, unknown>;
  documents?: Documents;
}

/** What GrowthBook's own client says of a feature, by this payload. */
function byGrowthBook(payload: object, feature: string) {
  const client = new GrowthBookClient().initSync({ payload: structuredClone(payload) as never });
  return ({ attributes, documents }: Asked): unknown => {
    const sticky = documents && {
      stickyBucketAssignmentDocs: structuredClone(documents),
      saveStickyBucketAssignmentDoc: async () => undefined,
    };
    return client.evalFeature(feature, { attributes, ...sticky } as never).value as unknown;
  };
}

/** What this library says of the slot that the feature became. */
function byAttune(payload: object, feature: string, options: GrowthBookOptions = {}) {
  const compiled = compileRuleset(fromGrowthBook(payload, options));
  return ({ attributes, documents }: Asked): unknown => {
    const { id } = attributes;
    return compiled.decide(feature, {
      id: typeof id === "string" ? id : id ? JSON.stringify(id) : null,
      attributes,
      consent: ALL_GRANTS,
      ...(documents && {
        assignments: fromGrowthBookAssignments(documents, payload, { ...options, of: attributes }),
      }),
    }).value;
  };
}

const people = (count: number, more: object = {}) =>
  Array.from({ length: count }, (_, i) => ({ id: `u${i}`, ...more }));

/** The same value for everybody, there and here; and the ruleset is valid. */
function same(
  payload: object,
  feature: string,
  visitors: readonly Record<string, unknown>[],
  options: GrowthBookOptions = { sticky: false },
) {
  expect(validateRuleset(fromGrowthBook(payload, options))).toMatchObject({ ok: true });
  const [theirs, ours] = [byGrowthBook(payload, feature), byAttune(payload, feature, options)];
  const values = new Set<string>();
  for (const attributes of visitors) {
    const value = theirs({ attributes });
    values.add(JSON.stringify(value));
    expect([attributes, ours({ attributes })]).toEqual([attributes, value]);
  }
  return values;
}

const withRules = (rules: object[], defaultValue: unknown = "off") => ({
  features: { f: { defaultValue, rules } },
});

describe("a payload of GrowthBook's", () => {
  it.each([
    ["no rules", { features: { f: { defaultValue: 5 } } }],
    ["no default", { features: { f: {} } }],
    ["a forced value", withRules([{ force: "on" }])],
    ["a forced value that is null", withRules([{ force: null }])],
    ["a forced object", withRules([{ force: { a: [1] } }])],
    ["a condition", withRules([{ condition: { country: { $in: ["DE", "AT"] } }, force: "on" }])],
    [
      "a saved group",
      {
        ...withRules([{ condition: { id: { $inGroup: "g" } }, force: "on" }]),
        savedGroups: { g: ["u1", "u3"] },
      },
    ],
    [
      "a saved group of its own attribute",
      {
        ...withRules([{ condition: { $savedGroup: { id: "g" } }, force: "on" }]),
        savedGroups: { g: { type: "list", attributeKey: "id", values: ["u2"] } },
      },
    ],
    ["a rollout", withRules([{ force: "on", coverage: 0.5 }])],
    ["a rollout of nobody", withRules([{ force: "on", coverage: 0 }])],
    ["a rollout of everybody", withRules([{ force: "on", coverage: 1, hashAttribute: "company" }])],
    ["a rollout by range", withRules([{ force: "on", range: [0.2, 0.7], hashVersion: 2, seed: "s" }])],
    ["a rollout of another attribute", withRules([{ force: "on", coverage: 0.5, hashAttribute: "number" }])],
    [
      "an unknown hash",
      withRules([
        { force: "on", coverage: 0.9, hashVersion: 9 },
        { variations: ["a", "b"], hashVersion: 9 },
        { filters: [{ seed: "s", ranges: [[0, 1]], hashVersion: 3 }], force: "x" },
      ]),
    ],
    ["an experiment", withRules([{ variations: ["a", "b", "c"] }])],
    ["an experiment of values that are alike", withRules([{ variations: ["off", "off", { a: 1 }] }])],
    ["an experiment of one variation", withRules([{ variations: ["a"] }])],
    [
      "weights and coverage",
      withRules([
        { key: "e", variations: ["a", "b", "c"], weights: [0.2, 0.3, 0.5], coverage: 0.7, hashVersion: 2 },
      ]),
    ],
    ["coverage beyond all", withRules([{ variations: ["a", "b"], coverage: 1.5 }])],
    ["weights that do not sum to 1", withRules([{ variations: ["a", "b"], weights: [0.4, 0.1] }])],
    ["weights of another number", withRules([{ variations: ["a", "b"], weights: [0.4, 0.3, 0.3] }])],
    [
      "weights that nearly sum to 1",
      withRules([{ variations: ["a", "b", "c"], weights: [0.33, 0.33, 0.33], hashVersion: 2 }]),
    ],
    [
      "ranges",
      withRules([
        {
          variations: ["a", "b"],
          ranges: [
            [0.1, 0.3],
            [0.5, 0.9],
          ],
          hashVersion: 2,
        },
      ]),
    ],
    [
      "ranges that overlap",
      withRules([
        {
          variations: ["a", "b", "c"],
          ranges: [
            [0.3, 0.6],
            [0, 0.4],
            [0.5, 1],
          ],
          hashVersion: 2,
        },
      ]),
    ],
    [
      "fewer ranges than variations",
      withRules([{ variations: ["a", "b"], ranges: [[0, 0.5]], hashVersion: 2 }]),
    ],
    [
      "keys that read as numbers",
      withRules([
        {
          variations: ["a", "b", "c"],
          meta: [{ key: "2" }, { key: "1" }, { key: "0" }],
          weights: [0.2, 0.3, 0.5],
        },
      ]),
    ],
    ["keys that are alike", withRules([{ variations: ["a", "b"], meta: [{ key: "k" }, { key: "k" }] }])],
    [
      "hostile keys",
      withRules([{ variations: ["a", "b"], meta: [{ key: "__proto__" }, { key: "constructor" }] }]),
    ],
    ["a seed", withRules([{ variations: ["a", "b"], seed: "s", key: "e" }])],
    ["another attribute", withRules([{ variations: ["a", "b"], hashAttribute: "company" }])],
    [
      "a fallback attribute without stickiness",
      withRules([{ variations: ["a", "b"], hashAttribute: "nobody", fallbackAttribute: "company" }]),
    ],
    ["a namespace", withRules([{ variations: ["a", "b"], namespace: ["n", 0.2, 0.7] }])],
    [
      "filters, which make a namespace nothing",
      withRules([
        {
          variations: ["a", "b"],
          namespace: ["n", 0, 0],
          filters: [
            {
              seed: "x",
              ranges: [
                [0, 0.3],
                [0.6, 1],
              ],
            },
            { seed: "y", attribute: "company", hashVersion: 1, ranges: [[0, 0.9]] },
          ],
        },
      ]),
    ],
    [
      "two experiments of the same keys",
      withRules([
        { key: "x", variations: ["a", "b"], coverage: 0.4 },
        { key: "y", variations: ["c", "d"], coverage: 0.4 },
        { force: "0" },
      ]),
    ],
    [
      "a variation that passes through",
      withRules([
        { key: "holdout", variations: ["held", "x"], meta: [{ key: "h" }, { key: "p", passthrough: true }] },
        { force: "on" },
      ]),
    ],
    [
      "rules of no shape",
      withRules([
        { id: "nothing" },
        { force: "on", coverage: 0.5, id: "rule-9" },
        { id: "same", force: "b", coverage: 0.2, seed: "t" },
        { id: "same", force: "c" },
      ]),
    ],
  ])("decides the same for everybody: %s", (_, payload) => {
    const visitors = [
      ...people(60, { country: "DE", company: "acme" }).map((one, i) => ({
        ...one,
        company: `c${i % 7}`,
        number: i,
      })),
      { country: "FR" },
      { id: "", company: "acme" },
      { id: 42, number: 0 },
    ];
    same(payload, "f", visitors);
  });

  it("rolls out to the step that a coverage names, which GrowthBook includes", () => {
    for (const coverage of [0.001, 0.25, 0.333, 0.5, 0.999, 0.1234]) {
      for (const hashVersion of [1, 2])
        same(withRules([{ force: "on", coverage, hashVersion }]), "f", people(150));
    }
  });

  it("asks other features, also in chains and by gates", () => {
    const payload = {
      features: {
        country: {
          defaultValue: "none",
          rules: [
            { condition: { country: "DE" }, force: "de" },
            { condition: { country: "AT" }, force: null },
          ],
        },
        middle: {
          defaultValue: false,
          rules: [{ parentConditions: [{ id: "country", condition: { value: "de" } }], force: true }],
        },
        f: {
          defaultValue: "default",
          rules: [
            { parentConditions: [{ id: "country", condition: { value: { $ne: "none" } }, gate: true }] },
            {
              parentConditions: [
                { id: "middle", condition: { value: true } },
                { id: "gone", condition: { value: { $exists: false } } },
              ],
              variations: ["x", "y"],
            },
            { parentConditions: [{ id: "gone", condition: { value: 1 } }], force: "never" },
            {
              parentConditions: [
                { id: "country", condition: {} },
                { id: "middle", condition: { value: true }, gate: true },
              ],
              force: "last",
              coverage: 0.5,
            },
          ],
        },
        g: {
          defaultValue: 1,
          rules: [{ parentConditions: [{ id: "gone", condition: { value: 1 }, gate: true }] }, { force: 2 }],
        },
      },
    };
    const visitors = ["DE", "AT", "FR"].flatMap((country) => people(30, { country }));
    expect(same(payload, "f", visitors).size).toBe(3);
    same(payload, "g", visitors);
    same(payload, "middle", visitors);
  });

  it("is null where features ask for each other in a circle, and says so", () => {
    const asks = (id: string) => ({
      defaultValue: "d",
      rules: [
        { condition: { country: "DE" }, force: "on" },
        { parentConditions: [{ id, condition: { value: "d" } }], force: "x" },
        { force: "y" },
      ],
    });
    const payload = { features: { a: asks("b"), b: asks("a"), c: asks("c") } };
    for (const feature of ["a", "b", "c"]) same(payload, feature, people(3, { country: "FR" }));
    expect(convertGrowthBook(payload).issues.map(({ path, code }) => [path, code])).toEqual(
      ["a", "b", "c"].map((name) => [
        `/features/${name}/rules/1/parentConditions/0`,
        "ATTUNE_DECISIONS_GROWTHBOOK_CIRCLE",
      ]),
    );
  });
});

/** Payloads that are made up; more for a longer proof. */
const RUNS = Number(process.env["ATTUNE_HISTORIES"] ?? 150);

const rule = fc.record(
  {
    force: fc.constantFrom<unknown>("on", 1, null),
    coverage: fc.constantFrom(0, 0.1, 0.37, 0.5, 1),
    range: fc.constantFrom([0, 0.5], [0.25, 1]),
    condition: fc.constantFrom<unknown>(
      { country: "DE" },
      { country: { $ne: "DE" } },
      { id: { $regex: "1$" } },
    ),
    variations: fc.constantFrom<unknown>(["a", "b"], ["a", "b", "c"], ["a"], [true, false]),
    weights: fc.constantFrom([0.5, 0.5], [0.1, 0.9], [0.2, 0.3, 0.5], [0.3, 0.3]),
    ranges: fc.constantFrom(
      [
        [0, 0.5],
        [0.5, 1],
      ],
      [
        [0, 0.1],
        [0.1, 0.2],
        [0.9, 1],
      ],
      [
        [0.5, 0.75],
        [0.25, 0.6],
      ],
    ),
    meta: fc.constantFrom<unknown>(
      [{ key: "x" }, { key: "y" }, { key: "z" }],
      [{ key: "x", passthrough: true }, { key: "y" }, {}],
      [{ key: "1" }, { key: "0" }, { key: "x" }],
    ),
    key: fc.constantFrom("k", "l"),
    seed: fc.constantFrom("s", "t"),
    hashVersion: fc.constantFrom(1, 2),
    hashAttribute: fc.constantFrom("id", "company"),
    namespace: fc.constantFrom<unknown>(["n", 0, 0.5], ["n", 0.3, 1]),
    filters: fc.constantFrom<unknown>(
      [{ seed: "q", ranges: [[0, 0.6]] }],
      [
        {
          seed: "q",
          attribute: "company",
          ranges: [
            [0.1, 0.2],
            [0.3, 1],
          ],
        },
      ],
    ),
    parentConditions: fc.constantFrom<unknown>(
      [{ id: "parent", condition: { value: "p" } }],
      [{ id: "parent", condition: { value: "p" }, gate: true }],
    ),
  },
  { requiredKeys: [] },
);

describe("any payload", () => {
  it(
    "decides the same for everybody, and is a valid ruleset",
    () => {
      const parent = { defaultValue: "q", rules: [{ force: "p", coverage: 0.5 }] };
      const someone = fc.record({
        id: fc.integer({ min: 0, max: 99 }).map((n) => `u${n}`),
        country: fc.constantFrom("DE", "FR"),
        company: fc.constantFrom("", "acme", "initech"),
      });
      fc.assert(
        fc.property(
          fc.array(rule, { maxLength: 4 }),
          fc.array(someone, { minLength: 3, maxLength: 6 }),
          (rules, visitors) => {
            same({ features: { f: { defaultValue: "off", rules }, parent } }, "f", visitors);
          },
        ),
        { numRuns: RUNS },
      );
    },
    60_000 + 50 * RUNS,
  );

  it("that is none makes no slot, and nothing throws", () => {
    for (const payload of [null, 5, "x", [], {}, { features: [] }, { features: { f: 5, __proto__: null } }])
      expect(fromGrowthBook(payload).slots).toEqual({});
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (first, second) => {
        convertGrowthBook({
          features: {
            f: { rules: [first, { variations: [1, 2], weights: second, meta: second, filters: second }] },
          },
          experiments: [second],
          savedGroups: first,
        });
      }),
    );
    expect(convertGrowthBook({}).issues).toMatchObject([
      { path: "", code: "ATTUNE_DECISIONS_GROWTHBOOK_PAYLOAD" },
    ]);
    expect(convertGrowthBook({ features: {}, encryptedFeatures: "x" }).issues).toMatchObject([
      { path: "/encryptedFeatures" },
    ]);
  });
});

describe("what cannot be carried over", () => {
  it.each([
    [
      withRules([{ condition: { url: { $regex: "(?=x)" } }, force: 1 }]),
      "/features/f/rules/0/condition/url/$regex",
    ],
    [
      withRules([{ variations: [1, 2], contextualBanditRef: "b" }]),
      "/features/f/rules/0/contextualBanditRef",
    ],
    [withRules([{ variations: [1, 2], meta: [{}, { passthrough: true }] }]), "/features/f/rules/0/meta"],
    [
      withRules([{ variations: [1, 2], bucketVersion: 1, filters: [{ seed: "s", ranges: [[0, 1]] }] }]),
      "/features/f/rules/0",
    ],
    [
      withRules([
        {
          variations: [1, 2],
          ranges: [
            [0.4, 0.6],
            [0, 1],
          ],
        },
      ]),
      "/features/f/rules/0/ranges",
    ],
    [{ features: {}, experiments: [{ key: "e", variations: [{}, { css: "a" }] }] }, "/experiments/0"],
    [
      { features: {}, experiments: [{ key: "e", variations: [1, 2], urlPatterns: [] }] },
      "/experiments/0/urlPatterns",
    ],
    [{ features: { e: {} }, experiments: [{ key: "e", variations: [1, 2] }] }, "/experiments/0"],
  ])("is told with its place: %j", (payload, path) => {
    expect(convertGrowthBook(payload).issues.map((issue) => issue.path)).toEqual([path]);
  });
});

describe("experiments on their own", () => {
  const run = (experiment: object, attributes: Record<string, unknown>) => {
    const value = byAttune({ features: {}, experiments: [experiment] }, "e")({ attributes });
    const client = new GrowthBookClient();
    expect(value).toEqual(client.runInlineExperiment(experiment as never, { attributes } as never).value);
    return value;
  };

  it.each([
    { variations: ["a", "b"] },
    {
      variations: ["a", "b"],
      weights: [0.1, 0.9],
      coverage: 0.5,
      meta: [{ key: "control" }, { key: "new" }],
    },
    { variations: ["a", "b"], condition: { country: "FR" } },
    { variations: ["a", "b"], namespace: ["n", 0, 0.5], hashAttribute: "company" },
    { variations: ["a", "b"], active: false },
    { variations: ["a", "b"], status: "stopped" },
    { variations: ["a", "b", "c"], force: 2, coverage: 0.5 },
    { variations: ["a", "b"], force: 7 },
    {
      variations: ["a", "b"],
      force: 1,
      ranges: [
        [0, 0.2],
        [0.2, 0.4],
      ],
    },
  ])("are slots: %j", (experiment) => {
    for (const one of people(40, { country: "DE", company: "acme" })) run({ key: "e", ...experiment }, one);
    run({ key: "e", ...experiment }, {});
  });
});

describe("sticky buckets", () => {
  const meta = [{ key: "control" }, { key: "red" }, { key: "blue" }];
  const experiment = {
    key: "exp",
    variations: ["c", "r", "b"],
    meta,
    weights: [0.3, 0.3, 0.4],
    hashVersion: 2,
  };
  const document = (
    attributeName: string,
    attributeValue: string,
    assignments: Record<string, string>,
  ): Documents => ({
    [`${attributeName}||${attributeValue}`]: { attributeName, attributeValue, assignments },
  });

  it.each<[string, object, Documents]>([
    ["nothing kept", {}, {}],
    ["what was assigned", {}, document("id", "u1", { exp__0: "blue" })],
    ["somebody else's", {}, document("id", "u2", { exp__0: "blue" })],
    ["an older version", { bucketVersion: 3 }, document("id", "u1", { exp__2: "red" })],
    [
      "a blocked version",
      { bucketVersion: 3, minBucketVersion: 3 },
      document("id", "u1", { exp__2: "red", exp__3: "blue" }),
    ],
    [
      "the present one of several",
      { bucketVersion: 3, minBucketVersion: 1 },
      document("id", "u1", { exp__2: "red", exp__3: "blue", exp__4: "red" }),
    ],
    ["a variation that is gone", {}, document("id", "u1", { exp__0: "green" })],
    ["another experiment's", {}, document("id", "u1", { other__0: "red" })],
    [
      "what targeting would not give",
      { condition: { country: "FR" } },
      document("id", "u1", { exp__0: "red" }),
    ],
    ["what a namespace would not give", { namespace: ["n", 0, 0] }, document("id", "u1", { exp__0: "red" })],
    ["what coverage would not give", { coverage: 0 }, document("id", "u1", { exp__0: "red" })],
    ["stickiness that is off", { disableStickyBucketing: true }, document("id", "u1", { exp__0: "blue" })],
    [
      "a fallback's",
      { hashAttribute: "userId", fallbackAttribute: "id" },
      document("id", "u1", { exp__0: "blue" }),
    ],
    [
      "a fallback's beside one of its own",
      { hashAttribute: "company", fallbackAttribute: "id" },
      { ...document("id", "u1", { exp__0: "blue" }), ...document("company", "acme", { exp__0: "red" }) },
    ],
    ["a fallback without a document", { hashAttribute: "userId", fallbackAttribute: "id" }, {}],
  ])("move over: %s", (_, more, documents) => {
    const payload = withRules([{ ...experiment, ...more }, { force: "next" }]);
    const asked = { attributes: { id: "u1", country: "DE", company: "acme" }, documents };
    const options = { sticky: true };
    expect(validateRuleset(fromGrowthBook(payload, options)).ok).toBe(true);
    expect(byAttune(payload, "f", options)(asked)).toEqual(byGrowthBook(payload, "f")(asked));
  });

  it("are kept by default where the payload has bucket versions", () => {
    const stickyOf = (more: object) => {
      const { policy } = fromGrowthBook(withRules([{ ...experiment, ...more }])).slots["f"] ?? {};
      return policy?.type === "rules" ? policy.rules[0]?.policy?.sticky : undefined;
    };
    expect(stickyOf({})).toBeUndefined();
    expect(stickyOf({ bucketVersion: 0 })).toEqual({});
    expect(stickyOf({ fallbackAttribute: "deviceId" })).toEqual({});
    expect(stickyOf({ bucketVersion: 2, minBucketVersion: 1 })).toEqual({
      bucketVersion: 2,
      minBucketVersion: 1,
    });
    expect(stickyOf({ bucketVersion: 2, disableStickyBucketing: true })).toBeUndefined();
  });
});

describe("names", () => {
  it("of attributes are this side's, in conditions, groups and hashes", () => {
    const payload = {
      ...withRules([
        {
          condition: { $or: [{ plan: "pro" }, { $not: { url: "x" } }], $savedGroup: { id: "g" } },
          force: 1,
          coverage: 0.5,
          hashAttribute: "account",
        },
      ]),
      savedGroups: {
        g: { type: "list", attributeKey: "plan", values: ["pro"] },
        c: { type: "condition", condition: { plan: 1 } },
        l: [1],
      },
    };
    const ruleset = fromGrowthBook(payload, {
      attributes: { plan: "traits.plan", url: "context.url", account: "context.account" },
      revision: 7,
      purposes: ["analytics"],
    });
    expect(ruleset).toMatchObject({
      revision: 7,
      groups: { g: { attributeKey: "traits.plan" }, c: { condition: { "traits.plan": 1 } }, l: [1] },
      exclusionGroups: { "f-rollout": { hashAttribute: "context.account", hashVersion: 1, seed: "f" } },
      slots: {
        f: {
          purposes: ["analytics"],
          policy: {
            rules: [{ when: { $or: [{ "traits.plan": "pro" }, { $not: { "context.url": "x" } }] } }],
          },
        },
      },
    });
    const own = fromGrowthBook(withRules([{ variations: [1, 2], hashAttribute: "deviceId" }]), {
      visitorId: "deviceId",
    });
    expect(JSON.stringify(own)).not.toContain("hashAttribute");
  });

  it("of variants are the keys of variations, or what the value reads as", () => {
    const { slots } = fromGrowthBook(
      withRules([
        { force: true },
        { force: { a: 1 } },
        { variations: ["x", "y"], meta: [{ key: "control" }, {}] },
      ]),
    );
    expect(slots["f"]?.variants).toEqual({
      default: "off",
      true: true,
      "rule-2": { a: 1 },
      control: "x",
      1: "y",
    });
  });
});
