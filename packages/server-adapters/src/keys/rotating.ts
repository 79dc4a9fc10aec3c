import { AttuneError } from "@attune/core";
import type { KeyProvider, KeyUse, WrappingKey } from "@attune/core/ports";
import { randomBytes } from "node:crypto";

/** A key provider whose wrapping keys can be replaced. */
export interface RotatingKeys extends Required<KeyProvider> {
  /**
   * Makes a new wrapping key for the site; from now on (within a minute in running processes) new subject keys are wrapped under it.
   * Resolves with its name. Earlier ones stay until they are removed where they are kept.
   */
  rotate(site: string): Promise<string>;
}

/** Where keys are kept, by site and name. */
export interface KeyShelf {
  get(site: string, name: string): Promise<Uint8Array | null>;
  /** Keeps a new key under a name that is still free; what stands there afterwards, whoever put it there. */
  add(site: string, name: string, key: Uint8Array): Promise<Uint8Array>;
  /** Names that start with the prefix, in code-unit order. */
  names(site: string, prefix: string): Promise<string[]>;
}

const KEY_BYTES = 32;
const WRAPPING = "wrapping-";
/** As the service checks sites; nothing in it can lead out of a folder. */
const SITE = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

const check = (site: string): void => {
  if (!SITE.test(site)) throw new AttuneError("ATTUNE_KEYS_SITE", "This is no name of a site.");
};

/** Names of wrapping keys rise with time, so that the last one is the present one: also where a clock stands behind the last name's. */
function newName(now: number, last: string | undefined): string {
  const before = Number(last?.slice(WRAPPING.length).split("-")[0] ?? 0);
  const time = Math.max(now, before + 1);
  return `${WRAPPING}${String(time).padStart(15, "0")}-${randomBytes(4).toString("hex")}`;
}

/** Keys are made when they are first asked for: 32 random bytes each. */
export function rotatingKeys(shelf: KeyShelf, now: () => number = Date.now): RotatingKeys {
  const present = async (site: string): Promise<string | undefined> =>
    (await shelf.names(site, WRAPPING)).at(-1);
  const rotate = async (site: string): Promise<string> => {
    check(site);
    const name = newName(now(), await present(site));
    await shelf.add(site, name, randomBytes(KEY_BYTES));
    return name;
  };
  return {
    async key(site: string, use: KeyUse) {
      check(site);
      return (await shelf.get(site, use)) ?? shelf.add(site, use, randomBytes(KEY_BYTES));
    },
    async wrapping(site: string, id?: string): Promise<WrappingKey | null> {
      check(site);
      const name = id ?? (await present(site)) ?? (await rotate(site));
      if (!name.startsWith(WRAPPING)) return null;
      const key = await shelf.get(site, name);
      return key && { id: name, key };
    },
    rotate,
  };
}
