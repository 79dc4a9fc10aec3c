import type { SealingKey, WrappedKey, Wrapping } from "../privacy/index.js";
import type { AtomicStore } from "../ports/store.js";
import { type BoundedCache, createBoundedCache } from "./bounded-cache.js";
import { SORT, visitorPartition } from "./partitions.js";
import { mapBounded } from "./queue.js";

/** `key` in a visitor's partition: gone with it, and with it everything sealed under it. */
interface KeyRecord extends WrappedKey {
  v: 1;
}

/** The keys of visitors, by pseudonym. */
export interface SubjectKeys {
  /** In the order of the visitors; made where there is none. Null: erased, and there will be none again. */
  forSealing(site: string, visitors: readonly string[]): Promise<(SealingKey | null)[]>;
  /** In the order of the visitors; null where there is none (any more). */
  forOpening(site: string, visitors: readonly string[]): Promise<(SealingKey | null)[]>;
  /** No copy in memory outlives an erasure; null: everyone's. */
  forget(site: string, visitor: string | null): void;
}

const CACHE = 20_000;
/** Keys unwrapped or made side by side. */
const WIDTH = 64;

const bindingOf = (visitor: string): readonly string[] => ["visitor", visitor];

export function createSubjectKeys(hot: AtomicStore, wrapping: Wrapping): SubjectKeys {
  const caches = new Map<string, BoundedCache<SealingKey>>();
  const cacheOf = (site: string): BoundedCache<SealingKey> => {
    let cache = caches.get(site);
    if (cache === undefined) caches.set(site, (cache = createBoundedCache(CACHE)));
    return cache;
  };
  /** Rises with every forgetting, so that what was being read meanwhile is not remembered. */
  let epoch = 0;

  async function read(site: string, visitors: readonly string[]): Promise<(SealingKey | null)[]> {
    const records = await hot.getMany<KeyRecord>(
      visitors.map((visitor) => ({ partition: visitorPartition(site, visitor), sort: SORT.key })),
    );
    return mapBounded([...visitors.keys()], WIDTH, async (i) => {
      const record = records[i];
      return record ? wrapping.open(site, record.value, bindingOf(visitors[i] as string)) : null;
    });
  }

  /** Only beside no tombstone, and only one for all who try at once. */
  async function make(site: string, visitor: string): Promise<SealingKey | null> {
    const { key, wrapped } = await wrapping.make(site, bindingOf(visitor));
    const value: KeyRecord = { v: 1, ...wrapped };
    const { status } = await hot.commit(visitorPartition(site, visitor), [
      { op: "check", sort: SORT.tombstone, ifVersion: 0 },
      { op: "put", sort: SORT.key, value, ifVersion: 0 },
    ]);
    return status === "committed" ? key : ((await read(site, [visitor]))[0] as SealingKey | null);
  }

  async function find(
    site: string,
    visitors: readonly string[],
    missing: ((visitor: string) => Promise<SealingKey | null>) | null,
  ): Promise<(SealingKey | null)[]> {
    const cache = cacheOf(site);
    const unknown = [...new Set(visitors.filter((visitor) => cache.get(visitor) === undefined))];
    const found = new Map<string, SealingKey | null>();
    if (unknown.length > 0) {
      const began = epoch;
      const keys = await read(site, unknown);
      await mapBounded([...unknown.keys()], WIDTH, async (i) => {
        const visitor = unknown[i] as string;
        const key = keys[i] ?? (missing && (await missing(visitor))) ?? null;
        found.set(visitor, key);
        if (key !== null && began === epoch) cache.set(visitor, key);
      });
    }
    return visitors.map((visitor) => found.get(visitor) ?? cache.get(visitor) ?? null);
  }

  return {
    forSealing: (site, visitors) => find(site, visitors, (visitor) => make(site, visitor)),
    forOpening: (site, visitors) => find(site, visitors, null),
    forget(site, visitor) {
      epoch++;
      if (visitor === null) caches.clear();
      else caches.get(site)?.delete(visitor);
    },
  };
}
