import { randomBytes, bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { AttuneError } from "../../kernel/errors.js";
import type { KeyProvider } from "../../ports/capabilities.js";
import type { Store } from "../../ports/store.js";
import { KEYS } from "./partitions.js";

interface StoredKey {
  v: 1;
  hex: string;
}

/**
 * Keys made once (32 bytes of platform randomness) and kept in a store: whoever can read that store can link pseudonyms to
 * ids that they already know. A provider that keeps keys elsewhere protects better.
 */
export function storedKeys(store: Store): KeyProvider {
  return {
    async key(site, use) {
      const sort = `${site}/${use}`;
      const made: StoredKey = { v: 1, hex: bytesToHex(randomBytes(32)) };
      const known = await store.get<StoredKey>(KEYS, sort);
      if (known === null && (await store.put(KEYS, sort, made, { ifVersion: 0 })).written)
        return hexToBytes(made.hex);
      const stored = known ?? (await store.get<StoredKey>(KEYS, sort));
      if (stored?.value.v !== 1) {
        throw new AttuneError(
          "ATTUNE_SERVICE_KEY",
          "The stored pseudonym key cannot be read by this version; use the version that wrote it.",
        );
      }
      return hexToBytes(stored.value.hex);
    },
  };
}
