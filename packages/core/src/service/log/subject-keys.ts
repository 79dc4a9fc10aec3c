import type { Clock } from "../../kernel/clock.js";
import type { AtomicStore, StoreRecord } from "../../ports/store.js";
import type { SealingKey, WrappedKey, Wrapping } from "../../privacy/index.js";
import { type BoundedCache, createBoundedCache } from "../cache/bounded-cache.js";
import { SORT, visitorPartition } from "../layout/partitions.js";
import { mapBounded } from "../tools/queue.js";

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

/** A key, and until when the store keeps it, epoch ms. */
interface Kept {
  key: SealingKey;
  until: number;
}

const CACHE = 20_000;
/**
 * A key is kept this much longer than what it seals at most (ms), and is renewed when it would not outlast what is sealed now: once a day while
 * the visitor comes, from memory otherwise. Without anything sealed under it, it says nothing of anybody.
 */
const SLACK_MS = 86_400_000;
/** Keys unwrapped or made side by side. */
const WIDTH = 64;

const bindingOf = (visitor: string): readonly string[] => ["visitor", visitor];

export function createSubjectKeys(
  { hot, clock, retentionMs }: { hot: AtomicStore; clock: Clock; retentionMs: number },
  wrapping: Wrapping,
): SubjectKeys {
  const caches = new Map<string, BoundedCache<Kept>>();
  const cacheOf = (site: string): BoundedCache<Kept> => {
    let cache = caches.get(site);
    if (cache === undefined) caches.set(site, (cache = createBoundedCache(CACHE)));
    return cache;
  };
  /** Rises with every forgetting, so that what was being read meanwhile is not remembered. */
  let epoch = 0;

  const endOfNew = (): number => clock.now() + retentionMs + SLACK_MS;

  async function unwrapped(site: string, visitor: string, record: StoreRecord<KeyRecord>): Promise<Kept> {
    const key = await wrapping.open(site, record.value, bindingOf(visitor));
    return { key, until: record.expiresAt ?? Number.POSITIVE_INFINITY };
  }

  async function read(site: string, visitors: readonly string[]): Promise<(StoreRecord<KeyRecord> | null)[]> {
    return hot.getMany<KeyRecord>(
      visitors.map((visitor) => ({ partition: visitorPartition(site, visitor), sort: SORT.key })),
    );
  }

  const readOne = async (site: string, visitor: string): Promise<Kept | null> => {
    const [record] = await read(site, [visitor]);
    return record ? unwrapped(site, visitor, record) : null;
  };

  /** Only beside no tombstone, and only one for all who try at once. */
  async function make(site: string, visitor: string): Promise<Kept | null> {
    const { key, wrapped } = await wrapping.make(site, bindingOf(visitor));
    const value: KeyRecord = { v: 1, ...wrapped };
    const expiresAt = endOfNew();
    const { status } = await hot.commit(visitorPartition(site, visitor), [
      { op: "check", sort: SORT.tombstone, ifVersion: 0 },
      { op: "put", sort: SORT.key, value, ifVersion: 0, expiresAt },
    ]);
    return status === "committed" ? { key, until: expiresAt } : readOne(site, visitor);
  }

  /** The key of the record, which lasts as long as what is sealed under it now. */
  async function renewed(
    site: string,
    visitor: string,
    record: StoreRecord<KeyRecord>,
  ): Promise<Kept | null> {
    const kept = await unwrapped(site, visitor, record);
    if (kept.until >= clock.now() + retentionMs) return kept;
    const expiresAt = endOfNew();
    const { status } = await hot.commit(visitorPartition(site, visitor), [
      { op: "check", sort: SORT.tombstone, ifVersion: 0 },
      { op: "put", sort: SORT.key, value: record.value, ifVersion: record.version, expiresAt },
    ]);
    // Overtaken: by whoever renewed it, or by an erasure.
    return status === "committed" ? { key: kept.key, until: expiresAt } : readOne(site, visitor);
  }

  async function find(
    site: string,
    visitors: readonly string[],
    using: {
      /** Whether a remembered key will do. */
      serves(kept: Kept): boolean;
      take(visitor: string, record: StoreRecord<KeyRecord> | null): Promise<Kept | null>;
    },
  ): Promise<(SealingKey | null)[]> {
    const cache = cacheOf(site);
    const found = new Map<string, SealingKey | null>();
    for (const visitor of visitors) {
      const kept = cache.get(visitor);
      if (kept !== undefined && using.serves(kept)) found.set(visitor, kept.key);
    }
    const unknown = [...new Set(visitors.filter((visitor) => !found.has(visitor)))];
    if (unknown.length > 0) {
      const began = epoch;
      const records = await read(site, unknown);
      await mapBounded([...unknown.keys()], WIDTH, async (i) => {
        const visitor = unknown[i] as string;
        const kept = await using.take(visitor, records[i] ?? null);
        found.set(visitor, kept?.key ?? null);
        if (kept !== null && began === epoch) cache.set(visitor, kept);
      });
    }
    return visitors.map((visitor) => found.get(visitor) ?? null);
  }

  return {
    forSealing: (site, visitors) =>
      find(site, visitors, {
        serves: ({ until }) => until >= clock.now() + retentionMs,
        take: (visitor, record) => (record === null ? make(site, visitor) : renewed(site, visitor, record)),
      }),
    forOpening: (site, visitors) =>
      find(site, visitors, {
        serves: () => true,
        take: async (visitor, record) => record && unwrapped(site, visitor, record),
      }),
    forget(site, visitor) {
      epoch++;
      if (visitor === null) caches.clear();
      else caches.get(site)?.delete(visitor);
    },
  };
}
