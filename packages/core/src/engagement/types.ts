/** A score in [0, 1] and what made it; `base` plus the contributions is the value. */
export interface Score {
  value: number;
  base: number;
  contributions: readonly { feature: string; value: number; contribution: number }[];
}
