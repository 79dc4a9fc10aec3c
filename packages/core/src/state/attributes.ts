import { features } from "./features.js";
import { top } from "./top-k.js";
import type { VisitorState } from "./types.js";

/**
 * What conditions read: every feature by name, and as texts (at most 32 bytes of UTF-8; null where unknown) `device`, `language`,
 * `country`, `topCategory`, `topBrand`, `recentCategory`, and of the present session `landing` (path of its first page), `referrer` (its
 * host, without `www.`), `referrerKind` (`direct`, `search`, `social`, `other`) and `campaign.{source,medium,name}`.
 */
export function visitorAttributes(state: VisitorState): Readonly<Record<string, unknown>> {
  const { visitor, arrival, categories, brands, recentCategory } = state.learned;
  // Onto the features: an object spread from several would cost twenty times as much.
  const attributes: Record<string, unknown> = features(state);
  return Object.assign(attributes, visitor, arrival, {
    recentCategory,
    topCategory: top(categories).label,
    topBrand: top(brands).label,
  });
}
