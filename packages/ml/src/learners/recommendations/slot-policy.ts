import type { RecommendedPolicy } from "@attune/core/decisions";
import { requireInput } from "../require-input.js";
import { closeness } from "./item-memory.js";
import type { Recommender } from "./types.js";

/** What a ruleset takes. */
const MOST_PAIRS = 50;
const MOST_VARIANTS = 100;

export interface SlotPolicyOptions {
  /** The slot's variants that are to be ranked, named as the items are; 1 to 100. */
  readonly variants: readonly string[];
  /** Paths of attributes that name items, what matters most first: `recentCategory`, `topCategory`, or a list of the host's own in the context of a decision, as in `context.viewed`. */
  readonly history: readonly string[];
  /** How many the decision's `ranking` tells (default 5). */
  readonly limit?: number;
  /** Whether what was looked at already is ranked, too (default false). */
  readonly keepSeen?: boolean;
  /** The most items that a variant is kept to go with, 1 to 50 (default 20): all of it is part of every page's ruleset. */
  readonly neighbours?: number;
}

/** Enough to tell variants apart, in few bytes. */
const short = (value: number): number => Math.round(value * 1e4) / 1e4;

/**
 * What a recommender knows of a slot's variants, as the policy of that slot: plain data for a ruleset, by which page and server come to the same ranking. It ranks as `recommend` does with the variants as
 * candidates, but for variants of which nothing is known, which it leaves out, and for the rounding to four digits. What is learned later takes effect with the next ruleset. O(items × neighbours).
 *
 * @throws AttuneError `ATTUNE_ML_INPUT`
 */
export function recommendedPolicy(
  recommender: Recommender,
  { variants, history, limit, keepSeen, neighbours = 20 }: SlotPolicyOptions,
): RecommendedPolicy {
  requireInput(
    variants.length >= 1 && variants.length <= MOST_VARIANTS,
    "/options/variants",
    `Name 1 to ${MOST_VARIANTS} variants.`,
  );
  requireInput(
    Number.isInteger(neighbours) && neighbours >= 1 && neighbours <= MOST_PAIRS,
    "/options/neighbours",
    `Give an integer from 1 to ${MOST_PAIRS}.`,
  );
  requireInput(history.length >= 1, "/options/history", "Name an attribute that tells what was looked at.");
  const { items } = recommender.toJSON();
  const weights = new Map(items.map(([name, weight]) => [name, weight]));
  let all = 0;
  for (const weight of weights.values()) all += weight;
  const pairs = new Map<string, [item: string, share: number][]>(variants.map((name) => [name, []]));
  for (const [item, weight, others] of items)
    for (const [other, together] of others) {
      const share = short(closeness(together, weight, weights.get(other) ?? 0));
      pairs.get(other)?.push([item, share]);
    }
  const arms = variants.map((name) => {
    const strongest = (pairs.get(name) ?? [])
      .filter(([, share]) => share > 0)
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, neighbours);
    const popularity = all === 0 ? 0 : short((weights.get(name) ?? 0) / all);
    return [
      name,
      { popularity, ...(strongest.length > 0 && { with: Object.fromEntries(strongest) }) },
    ] as const;
  });
  return {
    ...{ type: "recommended", history, arms: Object.fromEntries(arms) },
    ...(limit !== undefined && { limit }),
    ...(keepSeen !== undefined && { keepSeen }),
  };
}
