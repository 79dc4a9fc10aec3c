import type { FeatureName, FeatureVector } from "../state/features.js";
import type { BehaviourPattern, BehaviourPatternName } from "./types.js";

/** Not at all at `from`, fully at `to`, linear between; `from` above `to` asks for small values. */
type Ramp = readonly [feature: FeatureName, from: number, to: number];

const RULES: readonly (readonly [BehaviourPatternName, ...Ramp[]])[] = [
  ["new-visitor", ["sessions", 2, 1], ["purchases", 1, 0]],
  ["browser", ["pagesThisSession", 2, 8], ["searchesThisSession", 2, 0], ["cartItems", 1, 0]],
  [
    "researcher",
    ["productViewsThisSession", 1, 6],
    ["averageActiveSecondsPerPage", 10, 40],
    ["categoryFocus", 0.3, 0.7],
  ],
  ["undecided", ["pagesThisSession", 3, 8], ["backtrackRate", 0.1, 0.4]],
  ["bargain-hunter", ["productViews", 1, 5], ["discountShare", 0.25, 0.7]],
  ["cart-abandoner", ["cartItems", 0, 1], ["cartIdleDays", 0.02, 0.5]],
  ["returning-buyer", ["purchases", 0, 1], ["sessions", 1, 2]],
  ["regular", ["sessions", 2, 6], ["visitFrequency", 0.5, 2]],
];

/**
 * Which patterns of behaviour the figures fit, best first; none that do not fit at all. Rules of thumb, not learned: each asks a few
 * features to lie on a ramp, and the confidence is the least of them (the fuzzy AND of Zadeh 1965): a degree of fit, no probability.
 */
export function behaviourPatterns(features: FeatureVector): BehaviourPattern[] {
  const found: BehaviourPattern[] = [];
  for (const [pattern, ...ramps] of RULES) {
    const confidence = leastOf(ramps, features);
    // Most do not fit, and their indicators need not be gathered.
    if (confidence > 0) {
      const indicators = ramps.map(([feature]) => ({ feature, value: features[feature] }));
      found.push({ pattern, confidence, indicators });
    }
  }
  return found.sort((a, b) => b.confidence - a.confidence);
}

function leastOf(ramps: readonly Ramp[], features: FeatureVector): number {
  let least = 1;
  for (const [feature, from, to] of ramps)
    least = Math.min(least, Math.max(0, (features[feature] - from) / (to - from)));
  return least;
}
