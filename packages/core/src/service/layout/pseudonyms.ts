import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { AttuneError } from "../../kernel/errors.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import { type BoundedCache, createBoundedCache } from "../cache/bounded-cache.js";

/** What kind of identifier is hidden; the same text of two kinds gets two pseudonyms. */
export type IdKind = "v" | "u" | "s" | "d";

/** A site's pseudonyms: `(kind, id) → 36 hex digits`, of which the first four name the key. */
export type Pseudonymise = (kind: IdKind, id: string) => string;

/** The same for one batch, in which an id mostly is that of the event before. */
export function inRuns(pseudonym: Pseudonymise): Pseudonymise {
  const last: Partial<Record<IdKind, { id: string; pseudonym: string }>> = {};
  return (kind, id) => {
    let known = last[kind];
    if (known?.id !== id) {
      known = { id, pseudonym: pseudonym(kind, id) };
      last[kind] = known;
    }
    return known.pseudonym;
  };
}

export interface Pseudonyms {
  of(site: string): Promise<Pseudonymise>;
  /** Forgets every id in memory; the keys stay. */
  forget(): void;
}

/** Ids remembered per site and kind: at most twice this. */
const CACHE = 50_000;
/** Longer ids are never taken; remembering them would let a stranger fill the memory. */
const MAX_CACHED = 256;

/** HMAC-SHA-256 (RFC 2104) cut to 128 bits, which leaves collisions among 2^50 ids improbable (< 2^-28). */
function createHasher(key: Uint8Array): (text: string) => string {
  if (key.length < 32)
    throw new AttuneError(
      "ATTUNE_SERVICE_KEY",
      "A pseudonym key has at least 32 bytes; the key provider gave fewer.",
    );
  const keyed = hmac.create(sha256, key);
  const work = keyed.clone();
  const digest = new Uint8Array(32);
  const first16 = digest.subarray(0, 16);
  return (text) => {
    keyed._cloneInto(work);
    work.update(utf8ToBytes(text)).digestInto(digest);
    return bytesToHex(first16);
  };
}

/** One cache per kind, so that an id that is known costs one lookup and no new text. */
type Caches = Readonly<Record<IdKind, BoundedCache<string>>>;

const createCaches = (): Caches => ({
  v: createBoundedCache(CACHE),
  u: createBoundedCache(CACHE),
  s: createBoundedCache(CACHE),
  d: createBoundedCache(CACHE),
});

function createPseudonymise(key: Uint8Array, caches: Caches): Pseudonymise {
  const hash = createHasher(key);
  const keyName = hash("key").slice(0, 4);
  return (kind, id) => {
    let pseudonym = caches[kind].get(id);
    if (pseudonym === undefined) {
      pseudonym = keyName + hash(`${kind}:${id}`);
      if (id.length <= MAX_CACHED) caches[kind].set(id, pseudonym);
    }
    return pseudonym;
  };
}

/** Pseudonyms of all sites, each under its own key. */
export function createPseudonyms(keys: KeyProvider): Pseudonyms {
  const sites = new Map<string, { made: Promise<Pseudonymise>; caches: Caches }>();
  return {
    of(site) {
      let entry = sites.get(site);
      if (entry === undefined) {
        const caches = createCaches();
        const made = keys.key(site, "pseudonym").then((key) => createPseudonymise(key, caches));
        entry = { made, caches };
        sites.set(site, entry);
        // A provider that failed once is asked again.
        made.catch(() => sites.delete(site));
      }
      return entry.made;
    },
    forget() {
      for (const { caches } of sites.values()) for (const cache of Object.values(caches)) cache.clear();
    },
  };
}
