import type { ConsentRecord } from "../consent/types.js";
import { type BoundedCache, createBoundedCache } from "./bounded-cache.js";
import type { ServiceContext } from "./context.js";
import { SORT, visitorPartition } from "./partitions.js";
import type { ConsentEntry } from "./records.js";

/** What the store says about taking anything from a visitor. */
export interface Standing {
  consent: ConsentRecord | null;
  erased: boolean;
}

/** Standings, remembered for the door. Where events are folded the store itself is asked again. */
export interface Standings {
  /** In the order of the visitors; one store read for all that are not remembered. */
  of(site: string, visitors: readonly string[]): Promise<Standing[]>;
  /** Reads the visitor's again at the next use; null: everyone's. */
  forget(site: string, visitor: string | null): void;
}

const CACHE = 50_000;
/** For what no other process announced, ms. */
const FRESH_MS = 10_000;
/** Shared by most visitors. */
const UNKNOWN: Standing = { consent: null, erased: false };

/** Each ages by itself, so that no moment reads everyone's anew. */
interface Remembered {
  standing: Standing;
  readAt: number;
}

export function createStandings({ hot, clock }: ServiceContext): Standings {
  const caches = new Map<string, BoundedCache<Remembered>>();
  /** Rises whenever something is forgotten, so that what was being read meanwhile is not remembered. */
  let epoch = 0;

  const forgetAll = (): void => {
    epoch++;
    caches.clear();
  };

  const cacheOf = (site: string): BoundedCache<Remembered> => {
    let cache = caches.get(site);
    if (cache === undefined) {
      cache = createBoundedCache(CACHE);
      caches.set(site, cache);
    }
    return cache;
  };

  async function read(site: string, visitors: readonly string[]): Promise<Map<string, Standing>> {
    const began = epoch;
    const keys = visitors.flatMap((visitor) => {
      const partition = visitorPartition(site, visitor);
      return [
        { partition, sort: SORT.consent },
        { partition, sort: SORT.tombstone },
      ];
    });
    const readAt = clock.now();
    const records = await hot.getMany<never>(keys);
    const found = new Map<string, Standing>();
    const cache = cacheOf(site);
    visitors.forEach((visitor, i) => {
      const consent = records[2 * i]?.value as ConsentEntry | undefined;
      const erased = records[2 * i + 1] != null;
      const standing =
        consent === undefined && !erased ? UNKNOWN : { consent: consent?.current ?? null, erased };
      found.set(visitor, standing);
      if (began === epoch) cache.set(visitor, { standing, readAt });
    });
    return found;
  }

  return {
    async of(site, visitors) {
      const now = clock.now();
      const cache = cacheOf(site);
      const known = visitors.map((visitor) => {
        const entry = cache.get(visitor);
        // The clock may be set back, too.
        return entry !== undefined && Math.abs(now - entry.readAt) < FRESH_MS ? entry.standing : undefined;
      });
      const missing = new Set(visitors.filter((_, i) => known[i] === undefined));
      const found = missing.size === 0 ? null : await read(site, [...missing]);
      return visitors.map((visitor, i) => known[i] ?? found?.get(visitor) ?? UNKNOWN);
    },
    forget(site, visitor) {
      if (visitor === null) return forgetAll();
      epoch++;
      caches.get(site)?.delete(visitor);
    },
  };
}
