import { describe, expect, it } from "vitest";
import { NO_GRANTS } from "../consent/grants.js";
import { decider, slot } from "./any-slot.fixture.js";
import type { Assignment, SlotDefinition, SplitPolicy, Sticky } from "./types.js";

const sticky = (rules: Sticky = {}, more: Partial<SplitPolicy> = {}, gates: Partial<SlotDefinition> = {}) =>
  decider(
    slot({
      ...gates,
      policy: { type: "split", experiment: "e", weights: { a: 1, b: 0 }, sticky: rules, ...more },
    }),
    { exclusionGroups: { g: {} } },
    { other: slot({ policy: { type: "rules", rules: [] } }) },
  );
const shown = (changed: Partial<Assignment> = {}) => ({
  assignments: { e: { variant: "b", bucketVersion: 0, ...changed } },
});

describe("a sticky assignment", () => {
  it("is kept whatever becomes of weights: nothing is drawn", () => {
    const decide = sticky();
    expect(decide()).toMatchObject({ variant: "a", propensity: 1, bucketVersion: 0, reason: "split" });
    expect(decide().kept).toBeUndefined();
    const kept = decide(shown());
    expect(kept).toMatchObject({
      ...{ variant: "b", value: "B", reason: "split", experiment: "e", bucketVersion: 0 },
      ...{ kept: true, propensity: null, isFallback: false },
    });
    expect(decide(shown())).toBe(kept);
    expect(Object.isFrozen(kept)).toBe(true);
  });

  it("is asked for nothing but consent: not targeting, exclusion, prerequisites, coverage or an id", () => {
    const decide = sticky(
      {},
      { coverage: 0 },
      {
        targeting: { country: "AT" },
        exclusion: [{ group: "g", ranges: [] }],
        prerequisites: [{ slot: "other", variants: ["b"] }],
      },
    );
    expect(decide().reason).toBe("not-targeted");
    expect(decide({ ...shown(), id: null }).kept).toBe(true);
    expect(decide({ ...shown(), consent: NO_GRANTS })).toMatchObject({ reason: "consent", variant: "a" });
  });

  it("is not read where the experiment is not sticky, and never written", () => {
    const policy = { type: "split", experiment: "e", weights: { a: 1, b: 0 } } as const;
    expect(decider(slot({ policy }))(shown()).variant).toBe("a");
    const assignments = Object.freeze({});
    sticky()({ assignments });
    expect(assignments).toEqual({});
  });

  it("of another bucket version is made anew, unless it is below the least", () => {
    const decide = sticky({ bucketVersion: 3, minBucketVersion: 2 });
    expect(decide(shown({ bucketVersion: 3 })).kept).toBe(true);
    expect(decide(shown({ bucketVersion: 2 }))).toMatchObject({
      variant: "a",
      bucketVersion: 3,
      propensity: 1,
    });
    expect(decide(shown({ bucketVersion: 4 })).kept).toBeUndefined();
    expect(decide(shown({ bucketVersion: 1 }))).toMatchObject({
      ...{ reason: "superseded", variant: "a", isFallback: true, propensity: null },
    });
  });

  it("of a variant that is gone is made anew", () => {
    expect(sticky()(shown({ variant: "gone" }))).toMatchObject({ variant: "a", propensity: 1 });
    expect(sticky()(shown({ variant: "toString" })).variant).toBe("a");
    expect(sticky()({ assignments: JSON.parse('{"e":{}}') as never }).variant).toBe("a");
  });

  it.each([
    ["keep-first", "b", "split"],
    ["keep-known", "a", "split"],
    ["exclude", "a", "conflict"],
  ] as const)("of two variants: %s", (onConflict, variant, reason) => {
    const decide = sticky({ onConflict });
    expect(decide(shown({ conflict: true, known: "a" }))).toMatchObject({ variant, reason });
    expect(decide(shown({ known: "b" }))).toMatchObject({ variant: "b", kept: true });
    expect(decide(shown())).toMatchObject({ variant: "b", kept: true });
  });

  it("that is out leaves a visitor to the next rule", () => {
    const decide = decider(
      slot({
        policy: {
          type: "rules",
          rules: [
            {
              when: { country: "AT" },
              policy: {
                type: "bandit",
                experiment: "e",
                shares: { a: 1, b: 0 },
                sticky: { bucketVersion: 1, minBucketVersion: 1 },
              },
            },
            { variant: "a" },
          ],
        },
      }),
    );
    expect(decide(shown({ bucketVersion: 1 }))).toMatchObject({ reason: "bandit", variant: "b", kept: true });
    expect(decide(shown())).toMatchObject({ reason: "rule", variant: "a" });
  });
});
