import { describe, expect, it } from "vitest";
import { NO_GRANTS } from "../consent/grants.js";
import { decider, ids, ruleset, slot, visitor } from "./any-slot.fixture.js";
import { compileRuleset } from "./compile-ruleset.js";
import { hash } from "./hash.js";

const reasons = (decide: ReturnType<typeof decider>, list: readonly string[]) =>
  new Map(list.map((id) => [id, decide({ id }).reason]));

describe("a holdout", () => {
  const held = (share: number, more: object = {}) =>
    decider(slot({ holdouts: ["quarter"] }), { holdouts: { quarter: { share, ...more } } });

  it("keeps out its share by the hash of its name, and shows the fallback", () => {
    const decide = held(0.2);
    for (const id of ids(300)) {
      const out = (hash("quarter", id, 2) as number) < 0.2;
      const decision = decide({ id });
      expect(decision.reason).toBe(out ? "holdout" : "split");
      if (out) expect(decision).toMatchObject({ variant: "a", propensity: null, isFallback: true });
    }
    expect(decide({ id: "visitor-1" })).toBe(decide({ id: "visitor-1" }));
  });

  it("lets nobody in when its share grows", () => {
    const before = reasons(held(0.2), ids(300));
    for (const [id, reason] of reasons(held(0.4), ids(300)))
      if (before.get(id) === "holdout") expect(reason).toBe("holdout");
  });

  it("is asked also of whom an earlier assignment would keep", () => {
    const sticky = slot({
      holdouts: ["quarter"],
      policy: { type: "split", experiment: "e", weights: { a: 0.5, b: 0.5 }, sticky: {} },
    });
    const assignments = { e: { variant: "b", bucketVersion: 0 } };
    expect(decider(sticky, { holdouts: { quarter: { share: 1 } } })({ assignments }).reason).toBe("holdout");
    expect(decider(sticky, { holdouts: { quarter: { share: 0 } } })({ assignments }).kept).toBe(true);
  });

  it("holds out nobody who cannot be told apart", () => {
    const rules = slot({ holdouts: ["all"], policy: { type: "rules", rules: [{ variant: "b" }] } });
    expect(decider(rules, { holdouts: { all: { share: 1 } } })({ id: null }).reason).toBe("rule");
    expect(decider(rules, { holdouts: { all: { share: 1 } } })().reason).toBe("holdout");
  });

  it("hashes what it is told to", () => {
    const decide = held(0.5, {
      seed: "s",
      hashVersion: 1,
      hashAttribute: "userId",
      fallbackAttribute: "visitorId",
    });
    const out = (text: string) => ((hash("s", text, 1) as number) < 0.5 ? "holdout" : "split");
    for (const id of ids(40)) {
      expect(decide({ id }).reason).toBe(out(id));
      expect(decide({ id, attributes: { userId: `u-${id}` } }).reason).toBe(out(`u-${id}`));
      expect(decide({ id, attributes: { visitorId: `v-${id}` } }).reason).toBe(out(`v-${id}`));
    }
  });
});

describe("exclusion groups", () => {
  const groups = { exclusionGroups: { checkout: {}, price: { seed: "p" } } };
  const inParts = (...exclusion: { group: string; ranges: [number, number][] }[]) =>
    decider(slot({ exclusion }), groups);

  it("keep experiments with disjoint parts apart, and together they cover everybody", () => {
    const [one, two] = [
      inParts({ group: "checkout", ranges: [[0, 0.5]] }),
      inParts({ group: "checkout", ranges: [[0.5, 1]] }),
    ];
    for (const id of ids(200)) {
      const both = [one({ id }).reason, two({ id }).reason].sort();
      expect(both).toEqual(["excluded", "split"]);
    }
  });

  it("must all be passed, in any of their ranges", () => {
    const decide = inParts(
      {
        group: "checkout",
        ranges: [
          [0, 0.2],
          [0.4, 0.6],
        ],
      },
      { group: "price", ranges: [[0.5, 1]] },
    );
    for (const id of ids(200)) {
      const n = hash("checkout", id, 2) as number;
      const passes = (n < 0.2 || (n >= 0.4 && n < 0.6)) && (hash("p", id, 2) as number) >= 0.5;
      expect(decide({ id }).reason).toBe(passes ? "split" : "excluded");
    }
  });

  it("have no place for who cannot be hashed", () => {
    expect(inParts({ group: "checkout", ranges: [[0, 1]] })({ id: null })).toMatchObject({
      reason: "no-identity",
      isFallback: true,
    });
  });
});

describe("prerequisites", () => {
  const parent = slot({
    variants: { off: false, on: true },
    fallback: "off",
    purposes: ["marketing"],
    policy: { type: "rules", rules: [{ when: { country: "DE" }, variant: "on" }] },
  });
  const after = (prerequisite: object) =>
    decider(slot({ prerequisites: [{ slot: "parent", ...prerequisite }] }), {}, { parent });

  it.each([
    [{ variants: ["on"] }, "DE", "split"],
    [{ variants: ["on"] }, "FR", "prerequisite"],
    [{ variants: ["off"] }, "FR", "split"],
    [{ condition: { value: true } }, "DE", "split"],
    [{ condition: { value: { $ne: true } } }, "DE", "prerequisite"],
    [{}, "DE", "prerequisite"],
  ])("%j, in %s: %s", (prerequisite, country, reason) => {
    expect(after(prerequisite)({ attributes: { country } }).reason).toBe(reason);
  });

  it("need the other slot's purposes too", () => {
    const consent = { ...NO_GRANTS, personalization: true };
    expect(after({ variants: ["off"] })({ consent, attributes: {} }).reason).toBe("prerequisite");
  });

  it("may lead over several slots, in any order of their names", () => {
    const asks = (other: string) => slot({ prerequisites: [{ slot: other, variants: ["a", "b"] }] });
    const compiled = compileRuleset(
      ruleset({ a: asks("m"), m: asks("z"), z: slot({ targeting: { country: "DE" } }) }),
    );
    expect(compiled.decide("a", visitor()).reason).toBe("split");
    const elsewhere = compiled.decide("a", visitor({ attributes: { country: "FR" } }));
    expect(elsewhere.reason).toBe("split");
    expect(
      compileRuleset(ruleset({ b: asks("c"), c: slot({ purposes: ["advertising"] }) })).decide(
        "b",
        visitor({ consent: { ...NO_GRANTS, personalization: true } }),
      ).reason,
    ).toBe("prerequisite");
  });

  it("in a circle, or of no slot, cannot be compiled", () => {
    const asks = (other: string) => slot({ prerequisites: [{ slot: other, variants: ["a"] }] });
    const refused = expect.objectContaining({ code: "ATTUNE_DECISIONS_INVALID_RULESET" });
    expect(() => compileRuleset(ruleset({ a: asks("b"), b: asks("a") }))).toThrow(refused);
    expect(() => compileRuleset(ruleset({ a: asks("a") }))).toThrow(refused);
    expect(() => compileRuleset(ruleset({ a: asks("__proto__") }))).toThrow(refused);
    expect(() => compileRuleset(ruleset({ a: slot({ holdouts: ["none"] }) }))).toThrow(refused);
  });
});

describe("the order of gates", () => {
  it("is targeting, holdouts, exclusion groups, prerequisites", () => {
    const definition = slot({
      targeting: { country: "DE" },
      holdouts: ["h"],
      exclusion: [{ group: "g", ranges: [] }],
      prerequisites: [{ slot: "other", variants: ["b"] }],
    });
    const other = slot({ policy: { type: "rules", rules: [] } });
    const reason = (share: number, country: string, ranges: [number, number][]) =>
      decider(
        { ...definition, exclusion: [{ group: "g", ranges }] },
        { holdouts: { h: { share } }, exclusionGroups: { g: {} } },
        { other },
      )({ attributes: { country } }).reason;
    expect(reason(1, "FR", [])).toBe("not-targeted");
    expect(reason(1, "DE", [])).toBe("holdout");
    expect(reason(0, "DE", [])).toBe("excluded");
    expect(reason(0, "DE", [[0, 1]])).toBe("prerequisite");
  });
});

describe("rules with gates and policies", () => {
  const decide = decider(
    slot({
      variants: { a: "A", b: "B", c: "C" },
      policy: {
        type: "rules",
        rules: [
          { when: { country: "FR" }, segment: "vip", variant: "c" },
          { exclusion: [{ group: "g", ranges: [[0, 0.5]] }], holdouts: ["h"], variant: "b" },
          { policy: { type: "split", experiment: "inner", weights: { a: 0.5, c: 0.5 }, coverage: 0.5 } },
          { when: { country: "DE" }, variant: "a" },
        ],
      },
    }),
    { exclusionGroups: { g: {} }, holdouts: { h: { share: 0.5 } } },
  );

  it("leave a visitor whom they refuse, or assign nothing, to the next rule", () => {
    for (const id of ids(200)) {
      const decision = decide({ id });
      const second = (hash("g", id, 2) as number) < 0.5 && (hash("h", id, 2) as number) >= 0.5;
      const n = hash("inner", id, 2) as number;
      const covered = n < 0.25 || (n >= 0.5 && n < 0.75);
      expect(decision).toMatchObject(
        second
          ? { variant: "b", reason: "rule", propensity: 1 }
          : covered
            ? {
                variant: n < 0.5 ? "a" : "c",
                reason: "split",
                propensity: 0.25,
                experiment: "inner",
                isFallback: false,
              }
            : { variant: "a", reason: "rule" },
      );
    }
    expect(decide({ id: null }).reason).toBe("rule");
    expect(decide({ id: null, attributes: {} }).reason).toBe("no-match");
    expect(decide({ attributes: { country: "FR" }, segments: { vip: 1 } }).variant).toBe("c");
  });
});
