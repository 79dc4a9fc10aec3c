import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { probabilityToBeBestMean } from "../stats/index.js";
import { decider, ids, slot } from "./any-slot.fixture.js";
import { bucketRanges, chooseVariant } from "./bucket.js";
import { contextReader, contextualShares, scoreOf } from "./contextual.js";
import { hash } from "./hash.js";
import { probabilityHighest } from "./highest-score.js";
import type { ContextualPolicy } from "./types.js";

const score = fc.record({
  mean: fc.double({ min: -5, max: 5, noNaN: true }),
  sd: fc.double({ min: 0.05, max: 3, noNaN: true }),
});

describe("the probability of having the highest score", () => {
  it("is that of a quadrature with far more points", () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 6 }), (scores) => {
        const ours = probabilityHighest(scores);
        for (const [i, best] of probabilityToBeBestMean(scores).best.entries())
          expect(Math.abs((ours[i] as number) - best)).toBeLessThan(1e-5);
        expect(ours.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }),
      { numRuns: 200 },
    );
  });

  it("is plain for scores that are sure", () => {
    expect(
      probabilityHighest([
        { mean: 1, sd: 0 },
        { mean: 1, sd: 0 },
      ]),
    ).toEqual([0.5, 0.5]);
    expect(probabilityHighest([{ mean: 1, sd: 0 }])).toEqual([1]);
    const [low, high] = probabilityHighest([
      { mean: 0, sd: 0 },
      { mean: 1, sd: 0 },
    ]) as [number, number];
    expect(low).toBeLessThan(1e-9);
    expect(high).toBeCloseTo(1, 9);
    const [sure, unsure] = probabilityHighest([
      { mean: 0, sd: 0 },
      { mean: 0, sd: 1 },
    ]) as [number, number];
    expect(sure).toBeCloseTo(0.5, 3);
    expect(unsure).toBeCloseTo(0.5, 3);
  });

  it("is the same whatever is added to all, or multiplies them", () => {
    const scores = [
      { mean: 0.5, sd: 1 },
      { mean: 0, sd: 2 },
      { mean: -1, sd: 0.25 },
    ];
    const moved = probabilityHighest(scores.map(({ mean, sd }) => ({ mean: 4 * mean + 64, sd: 4 * sd })));
    for (const [i, share] of probabilityHighest(scores).entries()) expect(moved[i]).toBeCloseTo(share, 12);
  });

  it("is equal shares for scores that are no numbers", () => {
    expect(
      probabilityHighest([
        { mean: Number.NaN, sd: 1 },
        { mean: 0, sd: 1 },
      ]),
    ).toEqual([0.5, 0.5]);
    expect(
      probabilityHighest([
        { mean: 1e308, sd: 1 },
        { mean: -1e308, sd: 1 },
      ]),
    ).toEqual([0.5, 0.5]);
  });

  it("T33: is the same to the last bit wherever it is worked out", () => {
    const shares = probabilityHighest([
      { mean: 0.1, sd: 1 },
      { mean: -0.2, sd: 0.5 },
      { mean: 0.05, sd: 0.125 },
    ]);
    expect(shares).toEqual(GOLDEN);
  });
});

/** Made by this code; every engine has to come to them. */
const GOLDEN = [0.47998686140632857, 0.1862456317504327, 0.3337675068432387];

const policy: ContextualPolicy = {
  type: "contextual",
  experiment: "offer",
  context: [{ attribute: "cartValue", centre: 50, scale: 25 }, { attribute: "scores.intent" }],
  arms: {
    a: { mean: [0, 0, 0], covariance: [0.04, 0, 0.04, 0, 0, 0.04] },
    b: { mean: [0, 0.5, 0.25], covariance: [0.04, 0.01, 0.09, 0, 0.02, 0.25] },
  },
};

describe("a contextual policy", () => {
  it("reads its context, with the centre for what is not there", () => {
    const read = contextReader(policy.context);
    expect(read({ cartValue: 100, scores: { intent: 0.5 } })).toEqual([1, 2, 0.5]);
    expect(read({})).toEqual([1, 0, 0]);
    expect(read({ cartValue: "100", scores: null })).toEqual([1, 0, 0]);
    expect(read({ cartValue: Number.NaN, scores: { intent: Number.POSITIVE_INFINITY } })).toEqual([1, 0, 0]);
  });

  it("believes of a score what its weights' covariance says", () => {
    expect(scoreOf({ mean: [1, 2], covariance: [4, 1, 9] }, [1, 3])).toEqual({
      mean: 7,
      sd: Math.sqrt(4 + 2 * 3 * 1 + 81),
    });
  });

  it("draws by the visitor's own shares, and that share is the propensity", () => {
    const decide = decider(slot({ policy: { ...policy, coverage: 0.75 } }));
    const seen = new Set<string>();
    for (const [i, id] of ids(100).entries()) {
      const attributes = { cartValue: i * 2, scores: { intent: i / 100 } };
      const shares = contextualShares(policy)(attributes);
      const index = chooseVariant(hash("offer", id, 2) as number, bucketRanges(shares, 0.75));
      const decision = decide({ id, attributes });
      seen.add(decision.reason);
      expect(Object.isFrozen(decision)).toBe(true);
      expect(decision).toMatchObject(
        index < 0
          ? { reason: "not-covered", propensity: null }
          : {
              reason: "contextual",
              variant: ["a", "b"][index],
              propensity: 0.75 * (shares[index] as number),
            },
      );
    }
    expect([...seen].sort()).toEqual(["contextual", "not-covered"]);
    expect(decide({ id: null }).reason).toBe("no-identity");
  });

  it("prefers what the context speaks for, and leaves every arm its floor", () => {
    const shares = contextualShares(policy);
    const [, much] = shares({ cartValue: 500 }) as [number, number];
    const [, little] = shares({ cartValue: -400 }) as [number, number];
    expect(much).toBeGreaterThan(0.9);
    expect(little).toBeLessThan(0.1);
    expect(shares({ cartValue: -400, scores: { intent: -200 } })[1]).toBeGreaterThanOrEqual(0.01);
    expect(contextualShares({ ...policy, floor: 0.5 })({ cartValue: 500 })).toEqual([0.5, 0.5]);
    expect(contextualShares({ ...policy, floor: 0.9 })({ cartValue: 500 })).toEqual([0.5, 0.5]);
  });

  it("survives any attribute", () => {
    fc.assert(
      fc.property(fc.anything(), (cartValue) => {
        const shares = contextualShares(policy)({ cartValue });
        for (const share of shares) expect(share).toBeGreaterThanOrEqual(0.01 - 1e-12);
      }),
    );
    expect(contextualShares(policy)({ cartValue: 1e308 })).toEqual([0.5, 0.5]);
  });
});
