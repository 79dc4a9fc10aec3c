import type { JsonValue } from "../kernel/json.js";
import { reader } from "../targeting/path.js";
import type { Attributes } from "../targeting/types.js";
import type { Outcome, SlotDecider } from "./decide.js";
import type { RecommendedPolicy } from "./types.js";

const DEFAULT_LIMIT = 5;
/** Items of a history that count, and what each next one counts beside the one before it. */
const LAST = 10;
const FADES = 0.8;
/** How much popularity counts beside what was looked at together: it decides between variants of which nothing else is known. */
const POPULARITY = 1e-3;

/** A variant and how well it goes with the history. */
interface RankedArm {
  variant: string;
  score: number;
}

/** Reads the items of a history, what matters most first, each once: ten at most. */
export function historyReader({ history }: RecommendedPolicy): (attributes: Attributes) => string[] {
  const reads = history.map(reader);
  return (attributes) => {
    const items = new Set<string>();
    for (const read of reads) {
      const value = read(attributes);
      const list = Array.isArray(value) ? [...value].reverse() : [value];
      for (const item of list) if (typeof item === "string" && item !== "") items.add(item);
    }
    return [...items].slice(0, LAST);
  };
}

/**
 * The variants that go with a history, best first, ties by name: Σ over the history, fading, of how the variant goes with each item, plus a little popularity. By sums and products alone and always in the
 * same order, so that every engine comes to the same bits. O(arms × history).
 */
export function rankArms(
  { arms, keepSeen = false }: RecommendedPolicy,
  history: readonly string[],
): RankedArm[] {
  const ranked: RankedArm[] = [];
  for (const [variant, { popularity, with: pairs = {} }] of Object.entries(arms)) {
    if (!keepSeen && history.includes(variant)) continue;
    let score = POPULARITY * popularity;
    let weight = 1;
    for (const item of history) {
      if (Object.hasOwn(pairs, item)) score += weight * (pairs[item] as number);
      weight *= FADES;
    }
    if (score > 0) ranked.push({ variant, score });
  }
  return ranked.sort((a, b) => b.score - a.score || (a.variant < b.variant ? -1 : 1));
}

/** Shows the best variant, and tells the next ones in `ranking`. */
export function compileRecommended(
  policy: RecommendedPolicy,
  variants: Readonly<Record<string, JsonValue>>,
  outcome: Outcome,
): SlotDecider {
  const { limit = DEFAULT_LIMIT } = policy;
  const read = historyReader(policy);
  const none = outcome("no-match");
  return ({ attributes }) => {
    const ranked = rankArms(policy, read(attributes)).slice(0, limit);
    const [best] = ranked;
    if (best === undefined) return none;
    const ranking = ranked.map(({ variant }) => ({ variant, value: variants[variant] as JsonValue }));
    return outcome("recommended", { variant: best.variant, propensity: 1, ranking });
  };
}
