import type { Clock } from "../../kernel/clock.js";
import { AttuneError } from "../../kernel/errors.js";
import type { Channel } from "../../ports/channel.js";
import type { AtomicStore } from "../../ports/store.js";
import { visitorPartition } from "../layout/partitions.js";
import { createBoundedCache } from "./bounded-cache.js";
import { type CacheCounts, count, type Lookup, noCounts, snapshot } from "./cache-counts.js";
import { type KnownVisitor, readKnown } from "./known-visitor.js";
import { createSeen } from "./seen.js";

/** A commit to a visitor's partition that is under way. */
export interface VisitorWork {
  /** What is held of the visitor, however old: only for a commit that is conditional on its versions. Null: read it. */
  held(): KnownVisitor | null;
  /** What is known once it is written. */
  remember(known: KnownVisitor): void;
  /** What is held has turned out to be older than the store. */
  doubt(): void;
}

/**
 * What this process knows of visitors, so that the door, decisions and the fold need not ask the store again. The fold's commits keep it up
 * to date; what other processes change is told over the channel, and what nobody told of is read again after some seconds.
 */
export interface VisitorCache {
  /**
   * For the door: in the order of the visitors, with one store read for all that are not held. That read brings all that a decision about
   * them will need.
   */
  standings(site: string, visitors: readonly string[]): Promise<KnownVisitor[]>;
  /** For a decision. */
  of(site: string, visitor: string): Promise<KnownVisitor>;
  /** For the fold. What somebody else changes meanwhile is not remembered wrongly. */
  during<T>(site: string, visitor: string, work: (at: VisitorWork) => Promise<T>): Promise<T>;
  /** Reads the visitor's again at the next use, also what is being read now; null: everyone's. */
  forget(site: string, visitor: string | null): void;
  /** Another process says that the visitor's state has come to this version. */
  heard(site: string, visitor: string, version: number): void;
  /** Lets go of what is too old to be used for anything but a fold; how much is left is bounded in any case. */
  prune(): void;
  counts(): { profile: CacheCounts; consent: CacheCounts };
}

/** Visitors held at least; at most twice as many, of some kilobytes each. */
const DEFAULT_SIZE = 10_000;
/** What a map can hold. */
const MAX_SIZE = 2 ** 24;
/** How long the door goes by what is held, and decisions where there is a channel, ms: an announcement may have been lost. */
const FRESH_MS = 10_000;
/** How long a decision goes by what is held where there is no channel, over which another process could announce a change, ms. */
const FRESH_ALONE_MS = 1000;

/** Each ages by itself, so that no moment reads everyone's anew. */
interface Entry {
  known: KnownVisitor;
  readAt: number;
}

/** In place of what was forgotten. */
const FORGOTTEN = "forgotten";

/** Those at work on one visitor. What is older than what they were told of is not remembered. */
interface Flight {
  count: number;
  told: number;
}

/** @throws ATTUNE_SERVICE_CACHE for a size that is none: what is held would have no bound. */
export function createVisitorCache(
  { hot, clock, channel }: { hot: AtomicStore; clock: Clock; channel: Channel | null },
  size = DEFAULT_SIZE,
): VisitorCache {
  if (!(size >= 0 && size <= MAX_SIZE)) {
    throw new AttuneError(
      "ATTUNE_SERVICE_CACHE",
      `How many visitors are held in memory is a number up to ${MAX_SIZE}, 0 for none; leave cache.visitors out for 10,000.`,
      { path: "/cache/visitors" },
    );
  }
  const cache = createBoundedCache<Entry | typeof FORGOTTEN>(size);
  const flights = new Map<string, Flight>();
  const counts = { profile: noCounts(), consent: noCounts() };
  const forDecisions = channel === null ? FRESH_ALONE_MS : FRESH_MS;
  let seen = createSeen();
  /** Those from before everything was forgotten. */
  let before = createSeen();

  /** The clock may be set back, too. */
  const isFresh = ({ known, readAt }: Entry, now: number, freshMs: number): boolean =>
    Math.abs(now - readAt) < freshMs && now < known.expiresAt;

  const lookUp = (
    key: string,
    fits: (entry: Entry) => boolean,
  ): { known: KnownVisitor | null; lookup: Lookup } => {
    const entry = cache.get(key);
    if (entry === FORGOTTEN) return { known: null, lookup: "invalidated" };
    if (entry !== undefined) {
      const known = fits(entry) ? entry.known : null;
      return { known, lookup: known === null ? "expired" : "hit" };
    }
    if (seen.has(key)) return { known: null, lookup: "capacity" };
    const lookup = before.has(key) ? "invalidated" : "compulsory";
    seen.add(key);
    return { known: null, lookup };
  };

  const begin = (key: string): Flight => {
    const flight = flights.get(key) ?? { count: 0, told: 0 };
    flight.count++;
    flights.set(key, flight);
    return flight;
  };
  const end = (key: string, flight: Flight): void => {
    if (--flight.count === 0) flights.delete(key);
  };
  const remember = (key: string, flight: Flight, entry: Entry): void => {
    if (size <= 0 || entry.known.version < flight.told) return;
    flight.told = entry.known.version;
    cache.set(key, entry);
  };
  const doubt = (key: string): void => {
    if (cache.get(key) !== undefined) cache.set(key, FORGOTTEN);
  };

  async function read(site: string, visitors: readonly string[]): Promise<KnownVisitor[]> {
    const readAt = clock.now();
    const keys = visitors.map((visitor) => visitorPartition(site, visitor));
    const under = keys.map(begin);
    try {
      const found = await readKnown(hot, site, visitors);
      found.forEach((known, i) => {
        remember(keys[i] as string, under[i] as Flight, { known, readAt });
      });
      return found;
    } finally {
      keys.forEach((key, i) => {
        end(key, under[i] as Flight);
      });
    }
  }

  return {
    async standings(site, visitors) {
      const now = clock.now();
      const found = new Map<string, KnownVisitor>();
      const missing: string[] = [];
      for (const visitor of new Set(visitors)) {
        const fits = (entry: Entry): boolean => isFresh(entry, now, FRESH_MS);
        const { known, lookup } = lookUp(visitorPartition(site, visitor), fits);
        count(counts.consent, lookup);
        if (known === null) missing.push(visitor);
        else found.set(visitor, known);
      }
      const readNow = missing.length === 0 ? [] : await read(site, missing);
      missing.forEach((visitor, i) => {
        found.set(visitor, readNow[i] as KnownVisitor);
      });
      return visitors.map((visitor) => found.get(visitor) as KnownVisitor);
    },
    async of(site, visitor) {
      const now = clock.now();
      const key = visitorPartition(site, visitor);
      const { known, lookup } = lookUp(key, (entry) => isFresh(entry, now, forDecisions));
      count(counts.profile, lookup);
      count(counts.consent, lookup);
      return known ?? ((await read(site, [visitor]))[0] as KnownVisitor);
    },
    async during(site, visitor, work) {
      const key = visitorPartition(site, visitor);
      const flight = begin(key);
      const readAt = clock.now();
      try {
        return await work({
          held() {
            // What an erased visitor's erasure has left to do is in the store.
            const fits = ({ known }: Entry): boolean =>
              clock.now() < known.expiresAt && known.tombstone === null;
            const { known, lookup } = lookUp(key, fits);
            count(counts.profile, lookup);
            count(counts.consent, lookup);
            return known;
          },
          remember: (known) => remember(key, flight, { known, readAt }),
          doubt: () => doubt(key),
        });
      } catch (error) {
        // It may have been written all the same.
        doubt(key);
        throw error;
      } finally {
        end(key, flight);
      }
    },
    forget(site, visitor) {
      if (visitor === null) {
        for (const flight of flights.values()) flight.told = Number.POSITIVE_INFINITY;
        cache.clear();
        before = seen;
        seen = createSeen();
        return;
      }
      const key = visitorPartition(site, visitor);
      const flight = flights.get(key);
      if (flight !== undefined) flight.told = Number.POSITIVE_INFINITY;
      doubt(key);
    },
    heard(site, visitor, version) {
      const key = visitorPartition(site, visitor);
      const flight = flights.get(key);
      if (flight !== undefined) flight.told = Math.max(flight.told, version);
      const entry = cache.get(key);
      if (entry !== undefined && entry !== FORGOTTEN && entry.known.version < version) doubt(key);
    },
    prune() {
      const now = clock.now();
      cache.prune((entry) => entry !== FORGOTTEN && isFresh(entry, now, FRESH_MS));
    },
    counts: () => ({ profile: snapshot(counts.profile), consent: snapshot(counts.consent) }),
  };
}
