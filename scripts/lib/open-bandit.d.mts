import type * as Bandits from "../../packages/core/src/bandits/index.js";
import type * as Stats from "../../packages/core/src/stats/index.js";

/** One decision of the Open Bandit Dataset. */
export interface RecordedDecision {
  item: number;
  /** From 1. */
  position: number;
  click: number;
  propensity: number;
}

export function decisionsOf(folder: string, policy: "random" | "bts"): RecordedDecision[];
export function isOpenBanditAt(folder: string): boolean;
export function openBanditFunctions(
  library: { stats: typeof Stats; bandits: typeof Bandits },
  folder: string,
): Record<string, (input: Record<string, unknown>) => unknown>;
