import type { FeatureName } from "../state/features.js";

/** A score in [0, 1] and what made it: `base` plus the contributions is the value. */
export interface Score {
  value: number;
  base: number;
  contributions: readonly { feature: string; value: number; contribution: number }[];
}

export type BehaviourPatternName =
  | "new-visitor"
  | "browser"
  | "researcher"
  | "undecided"
  | "bargain-hunter"
  | "cart-abandoner"
  | "returning-buyer"
  | "regular";

/** A rule of thumb that the visitor's figures fit, how well they fit it in (0, 1], and which figures those were. */
export interface BehaviourPattern {
  pattern: BehaviourPatternName;
  confidence: number;
  indicators: readonly { feature: FeatureName; value: number }[];
}
