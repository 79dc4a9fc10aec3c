/** Why something had to be read although there is a cache for it. */
export interface Misses {
  /** It was never asked for before. */
  compulsory: number;
  /** It was dropped for want of room. */
  capacity: number;
  /** It was known to have changed, or might have. */
  invalidated: number;
  /** It was held too long to be sure of it. */
  expired: number;
}

/** Look-ups of one kind since the service was made. */
export interface CacheCounts {
  hits: number;
  misses: Misses;
}

/** By what was looked up: a site's rules, a visitor's state and traits, its segments as of that state, its consent. */
export type CacheStats = Readonly<Record<"ruleset" | "profile" | "segments" | "consent", CacheCounts>>;

/** A look-up that found what it wanted, or why it did not. */
export type Lookup = "hit" | keyof Misses;

export const noCounts = (): CacheCounts => ({
  hits: 0,
  misses: { compulsory: 0, capacity: 0, invalidated: 0, expired: 0 },
});

export function count(counts: CacheCounts, lookup: Lookup): void {
  if (lookup === "hit") counts.hits++;
  else counts.misses[lookup]++;
}

/** As of now: what is counted later does not change it. */
export const snapshot = ({ hits, misses }: CacheCounts): CacheCounts => ({ hits, misses: { ...misses } });

/** The share of look-ups that found what they wanted, [0, 1]; null where there were none. */
export function hitRate(kinds: readonly CacheCounts[]): number | null {
  let hits = 0;
  let all = 0;
  for (const { hits: found, misses } of kinds) {
    hits += found;
    all += found + misses.compulsory + misses.capacity + misses.invalidated + misses.expired;
  }
  return all === 0 ? null : hits / all;
}
