import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { AttuneError } from "@attune/core";

/** `write` is public and stands in pages; `secret` belongs to the host's own servers. */
export type KeyKind = "write" | "secret";

export interface ApiKey {
  kind: KeyKind;
  /** The key itself; it is hashed when the server starts and not kept. Give this or `hash`. */
  key?: string | undefined;
  /** SHA-256 of the key, 64 hex digits (see {@link hashKey}). */
  hash?: string | undefined;
  /** Names the key for revocation and reports (default: the first 12 digits of its hash). */
  id?: string;
  /** The site whose data it reaches (default `default`). */
  site?: string;
  /** Write keys: origins of pages that may use it (`https://shop.example`). Without a list, any origin may. */
  origins?: readonly string[];
}

export interface StoredKey {
  readonly id: string;
  readonly kind: KeyKind;
  readonly site: string;
  readonly origins: ReadonlySet<string> | null;
}

export interface KeyRing {
  /** The key that was presented, or null. All keys are compared, in constant time each. */
  find(presented: string): StoredKey | null;
  /** True if a key of that id was there. It is refused from then on. */
  revoke(id: string): boolean;
  active(id: string): boolean;
  /** Whether pages of this origin may use some write key: what a preflight, which carries no key, is told. */
  originKnown(origin: string): boolean;
  /** Whether some write key (of the site, where one is given) names this very origin: only such pages may send cookies along. */
  originNamed(origin: string, site?: string): boolean;
}

const digestOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** SHA-256 of a key in hex, the form in which keys are kept. Keys are long and random, so no slow hash is needed. */
export const hashKey = (key: string): string => digestOf(key).toString("hex");

/** A new key: `wk_` or `sk_` and 256 bits of chance. */
export const createKey = (kind: KeyKind): string =>
  `${kind === "write" ? "wk" : "sk"}_${randomBytes(32).toString("base64url")}`;

/** @throws AttuneError `ATTUNE_SERVER_KEY` for a key that cannot be used, is empty or stands there twice. */
export function createKeyRing(keys: readonly ApiKey[]): KeyRing {
  let ring = keys.map(store);
  const digests = ring.map(({ digest }) => digest.toString("hex"));
  const twice = digests.findIndex((digest, i) => digests.indexOf(digest) < i);
  // What is public in one place would open the other.
  if (twice >= 0) throw unusable("This key stands there twice; make one for each kind and site.", twice);
  return {
    find(presented) {
      const digest = digestOf(presented);
      let found: StoredKey | null = null;
      for (const entry of ring) if (timingSafeEqual(entry.digest, digest)) found = entry.key;
      return found;
    },
    revoke(id) {
      const before = ring.length;
      ring = ring.filter((entry) => entry.key.id !== id);
      return ring.length < before;
    },
    active: (id) => ring.some((entry) => entry.key.id === id),
    originNamed: (origin, site) =>
      ring.some(
        ({ key }) =>
          key.kind === "write" && (site ?? key.site) === key.site && key.origins?.has(origin) === true,
      ),
    originKnown: (origin) => ring.some(({ key }) => key.kind === "write" && originAllowed(key, origin)),
  };
}

/** Whether a page of this origin may use the key. The opaque origin `null` may only where no list was given. */
export const originAllowed = (key: StoredKey, origin: string): boolean => key.origins?.has(origin) ?? true;

const unusable = (message: string, index: number): AttuneError =>
  new AttuneError("ATTUNE_SERVER_KEY", message, { path: `/auth/keys/${index}` });

function store(given: ApiKey, index: number): { key: StoredKey; digest: Buffer } {
  const hash = given.key === undefined ? given.hash : hashKey(given.key);
  if (hash === undefined || !/^[0-9a-f]{64}$/.test(hash))
    throw unusable("Give each key as `key`, or as `hash` of 64 lower-case hex digits.", index);
  if (hash === hashKey(""))
    throw unusable("This key is empty, as a variable that is not set would be.", index);
  const key: StoredKey = {
    id: given.id ?? hash.slice(0, 12),
    kind: given.kind,
    site: given.site ?? "default",
    origins: given.origins ? new Set(given.origins) : null,
  };
  return { key, digest: Buffer.from(hash, "hex") };
}
