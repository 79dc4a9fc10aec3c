import { AttuneError } from "../kernel/errors.js";
import type { KeyProvider } from "../ports/capabilities.js";
import { fromBase64Url, toBase64Url } from "./bytes.js";
import { newKeyBytes, type SealingKey, sealingKey } from "./seal.js";

/** A data key as it is stored: useless without the wrapping key that it names. */
export interface WrappedKey {
  /** Name of the wrapping key. */
  by: string;
  sealed: string;
}

/** Wraps data keys under the keys of a provider. Wrapping keys are asked for once each. */
export interface Wrapping {
  /** A new data key, wrapped under the site's present wrapping key. `binding` says whose it is. */
  make(site: string, binding: readonly string[]): Promise<{ key: SealingKey; wrapped: WrappedKey }>;
  /** @throws AttuneError `ATTUNE_PRIVACY_KEY` where the wrapping key is gone, `ATTUNE_PRIVACY_SEAL` where the wrapped one is not right. */
  open(site: string, wrapped: WrappedKey, binding: readonly string[]): Promise<SealingKey>;
  /** The same data key under the present wrapping key; null where it is already. */
  rewrap(site: string, wrapped: WrappedKey, binding: readonly string[]): Promise<WrappedKey | null>;
}

/** How long the provider's answer to "which key wraps now" holds, ms: so soon a rotation is followed. */
const PRESENT_MS = 60_000;

const gone = (id: string): AttuneError =>
  new AttuneError(
    "ATTUNE_PRIVACY_KEY",
    `The key provider has no wrapping key ${id} any more. Give back the key, or erase what it protected.`,
  );

export function createWrapping(
  provider: Required<Pick<KeyProvider, "wrapping">>,
  clock: { now(): number },
): Wrapping {
  const byId = new Map<string, Promise<SealingKey>>();
  const present = new Map<string, { at: number; id: Promise<string> }>();

  const remember = (site: string, id: string, make: () => Promise<SealingKey>): Promise<SealingKey> => {
    const name = JSON.stringify([site, id]);
    let known = byId.get(name);
    if (known === undefined) {
      known = make();
      byId.set(name, known);
      // A provider that failed once is asked again.
      known.catch(() => byId.delete(name));
    }
    return known;
  };

  const presentId = (site: string): Promise<string> => {
    const known = present.get(site);
    if (known !== undefined && Math.abs(clock.now() - known.at) < PRESENT_MS) return known.id;
    const id = provider.wrapping(site).then((found) => {
      if (found === null)
        throw new AttuneError(
          "ATTUNE_PRIVACY_KEY",
          "The key provider has no wrapping key for this site. Let `wrapping(site)` return the one that wraps now.",
        );
      void remember(site, found.id, () => sealingKey(found.key)).catch(() => undefined);
      return found.id;
    });
    present.set(site, { at: clock.now(), id });
    id.catch(() => present.delete(site));
    return id;
  };

  const keyOf = (site: string, id: string): Promise<SealingKey> =>
    remember(site, id, async () => {
      const found = await provider.wrapping(site, id);
      if (found === null) throw gone(id);
      return sealingKey(found.key);
    });

  const wrap = async (site: string, bytes: Uint8Array, binding: readonly string[]): Promise<WrappedKey> => {
    const by = await presentId(site);
    return {
      by,
      sealed: await (await keyOf(site, by)).seal(toBase64Url(bytes), bindingOf(site, by, binding)),
    };
  };

  const unwrap = async (
    site: string,
    { by, sealed }: WrappedKey,
    binding: readonly string[],
  ): Promise<Uint8Array> => {
    const text = await (await keyOf(site, by)).open(sealed, bindingOf(site, by, binding));
    return fromBase64Url(text) as Uint8Array;
  };

  return {
    async make(site, binding) {
      const bytes = newKeyBytes();
      const [key, wrapped] = await Promise.all([sealingKey(bytes), wrap(site, bytes, binding)]);
      return { key, wrapped };
    },
    open: async (site, wrapped, binding) => sealingKey(await unwrap(site, wrapped, binding)),
    async rewrap(site, wrapped, binding) {
      if (wrapped.by === (await presentId(site))) return null;
      return wrap(site, await unwrap(site, wrapped, binding), binding);
    },
  };
}

const bindingOf = (site: string, by: string, binding: readonly string[]): readonly string[] => [
  "key",
  site,
  by,
  ...binding,
];
