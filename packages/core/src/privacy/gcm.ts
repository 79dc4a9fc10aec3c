import { utf8ToBytes } from "@noble/hashes/utils.js";
import { nodeCrypto, platformCrypto } from "./platform.js";

const TAG_BYTES = 16;

/** AES-256-GCM under one key (NIST SP 800-38D). What comes out, and goes in again, is ciphertext and then the tag, as WebCrypto has it. */
export interface Gcm {
  encrypt(plain: string, iv: Uint8Array, additional: Uint8Array): Uint8Array | Promise<Uint8Array>;
  /** Throws, or rejects, for what was not made under this key with this `iv` and `additional`. */
  decrypt(sealed: Uint8Array, iv: Uint8Array, additional: Uint8Array): string | Promise<string>;
}

/**
 * By Node's own module where it is there: WebCrypto hands each text to another thread and back, which takes five times as long as
 * encrypting the few kilobytes of a log entry.
 */
export const gcm = async (key: Uint8Array): Promise<Gcm> => nodeGcm(key) ?? (await webGcm(key));

export function nodeGcm(bytes: Uint8Array): Gcm | null {
  const crypto = nodeCrypto();
  if (crypto === null) return null;
  const key = crypto.createSecretKey(bytes);
  return {
    encrypt(plain, iv, additional) {
      const cipher = crypto.createCipheriv("aes-256-gcm", key, iv);
      cipher.setAAD(additional);
      const text = cipher.update(plain, "utf8");
      cipher.final();
      const out = new Uint8Array(text.length + TAG_BYTES);
      out.set(text);
      out.set(cipher.getAuthTag(), text.length);
      return out;
    },
    decrypt(sealed, iv, additional) {
      const end = sealed.length - TAG_BYTES;
      const decipher = crypto.createDecipheriv("aes-256-gcm", key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(additional);
      decipher.setAuthTag(sealed.subarray(Math.max(0, end)));
      const plain = decipher.update(sealed.subarray(0, Math.max(0, end)), undefined, "utf8");
      return plain + decipher.final("utf8");
    },
  };
}

export async function webGcm(bytes: Uint8Array): Promise<Gcm> {
  const { subtle } = platformCrypto();
  const key = await subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  const decoder = new (
    globalThis as unknown as {
      TextDecoder: new (
        label: "utf-8",
        options: { ignoreBOM: true },
      ) => { decode(data: ArrayBuffer): string };
    }
  ).TextDecoder("utf-8", { ignoreBOM: true });
  return {
    async encrypt(plain, iv, additionalData) {
      return new Uint8Array(
        await subtle.encrypt({ name: "AES-GCM", iv, additionalData }, key, utf8ToBytes(plain)),
      );
    },
    async decrypt(sealed, iv, additionalData) {
      return decoder.decode(await subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, sealed));
    },
  };
}
