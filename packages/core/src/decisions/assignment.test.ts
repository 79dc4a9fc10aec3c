import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decider, ids, ruleset, slot } from "./any-slot.fixture.js";
import { coveredShare, coveredShares } from "./assignment.js";
import { bucketRanges, chooseVariant } from "./bucket.js";
import { compileRuleset } from "./compile-ruleset.js";
import { forcedDecision } from "./compile.js";
import { hash } from "./hash.js";
import type { AssignmentPolicy, FactorialPolicy } from "./types.js";
import { variantDecision } from "./variant-decision.js";
import { armsOf, reachableVariants, variantsOf } from "./variants-of.js";

const drawn = (experiment: string, id: string): number => hash(experiment, id, 2) as number;

describe("a bandit", () => {
  const bandit = (shares: Record<string, number>, more: object = {}) =>
    decider(slot({ policy: { type: "bandit", experiment: "e", shares, ...more } }));

  it("draws by its shares, which are its propensities", () => {
    const decide = bandit({ a: 0.1, b: 0.9 }, { coverage: 0.5 });
    const ranges = bucketRanges([0.1, 0.9], 0.5);
    for (const id of ids(200)) {
      const index = chooseVariant(drawn("e", id), ranges);
      expect(decide({ id })).toMatchObject(
        index < 0
          ? { reason: "not-covered", isFallback: true }
          : {
              reason: "bandit",
              variant: ["a", "b"][index],
              propensity: [0.05, 0.45][index],
              experiment: "e",
            },
      );
    }
    expect(decide({ id: "visitor-3" })).toBe(decide({ id: "visitor-3" }));
  });

  it("moves no more people than an update moves shares", () => {
    const [before, after] = [bandit({ a: 0.5, b: 0.5 }), bandit({ a: 0.6, b: 0.4 })];
    const moved = ids(10_000).filter((id) => before({ id }).variant !== after({ id }).variant);
    expect(moved.length / 10_000).toBeCloseTo(0.1, 1.7);
    expect(before().policyVersion).not.toBe(after().policyVersion);
  });
});

describe("a split with ranges", () => {
  it("goes by them, and their widths are its propensities", () => {
    const decide = decider(
      slot({
        policy: {
          type: "split",
          experiment: "e",
          weights: { a: 0.5, b: 0.5 },
          ranges: { b: [0.125, 0.25], a: [0.75, 1] },
        },
      }),
    );
    for (const id of ids(300)) {
      const n = drawn("e", id);
      const expected =
        n >= 0.75
          ? { variant: "a", propensity: 0.25 }
          : n >= 0.125 && n < 0.25
            ? { variant: "b", propensity: 0.125 }
            : { reason: "not-covered" };
      expect(decide({ id })).toMatchObject(expected);
    }
  });
});

describe("what cannot be decided by", () => {
  it.each<object>([
    { type: "bandit", experiment: "e", shares: { a: 1 }, hashVersion: 3 },
    { type: "bandit", experiment: "e", shares: { gone: 1 } },
    {
      type: "factorial",
      experiment: "e",
      factors: Object.fromEntries([..."abcdefghijk"].map((name) => [name, { x: 1, y: 2 }])),
    },
    { type: "tree", arms: {} },
  ])("is refused when it is compiled: %j", (policy) => {
    expect(() => decider(slot({ policy: policy as AssignmentPolicy }))).toThrow(
      expect.objectContaining({ code: "ATTUNE_DECISIONS_INVALID_RULESET", path: "/slots/cta" }),
    );
  });

  it("is nobody's where a variant has no range", () => {
    const policy = {
      type: "split",
      experiment: "e",
      weights: { a: 0.5, b: 0.5 },
      ranges: { a: [0, 0.5] },
    } as const;
    const variants = new Set(ids(50).map((id) => decider(slot({ policy }))({ id }).reason));
    expect([...variants].sort()).toEqual(["not-covered", "split"]);
  });
});

const FULL: FactorialPolicy = {
  type: "factorial",
  experiment: "page",
  factors: {
    title: { short: "Hi", long: "Hello" },
    button: { red: { colour: "red" }, blue: { colour: "blue" }, none: null },
  },
};
const page = (policy: FactorialPolicy) =>
  slot({ variants: { old: { title: "?", button: null } }, fallback: "old", policy });

describe("a factorial policy", () => {
  it("gives each visitor one level of each factor, every combination alike", () => {
    const decide = decider(page(FULL));
    const seen = new Map<string, number>();
    for (const id of ids(3000)) {
      const { variant, value, reason, propensity, isFallback } = decide({ id });
      expect([reason, propensity, isFallback]).toEqual(["factorial", 1 / 6, false]);
      seen.set(
        `${variant} ${JSON.stringify(value)}`,
        (seen.get(`${variant} ${JSON.stringify(value)}`) ?? 0) + 1,
      );
    }
    expect([...seen.keys()].sort()).toEqual([
      'title:long,button:blue {"title":"Hello","button":{"colour":"blue"}}',
      'title:long,button:none {"title":"Hello","button":null}',
      'title:long,button:red {"title":"Hello","button":{"colour":"red"}}',
      'title:short,button:blue {"title":"Hi","button":{"colour":"blue"}}',
      'title:short,button:none {"title":"Hi","button":null}',
      'title:short,button:red {"title":"Hi","button":{"colour":"red"}}',
    ]);
    for (const count of seen.values()) expect(Math.abs(count - 500)).toBeLessThan(90);
  });

  it("shows its fallback where it decides nothing", () => {
    expect(decider(page({ ...FULL, coverage: 0 }))()).toMatchObject({
      ...{ reason: "not-covered", variant: "old", isFallback: true },
    });
  });

  it("is forced, kept and told again by the names of its combinations", () => {
    const compiled = compileRuleset(ruleset({ page: page({ ...FULL, sticky: {} }) }));
    const name = "title:long,button:none";
    expect(forcedDecision(compiled, "page", name)).toMatchObject({
      reason: "override",
      value: { title: "Hello", button: null },
    });
    expect(forcedDecision(compiled, "page", "title:long")).toBeNull();
    expect(variantDecision(compiled, "page", name)).toMatchObject({ reason: "factorial", propensity: 1 / 6 });
    expect(
      decider(page({ ...FULL, sticky: {} }))({ assignments: { page: { variant: name, bucketVersion: 0 } } }),
    ).toMatchObject({ variant: name, kept: true });
  });
});

const POLICIES: AssignmentPolicy[] = [
  {
    type: "split",
    experiment: "e",
    weights: { a: 0.25, b: 0.75 },
    coverage: 0.5,
    sticky: { bucketVersion: 2 },
  },
  { type: "split", experiment: "e", weights: { a: 0.5, b: 0.5 }, ranges: { a: [0, 0.25], b: [0.5, 1] } },
  { type: "bandit", experiment: "e", shares: { b: 0.125, a: 0.875 } },
  FULL,
];

describe("what is assigned, told again by its variant alone", () => {
  it.each(POLICIES.map((policy) => [policy.type, policy] as const))("is the same: %s", (_, policy) => {
    const definition = slot({ policy });
    const compiled = compileRuleset(ruleset({ cta: definition }));
    const decide = decider(definition);
    for (const id of ids(60)) {
      const decision = decide({ id });
      if (decision.isFallback) continue;
      expect(variantDecision(compiled, "cta", decision.variant)).toEqual({
        ...decision,
        rulesetVersion: compiled.version,
      });
      expect(reachableVariants(policy)).toContain(decision.variant);
      expect(Object.hasOwn(variantsOf(definition), decision.variant as string)).toBe(true);
    }
  });

  it("is the same in rules", () => {
    const policy = { type: "bandit", experiment: "e", shares: { b: 1, gone: 0 } } as const;
    const rules = { type: "rules", rules: [{ when: { country: "AT" }, variant: "a" }, { policy }] } as const;
    const definition = slot({ variants: { a: 1, b: 2, gone: 3 }, policy: rules });
    const compiled = compileRuleset(ruleset({ cta: definition }));
    expect(variantDecision(compiled, "cta", "b")).toEqual({
      ...decider(definition)(),
      rulesetVersion: compiled.version,
    });
    expect(variantDecision(compiled, "cta", "a").reason).toBe("rule");
    expect(reachableVariants(rules)).toEqual(["a", "b"]);
    expect(armsOf(policy)).toEqual({ b: 1, gone: 0 });
  });
});

describe("whom a policy covers", () => {
  it("is divided by its propensities", () => {
    for (const policy of POLICIES) {
      const covered = coveredShare(policy);
      const shares = coveredShares(policy);
      const decide = decider(slot({ policy }));
      for (const id of ids(60)) {
        const { variant, propensity } = decide({ id });
        if (propensity !== null)
          expect(covered * (shares[variant as string] as number)).toBeCloseTo(propensity, 12);
      }
      expect(Object.values(shares).reduce<number>((sum, share) => sum + (share as number), 0)).toBeCloseTo(
        1,
        12,
      );
    }
  });

  it("are shares by weight where ranges cover nobody, as at a coverage of 0", () => {
    const split = { type: "split", experiment: "e", weights: { a: 0.3, b: 0.7 } } as const;
    for (const none of [{ ranges: { a: [0.5, 0.5] } }, { coverage: 0 }] as const) {
      expect(coveredShare({ ...split, ...none })).toBe(0);
      expect(coveredShares({ ...split, ...none })).toEqual(split.weights);
    }
  });
});

describe("a policy's version", () => {
  it("follows every order that means something, and no other", () => {
    const version = (policy: AssignmentPolicy) => decider(slot({ policy }))().policyVersion;
    const bandit = { type: "bandit", experiment: "e", shares: { a: 0.5, b: 0.5 } } as const;
    expect(version({ shares: bandit.shares, experiment: "e", type: "bandit" })).toBe(version(bandit));
    expect(version({ ...bandit, shares: { b: 0.5, a: 0.5 } })).not.toBe(version(bandit));
    const { title, button } = FULL.factors as { title: object; button: object };
    const swapped = [
      { button, title },
      { title: { long: "Hello", short: "Hi" }, button },
    ];
    const versions = [FULL.factors, ...swapped].map((factors) =>
      version({ ...FULL, factors } as FactorialPolicy),
    );
    expect(new Set(versions).size).toBe(3);
  });
});

describe("any ruleset that assigns", () => {
  it("decides the same variant each time, at a propensity that is its share", () => {
    const weights = fc
      .array(fc.integer({ min: 0, max: 10 }), { minLength: 2, maxLength: 5 })
      .filter((list) => list.some((n) => n > 0));
    fc.assert(
      fc.property(weights, fc.double({ min: 0, max: 1, noNaN: true }), fc.string(), (list, coverage, id) => {
        const total = list.reduce((sum, n) => sum + n, 0);
        const shares = Object.fromEntries(list.map((n, i) => [`v${i}`, n / total]));
        const variants = Object.fromEntries(list.map((n, i) => [`v${i}`, n]));
        const decide = decider({
          variants,
          fallback: "v0",
          policy: { type: "bandit", experiment: "e", shares, coverage, sticky: {} },
        });
        const decision = decide({ id });
        expect(decide({ id })).toBe(decision);
        if (!decision.isFallback)
          expect(decision.propensity).toBeCloseTo(
            coverage * (shares[decision.variant as string] as number),
            12,
          );
      }),
      { numRuns: 100 },
    );
  });
});
