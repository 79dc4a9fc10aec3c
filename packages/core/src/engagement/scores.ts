import type { FeatureName, FeatureVector } from "../state/features.js";
import type { Score } from "./types.js";

/** Feature, weight, and the value at which it gives half of its weight. */
type Term = readonly [feature: FeatureName, weight: number, half: number];

const ENGAGEMENT: readonly Term[] = [
  ["activeSecondsThisSession", 0.3, 90],
  ["pagesThisSession", 0.15, 4],
  ["maxScrollDepthThisSession", 0.15, 0.5],
  ["interactionsThisSession", 0.2, 4],
  ["productViewsThisSession", 0.1, 4],
  ["visitFrequency", 0.1, 1],
];

const INTENT: readonly Term[] = [
  ["cartItems", 0.25, 1],
  ["inCheckout", 0.25, 0.25],
  ["productViewsThisSession", 0.15, 4],
  ["activeSecondsThisSession", 0.1, 120],
  ["searchesThisSession", 0.05, 1],
  ["categoryFocus", 0.05, 0.5],
  ["purchases", 0.1, 1],
  ["backtrackRate", -0.02, 0.3],
  ["cartRemovals", -0.03, 2],
];

/**
 * Adds up w · x ÷ (x + h). The weights' sizes sum to 1 at most, and the base is the sum of the negative ones, so that the value stays in
 * [0, 1] and every contribution is what it says.
 */
function score(features: FeatureVector, terms: readonly Term[]): Score {
  let base = 0;
  for (const [, weight] of terms) base -= Math.min(0, weight);
  let value = base;
  const contributions = terms.map(([feature, weight, half]) => {
    const x = features[feature];
    const contribution = (weight * x) / (x + half);
    value += contribution;
    return { feature, value: x, contribution };
  });
  return { value, base, contributions };
}

/**
 * How engaged the visitor is in this session, in [0, 1]: attention, depth, deeds, and how often the visitor comes. A fixed, documented
 * sum of saturating terms, not a trained model: comparable between visitors, no probability. More of any figure never lowers it.
 */
export const engagementScore = (features: FeatureVector): Score => score(features, ENGAGEMENT);

/**
 * How close the visitor seems to a purchase, in [0, 1]: cart, checkout, products viewed, earlier purchases; going back and forth and
 * emptying the cart lower it. As {@link engagementScore}, a fixed sum, no probability.
 */
export const intentScore = (features: FeatureVector): Score => score(features, INTENT);
