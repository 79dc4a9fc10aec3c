import { closeness, type ItemMemory } from "./item-memory.js";
import type { Recommendation, RecommendationReason, RecommendOptions } from "./types.js";

const LAST = 10;
const FADES = 0.8;
/** How much popularity counts beside what was seen together: it decides between items of which nothing else is known. */
const POPULARITY = 1e-3;

interface Score {
  value: number;
  readonly reasons: { readonly value: number; readonly reason: RecommendationReason }[];
}

/**
 * Σ over the last items of a history, fading with distance, of together ÷ √(item · other), plus a little popularity. O(last items × neighbours + items).
 */
export function rank(
  memory: ReadonlyMap<string, ItemMemory>,
  history: readonly string[],
  { limit, candidates, exclude = history }: RecommendOptions & { limit: number },
): Recommendation[] {
  const unwanted = new Set(exclude);
  const wanted = new Set((candidates ?? [...memory.keys()]).filter((item) => !unwanted.has(item)));
  let all = 0;
  for (const { weight } of memory.values()) all += weight;
  const scores = new Map<string, Score>();
  for (const name of wanted) {
    const share = all === 0 ? 0 : (memory.get(name)?.weight ?? 0) / all;
    const value = POPULARITY * share;
    const reason = { value, reason: { code: "popular" as const, share } };
    scores.set(name, { value, reasons: value > 0 ? [reason] : [] });
  }
  [...new Set([...history].reverse())].slice(0, LAST).forEach((name, back) => {
    const item = memory.get(name);
    if (item === undefined) return;
    for (const [other, together] of item.with) {
      const score = scores.get(other);
      const value = FADES ** back * closeness(together, item.weight, memory.get(other)?.weight ?? 0);
      if (score === undefined || value === 0) continue;
      score.value += value;
      score.reasons.push({
        value,
        reason: { code: "seen-with", item: name, share: Math.min(1, together / item.weight) },
      });
    }
  });
  const best = [...scores].sort((a, b) => b[1].value - a[1].value || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
  const most = best[0]?.[1].value ?? 0;
  return best.map(([item, { value, reasons }]) => ({
    ...{ item, score: most === 0 ? 0 : value / most },
    reasons: reasons
      .sort((a, b) => b.value - a.value)
      .slice(0, 3)
      .map(({ reason }) => reason),
  }));
}
