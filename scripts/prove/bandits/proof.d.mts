import type * as Bandits from "../../../packages/core/src/bandits/index.js";

interface Mean {
  mean: number;
  /** Of the mean. */
  error: number;
}

export function banditFigures(
  bandits: typeof Bandits,
  options: {
    runs: number;
    contextualRuns: number;
    rounds: number;
    contextualRounds?: number;
    others: number;
    every?: number;
    onProgress?: (text: string) => void;
  },
): Promise<{
  regret: Readonly<Record<string, Mean & { runs: number }>>;
  share: Readonly<Record<string, Mean & { runs: number }>>;
  found: Readonly<Record<"still" | "switched" | "plain still" | "plain switched", Mean>>;
  logistic: Mean;
  linear: Mean;
  forgetting: Mean;
}>;
