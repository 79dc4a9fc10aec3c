import type { Clock } from "../../kernel/clock.js";
import { type AttuneError, isAttuneError } from "../../kernel/errors.js";
import type { DeadLetter } from "../../ports/log.js";
import type { Store } from "../../ports/store.js";
import type { SealingKey, WrappedKey, Wrapping } from "../../privacy/index.js";
import { createBoundedCache } from "../cache/bounded-cache.js";
import { lettersPartition } from "../layout/partitions.js";

const DAY_MS = 86_400_000;
/** Dead letters hold what was sent as it was sent, so they are kept only as long as someone may still cure them, ms. */
export const LETTERS_MS = 7 * DAY_MS;
/** Sites and days whose keys are kept in memory. */
const CACHE = 100;

interface KeyRecord extends WrappedKey {
  v: 1;
}

/** Seals the contents of dead letters, each under the key of its site and day; with the key the contents are gone. */
export interface LetterSeals {
  seal(letter: DeadLetter): Promise<DeadLetter>;
  /** With an empty body where the day's key is destroyed, or where it was changed: one bad letter must not stand before all others. */
  open(letter: DeadLetter): Promise<DeadLetter>;
}

/** When a day's key is destroyed, epoch ms. */
const endOf = (day: string): number => Date.parse(day) + DAY_MS + LETTERS_MS;

const bindingOf = ({ id, source }: DeadLetter): readonly string[] => ["letter", source.site, id];

const broken = ({ code, message }: AttuneError): DeadLetter["reasons"][number] => ({
  path: "",
  code,
  message,
});

export function createLetterSeals(
  { hot, clock }: { hot: Store; clock: Clock },
  wrapping: Wrapping,
): LetterSeals {
  const cache = createBoundedCache<Promise<SealingKey | null>>(CACHE);

  async function find(site: string, day: string, make: boolean): Promise<SealingKey | null> {
    const binding = ["letters", day];
    const partition = lettersPartition(site);
    const known = await hot.get<KeyRecord>(partition, day);
    if (known !== null) return wrapping.open(site, known.value, binding);
    if (!make) return null;
    const { key, wrapped } = await wrapping.make(site, binding);
    const expiresAt = endOf(day);
    const value: KeyRecord = { v: 1, ...wrapped };
    const { written } = await hot.put(partition, day, value, { ifVersion: 0, expiresAt });
    return written ? key : find(site, day, false);
  }

  function keyOf({ at, source: { site } }: DeadLetter, make: boolean): Promise<SealingKey | null> {
    const day = new Date(at).toISOString().slice(0, 10);
    // Also for a process that has had it in memory all the time.
    if (clock.now() >= endOf(day)) return Promise.resolve(null);
    const name = `${site}/${day}`;
    const known = cache.get(name);
    if (known !== undefined) return known;
    const found = find(site, day, make);
    cache.set(name, found);
    const forget = (): void => cache.delete(name);
    // One that is not there may be made yet, and one that could not be had may be had later.
    found.then((key) => key === null && forget(), forget);
    return found;
  }

  return {
    async seal(letter) {
      if (letter.body === "" || letter.sealed) return letter;
      const key = await keyOf(letter, true);
      // Older than any key: content that old is not kept.
      if (key === null) return { ...letter, body: "" };
      return { ...letter, body: await key.seal(letter.body, bindingOf(letter)), sealed: true };
    },
    async open(letter) {
      if (!letter.sealed) return letter;
      const key = await keyOf(letter, false);
      const { sealed: _opened, ...rest } = letter;
      if (key === null) return { ...rest, body: "" };
      try {
        return { ...rest, body: await key.open(letter.body, bindingOf(letter)) };
      } catch (error) {
        if (!isAttuneError(error)) throw error;
        return { ...rest, body: "", reasons: [...letter.reasons, broken(error)] };
      }
    },
  };
}
