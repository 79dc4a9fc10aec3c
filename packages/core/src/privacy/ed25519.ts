import { fromBase64Url, toBase64Url } from "./bytes.js";
import { nodeCrypto, platformCrypto } from "./platform.js";

/** Ed25519 (RFC 8032) under one key pair. */
export interface Signer {
  /** 32 bytes in base64url, as `x` of a JWK (RFC 8037). */
  publicKey: string;
  /** 64 bytes in base64url. */
  sign(message: Uint8Array): string | Promise<string>;
}

const SEED_BYTES = 32;
/** What stands before the seed in PKCS #8 (RFC 8410 §7). */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
const ALGORITHM = "Ed25519";

const pkcs8Of = (seed: Uint8Array): Uint8Array => Uint8Array.from([...PKCS8, ...seed]);
const jwkOf = (x: string) => ({ kty: "OKP", crv: ALGORITHM, x });

/** By Node's own module where it is there: WebCrypto's Ed25519 is not in every Node that this runs on without a warning. */
export const ed25519 = async (seed: Uint8Array): Promise<Signer> =>
  nodeSigner(seed) ?? (await webSigner(seed));

export function nodeSigner(seed: Uint8Array): Signer | null {
  const crypto = nodeCrypto();
  if (crypto === null) return null;
  const key = crypto.createPrivateKey({ key: pkcs8Of(seed), format: "der", type: "pkcs8" });
  return {
    publicKey: crypto.createPublicKey(key).export({ format: "jwk" }).x,
    sign: (message) => toBase64Url(crypto.sign(null, message, key)),
  };
}

export async function webSigner(seed: Uint8Array): Promise<Signer> {
  const { subtle } = platformCrypto();
  const key = await subtle.importKey("pkcs8", pkcs8Of(seed), ALGORITHM, true, ["sign"]);
  return {
    publicKey: (await subtle.exportKey("jwk", key)).x,
    sign: async (message) => toBase64Url(new Uint8Array(await subtle.sign(ALGORITHM, key, message))),
  };
}

/** Whether the message was signed by whoever has the private key of `publicKey`; false for anything that is no key or no signature. */
export async function isSignedBy(
  publicKey: string,
  message: Uint8Array,
  signature: unknown,
): Promise<boolean> {
  const bytes = typeof signature === "string" ? fromBase64Url(signature) : null;
  // One text for one signature: bits that a decoder passes over are no part of it.
  if (bytes?.length !== 2 * SEED_BYTES || toBase64Url(bytes) !== signature) return false;
  try {
    return nodeVerify(publicKey, message, bytes) ?? (await webVerify(publicKey, message, bytes));
  } catch {
    return false;
  }
}

export function nodeVerify(publicKey: string, message: Uint8Array, signature: Uint8Array): boolean | null {
  const crypto = nodeCrypto();
  if (crypto === null) return null;
  const key = crypto.createPublicKey({ key: jwkOf(publicKey), format: "jwk" });
  return crypto.verify(null, message, key, signature);
}

export async function webVerify(
  publicKey: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const { subtle } = platformCrypto();
  const key = await subtle.importKey("jwk", jwkOf(publicKey), ALGORITHM, false, ["verify"]);
  return subtle.verify(ALGORITHM, key, signature, message);
}
