import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isAttuneError } from "../kernel/errors.js";
import type { Condition } from "../targeting/types.js";
import { bucketRanges, chooseVariant } from "./bucket.js";
import { forcedDecision } from "./compile.js";
import { compileRuleset } from "./compile-ruleset.js";
import { emptyDecision } from "./decide.js";
import { hash } from "./hash.js";
import type { DecisionVisitor, Ruleset, SlotDefinition, SplitPolicy } from "./types.js";

const consent = {
  necessary: true,
  analytics: false,
  personalization: true,
  marketing: false,
  advertising: false,
};
const visitor = (changed: Partial<DecisionVisitor> = {}): DecisionVisitor => ({
  id: "visitor-1",
  attributes: { country: "DE", cartValue: 80, account: { id: 42 } },
  segments: { "returning-buyers": 1 },
  consent,
  ...changed,
});
const split = (changed: Partial<SplitPolicy> = {}): SplitPolicy => ({
  type: "split",
  experiment: "cta-test",
  weights: { a: 0.5, b: 0.5 },
  ...changed,
});
const slot = (changed: Partial<SlotDefinition> = {}): SlotDefinition => ({
  variants: { a: "A", b: { text: "B" } },
  fallback: "a",
  policy: split(),
  ...changed,
});
const ruleset = (slots: Record<string, SlotDefinition>): Ruleset => ({
  schemaVersion: 1,
  revision: 7,
  slots,
});
const compileOne = (definition: SlotDefinition) => {
  const compiled = compileRuleset(ruleset({ cta: definition }));
  return { compiled, decide: (about: DecisionVisitor) => compiled.decide("cta", about) };
};

describe("a split", () => {
  it("assigns by hash, with the effective weight as propensity", () => {
    const { compiled, decide } = compileOne(
      slot({ policy: split({ weights: { a: 0.25, b: 0.75 }, coverage: 0.8 }) }),
    );
    const ranges = bucketRanges([0.25, 0.75], 0.8);
    const seen = new Set<string>();
    for (let i = 0; i < 500; i++) {
      const id = `visitor-${i}`;
      const index = chooseVariant(hash("cta-test", id, 2) as number, ranges);
      const decision = decide(visitor({ id }));
      seen.add(decision.reason);
      expect(decision).toMatchObject(
        index < 0
          ? { variant: "a", value: "A", reason: "not-covered", propensity: null, isFallback: true }
          : {
              variant: ["a", "b"][index],
              reason: "split",
              propensity: [0.2, 0.6000000000000001][index],
              experiment: "cta-test",
              isFallback: false,
            },
      );
      expect(decision.rulesetVersion).toBe(compiled.version);
      expect(decision.experiment === undefined).toBe(index < 0);
    }
    expect([...seen].sort()).toEqual(["not-covered", "split"]);
  });

  it("gives the same object for the same outcome, frozen", () => {
    const { decide } = compileOne(slot());
    const first = decide(visitor());
    expect(decide(visitor())).toBe(first);
    expect(Object.isFrozen(first)).toBe(true);
  });

  it("takes the seed, the version and the attribute that it is told to", () => {
    const { decide } = compileOne(
      slot({ policy: split({ seed: "s", hashVersion: 1, hashAttribute: "account.id" }) }),
    );
    const index = chooseVariant(hash("s", "42", 1) as number, bucketRanges([0.5, 0.5]));
    expect(decide(visitor({ id: null })).variant).toBe(["a", "b"][index]);
  });

  it.each([null, "", 0, undefined])("does not bucket %j", (id) => {
    const { decide } = compileOne(slot());
    expect(decide(visitor({ id: id as never }))).toMatchObject({
      reason: "no-identity",
      variant: "a",
      propensity: null,
      isFallback: true,
    });
  });

  it("treats weights that sum to something else as equal, as the specification does", () => {
    const { decide } = compileOne(slot({ policy: split({ weights: { a: 3, b: 1 } }) }));
    expect(decide(visitor()).propensity).toBe(0.5);
  });

  it("reaches every variant at its propensity", () => {
    const { decide } = compileOne(slot({ policy: split({ weights: { a: 0.3, b: 0.7 } }) }));
    const n = 20_000;
    let b = 0;
    for (let i = 0; i < n; i++) if (decide(visitor({ id: `v${i}` })).variant === "b") b++;
    expect(Math.abs(b / n - 0.7)).toBeLessThan(0.012);
  });
});

describe("rules", () => {
  const rules = slot({
    policy: {
      type: "rules",
      rules: [
        { segment: { not: "returning-buyers" }, variant: "a" },
        { segment: ["vip", "returning-buyers"], when: { cartValue: { $gte: 100 } }, variant: "a" },
        { when: { country: "DE" }, variant: "b" },
      ],
    },
  });

  it("takes the first that matches, with propensity 1", () => {
    expect(compileOne(rules).decide(visitor())).toMatchObject({
      variant: "b",
      value: { text: "B" },
      reason: "rule",
      propensity: 1,
    });
    expect(compileOne(rules).decide(visitor({ segments: {} }))).toMatchObject({
      variant: "a",
      reason: "rule",
      isFallback: false,
    });
  });

  it("falls back where none does", () => {
    const decision = compileOne(rules).decide(visitor({ attributes: {} }));
    expect(decision).toMatchObject({ variant: "a", reason: "no-match", propensity: null, isFallback: true });
  });

  it("matches always where a rule asks for nothing", () => {
    const { decide } = compileOne(slot({ policy: { type: "rules", rules: [{ variant: "b" }] } }));
    expect(decide({ id: null, attributes: {}, consent }).variant).toBe("b");
  });
});

describe("the order in a slot", () => {
  const targeted = slot({ purposes: ["personalization", "marketing"], targeting: { country: "AT" } });

  it("asks for consent before all else: every purpose", () => {
    const { decide } = compileOne(targeted);
    expect(decide(visitor())).toMatchObject({
      reason: "consent",
      propensity: null,
      purposes: ["personalization", "marketing"],
    });
    expect(decide(visitor({ consent: { ...consent, marketing: true } })).reason).toBe("not-targeted");
    expect(
      decide(visitor({ consent: { ...consent, marketing: true }, attributes: { country: "AT" } })).reason,
    ).toBe("split");
  });

  it("needs personalization where nothing is said, and nothing where nothing is needed", () => {
    const denied = visitor({ consent: { ...consent, personalization: false } });
    expect(compileOne(slot()).decide(denied)).toMatchObject({
      reason: "consent",
      purposes: ["personalization"],
    });
    expect(compileOne(slot({ purposes: ["necessary"] })).decide(denied).reason).toBe("split");
    expect(compileOne(slot({ purposes: [] })).decide(denied).reason).toBe("split");
  });
});

describe("decide never throws", () => {
  it("says unknown-slot, also for JavaScript's own names", () => {
    const { compiled } = compileOne(slot());
    for (const name of ["nope", "__proto__", "constructor", "toString", ""]) {
      expect(compiled.decide(name, visitor())).toEqual({
        ...emptyDecision(name, "unknown-slot"),
        rulesetVersion: compiled.version,
      });
    }
  });

  it.each([
    null,
    undefined,
    5,
    {},
    { consent: null },
    {
      get consent() {
        throw new Error("no");
      },
    },
  ])("gives the fallback for a corrupt visitor (%#)", (corrupt) => {
    const { decide } = compileOne(slot());
    expect(decide(corrupt as never)).toMatchObject({
      variant: "a",
      reason: "error",
      isFallback: true,
      propensity: null,
    });
  });

  it("tells whoever wants to know which slot it was and why, and is the same where that fails", () => {
    const told: unknown[][] = [];
    const cause = new Error("no");
    const corrupt = {
      get consent() {
        throw cause;
      },
    } as never;
    const compiled = (onError: (cause: unknown, slot: string) => void) =>
      compileRuleset(ruleset({ "a/b": slot(), fine: slot() }), { onError });
    const { decide } = compiled((...failure) => void told.push(failure));
    expect(decide("fine", visitor()).isFallback).toBe(false);
    expect(told).toEqual([]);
    const decision = decide("a/b", corrupt);
    expect(decision.reason).toBe("error");
    expect(told).toEqual([[cause, "a/b"]]);
    const throwing = compiled(() => {
      throw new Error("the listener fails too");
    });
    expect(throwing.decide("a/b", corrupt)).toEqual(decision);
    expect(compileRuleset(ruleset({ "a/b": slot() }), {}).decide("a/b", corrupt).reason).toBe("error");
  });

  it("for any visitor and any condition", () => {
    fc.assert(
      fc.property(fc.anything(), fc.object(), (anyone, condition) => {
        const { decide } = compileOne(slot({ targeting: condition as Condition }));
        expect(["a", "b"]).toContain(decide(anyone as never).variant);
        expect(["a", "b"]).toContain(decide(visitor({ attributes: anyone as never })).variant);
      }),
      { numRuns: 500 },
    );
  });
});

describe("compileRuleset", () => {
  it("names a document by revision and content, the order of weights included", () => {
    const version = (definition: SlotDefinition): string =>
      compileRuleset(ruleset({ cta: definition })).version;
    const swapped = slot({ policy: split({ weights: { b: 0.5, a: 0.5 } }) });
    expect(version(slot())).toMatch(/^7-[0-9a-f]{16}$/);
    expect(version({ policy: split(), fallback: "a", variants: { b: { text: "B" }, a: "A" } })).toBe(
      version(slot()),
    );
    expect(version(swapped)).not.toBe(version(slot()));
    expect(version(slot({ fallback: "b" }))).not.toBe(version(slot()));
  });

  it("names a policy by its own content alone", () => {
    const policyVersion = (definition: SlotDefinition) =>
      compileOne(definition).decide(visitor()).policyVersion;
    expect(policyVersion(slot({ description: "other", targeting: { country: "DE" } }))).toBe(
      policyVersion(slot()),
    );
    expect(policyVersion(slot({ policy: split({ weights: { b: 0.5, a: 0.5 } }) }))).not.toBe(
      policyVersion(slot()),
    );
    expect(policyVersion(slot({ policy: split({ coverage: 0.9 }) }))).not.toBe(policyVersion(slot()));
  });

  const broken: [string, unknown, string][] = [
    ["no object", null, ""],
    ["another format", { ...ruleset({}), schemaVersion: 2 }, ""],
    ["no slots", { schemaVersion: 1, revision: 1 }, ""],
    ["an unknown fallback", ruleset({ "a/b": slot({ fallback: "c" }) }), "/slots/a~1b"],
    [
      "an unknown variant",
      ruleset({ cta: slot({ policy: split({ weights: { a: 0.5, toString: 0.5 } }) }) }),
      "/slots/cta",
    ],
    [
      "an unknown hash version",
      ruleset({ cta: slot({ policy: split({ hashVersion: 3 as never }) }) }),
      "/slots/cta",
    ],
    ["a policy that is none", ruleset({ cta: slot({ policy: {} as never }) }), "/slots/cta"],
  ];
  it.each(broken)("refuses %s, and says where", (_, document, path) => {
    let caught: unknown;
    try {
      compileRuleset(document as Ruleset);
    } catch (error) {
      caught = error;
    }
    expect(isAttuneError(caught)).toBe(true);
    expect(caught).toMatchObject({ code: "ATTUNE_DECISIONS_INVALID_RULESET", path });
  });

  it("T20: keeps hostile slot and variant names apart from prototypes", () => {
    const text = `{"schemaVersion":1,"revision":1,"slots":{"__proto__":{"variants":{"__proto__":1,"a":2},"fallback":"__proto__","policy":{"type":"rules","rules":[{"variant":"__proto__"}]}}}}`;
    const compiled = compileRuleset(JSON.parse(text) as Ruleset);
    expect(compiled.decide("__proto__", visitor())).toMatchObject({
      variant: "__proto__",
      value: 1,
      reason: "rule",
    });
    expect(({} as Record<string, unknown>)["variants"]).toBeUndefined();
  });

  it("T20: survives a condition 100,000 deep", () => {
    const deep = `${'{"$not":'.repeat(100_000)}{}${"}".repeat(100_000)}`;
    const document = { ...ruleset({ cta: slot({ targeting: JSON.parse(deep) as Condition }) }) };
    expect(() => compileRuleset(document)).toThrow(/validateRuleset/);
  });
});

describe("forcedDecision", () => {
  it("gives any variant of the slot, uncounted", () => {
    const { compiled } = compileOne(slot());
    expect(forcedDecision(compiled, "cta", "b")).toEqual({
      slot: "cta",
      variant: "b",
      value: { text: "B" },
      reason: "override",
      propensity: null,
      rulesetVersion: compiled.version,
      purposes: ["personalization"],
      isFallback: false,
    });
  });

  it("is null where there is no such slot or variant", () => {
    const { compiled } = compileOne(slot());
    expect(forcedDecision(compiled, "nope", "a")).toBeNull();
    expect(forcedDecision(compiled, "__proto__", "a")).toBeNull();
    expect(forcedDecision(compiled, "cta", "toString")).toBeNull();
  });
});
