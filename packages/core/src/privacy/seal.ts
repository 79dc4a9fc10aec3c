import { utf8ToBytes } from "@noble/hashes/utils.js";
import { AttuneError } from "../kernel/errors.js";
import { fromBase64Url, toBase64Url } from "./bytes.js";
import { gcm } from "./gcm.js";
import { platformCrypto } from "./platform.js";

/** 96 bits, the size for which GCM needs no further hashing (NIST SP 800-38D §5.2.1.1). */
const NONCE_BYTES = 12;
const KEY_BYTES = 32;

/** A key ready for use. Random nonces keep it safe for 2^32 messages (NIST SP 800-38D §8.3), far beyond what one subject can send. */
export interface SealingKey {
  /** Encrypts under AES-256-GCM; `binding` says what the text is and whose: it can be opened only as that. */
  seal(plain: string, binding: readonly string[]): Promise<string>;
  /** @throws AttuneError `ATTUNE_PRIVACY_SEAL` for anything that was not sealed by this key for this binding. */
  open(sealed: string, binding: readonly string[]): Promise<string>;
}

/** Unambiguous for any texts, so that no two bindings have the same bytes. */
const bindingBytes = (binding: readonly string[]): Uint8Array => utf8ToBytes(JSON.stringify(binding));

const broken = (cause?: unknown): AttuneError =>
  new AttuneError(
    "ATTUNE_PRIVACY_SEAL",
    "A sealed text cannot be opened: it was changed, belongs to another subject or field, or its key is another one.",
    { cause },
  );

/**
 * @param bytes 32, from a secure random source or a key provider.
 * @throws AttuneError `ATTUNE_PRIVACY_KEY` for any other length.
 */
export async function sealingKey(bytes: Uint8Array): Promise<SealingKey> {
  if (bytes.length !== KEY_BYTES)
    throw new AttuneError(
      "ATTUNE_PRIVACY_KEY",
      `A key for AES-256 has ${KEY_BYTES} bytes, this one has ${bytes.length}.`,
    );
  const { encrypt, decrypt } = await gcm(bytes);
  return {
    async seal(plain, binding) {
      const iv = platformCrypto().getRandomValues(new Uint8Array(NONCE_BYTES));
      const cipher = await encrypt(plain, iv, bindingBytes(binding));
      const sealed = new Uint8Array(NONCE_BYTES + cipher.length);
      sealed.set(iv);
      sealed.set(cipher, NONCE_BYTES);
      return toBase64Url(sealed);
    },
    async open(sealed, binding) {
      const given = fromBase64Url(sealed);
      if (given === null || given.length <= NONCE_BYTES) throw broken();
      const iv = given.subarray(0, NONCE_BYTES);
      try {
        return await decrypt(given.subarray(NONCE_BYTES), iv, bindingBytes(binding));
      } catch (cause) {
        throw broken(cause);
      }
    },
  };
}

/** A new key's bytes. */
export const newKeyBytes = (): Uint8Array => platformCrypto().getRandomValues(new Uint8Array(KEY_BYTES));
