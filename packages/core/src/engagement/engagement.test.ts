import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FEATURES, type FeatureName, type FeatureVector, features, initialState } from "../state/index.js";
import { behaviourPatterns, engagementScore, intentScore } from "./index.js";

const vector = (figures: Partial<Record<FeatureName, number>>): FeatureVector => ({
  ...features(initialState()),
  ...figures,
});
/** Any vector that lies in the declared ranges. */
const anyVector = fc
  .tuple(
    ...FEATURES.map(({ range: [min, max] }) =>
      fc.oneof(fc.constant(min), fc.constant(max), fc.double({ min, max: Math.min(max, 100), noNaN: true })),
    ),
  )
  .map((values) => vector(Object.fromEntries(FEATURES.map(({ name }, i) => [name, values[i] as number]))));

describe.each([
  ["engagement", engagementScore],
  ["intent", intentScore],
])("%s score", (_name, score) => {
  it("lies in [0, 1] and is the sum of its parts", () => {
    fc.assert(
      fc.property(anyVector, (figures) => {
        const { value, base, contributions } = score(figures);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(
          Math.abs(contributions.reduce((sum, { contribution }) => sum + contribution, base) - value),
        ).toBeLessThan(1e-12);
        for (const { feature, value: figure } of contributions)
          expect(figure).toBe(figures[feature as FeatureName]);
      }),
    );
  });

  it("moves with each figure in the direction of its contribution only", () => {
    fc.assert(
      fc.property(anyVector, fc.double({ min: 0.01, max: 50, noNaN: true }), (figures, more) => {
        for (const { feature } of score(figures).contributions) {
          const name = feature as FeatureName;
          const before = score(figures).value;
          const after = score({ ...figures, [name]: figures[name] + more }).value;
          if (name === "backtrackRate" || name === "cartRemovals")
            expect(after).toBeLessThanOrEqual(before + 1e-12);
          else expect(after).toBeGreaterThanOrEqual(before - 1e-12);
        }
      }),
    );
  });
});

describe("scores order visitors as people would", () => {
  it("by engagement", () => {
    const bounce = engagementScore(vector({ sessions: 1, pagesThisSession: 1 })).value;
    const reader = engagementScore(
      vector({ pagesThisSession: 4, activeSecondsThisSession: 180, maxScrollDepthThisSession: 0.9 }),
    ).value;
    expect(engagementScore(vector({})).value).toBe(0);
    expect(bounce).toBeLessThan(0.1);
    expect(reader).toBeGreaterThan(0.3);
  });

  it("by intent", () => {
    const looking = intentScore(vector({ productViewsThisSession: 3 })).value;
    const cart = intentScore(vector({ productViewsThisSession: 3, cartItems: 2 })).value;
    const checkout = intentScore(vector({ productViewsThisSession: 3, cartItems: 2, inCheckout: 1 })).value;
    expect(looking).toBeLessThan(cart);
    expect(cart).toBeLessThan(checkout);
  });
});

describe("behaviour patterns", () => {
  const best = (figures: Partial<Record<FeatureName, number>>) => behaviourPatterns(vector(figures))[0];

  it("name the rule that fits and the figures it read", () => {
    expect(best({ sessions: 1 })).toEqual({
      pattern: "new-visitor",
      confidence: 1,
      indicators: [
        { feature: "sessions", value: 1 },
        { feature: "purchases", value: 0 },
      ],
    });
    expect(best({ sessions: 3, cartItems: 2, cartIdleDays: 2 })?.pattern).toBe("cart-abandoner");
    expect(best({ sessions: 2, productViews: 9, discountShare: 0.8 })?.pattern).toBe("bargain-hunter");
    expect(best({ sessions: 2, purchases: 1 })?.pattern).toBe("returning-buyer");
    expect(
      best({ sessions: 2, productViewsThisSession: 7, averageActiveSecondsPerPage: 60, categoryFocus: 0.9 })
        ?.pattern,
    ).toBe("researcher");
    expect(best({ sessions: 2, pagesThisSession: 9 })?.pattern).toBe("browser");
  });

  it("are few, ordered, and sure of themselves only within (0, 1]", () => {
    fc.assert(
      fc.property(anyVector, (figures) => {
        const found = behaviourPatterns(figures).map(({ confidence }) => confidence);
        for (const confidence of found) expect(confidence > 0 && confidence <= 1).toBe(true);
        expect(found).toEqual([...found].sort((a, b) => b - a));
      }),
    );
  });
});
