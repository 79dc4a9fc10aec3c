import type { SiteSummary } from "../types.js";

/** Fewer visitors than this could be told apart by who knows a little of them. */
export const SEGMENT_FLOOR = 20;

/** Sizes of segments as people may read them: null for too few. */
export const toldSizes = (sizes: Readonly<Record<string, number>>): SiteSummary["segments"] =>
  Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size < SEGMENT_FLOOR ? null : size]));

/** Why sizes are null; null where none is. */
export function tooFewIn(segments: SiteSummary["segments"]): SiteSummary["tooFew"] {
  const few = Object.values(segments).filter((size) => size === null).length;
  return few === 0 ? null : { floor: SEGMENT_FLOOR, segments: few };
}
