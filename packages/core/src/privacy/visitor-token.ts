import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Who may see, take away and decide on what is kept of one visitor, and until when (epoch ms). */
export interface VisitorClaim {
  site: string;
  visitorId: string;
  expiresAt: number;
}

const VERSION = "v1";
/** So that nothing that was signed for another purpose under the same key is a token. */
const PURPOSE = "attune visitor token\n";
const TOKEN = /^v1\.((?:[0-9a-f]{2}){1,1024})\.([0-9a-f]{64})$/;

const signatureOf = (key: Uint8Array, content: string): Uint8Array =>
  hmac(sha256, key, utf8ToBytes(`${PURPOSE}${VERSION}.${content}`));

/** `v1.{claim}.{signature}`: hex of its JSON, and HMAC-SHA-256 of that. */
export function signVisitorToken(key: Uint8Array, { site, visitorId, expiresAt }: VisitorClaim): string {
  const content = bytesToHex(utf8ToBytes(JSON.stringify([site, visitorId, expiresAt])));
  return `${VERSION}.${content}.${bytesToHex(signatureOf(key, content))}`;
}

/** What a token says, whoever made it; null for what is none. It counts for nothing before {@link isSignedToken}. */
export function claimIn(token: string): VisitorClaim | null {
  const content = TOKEN.exec(token)?.[1];
  if (content === undefined) return null;
  try {
    const claim = JSON.parse(utf8Of(hexToBytes(content))) as unknown;
    if (!Array.isArray(claim)) return null;
    const [site, visitorId, expiresAt] = claim as unknown[];
    if (typeof site !== "string" || typeof visitorId !== "string" || typeof expiresAt !== "number")
      return null;
    return { site, visitorId, expiresAt };
  } catch {
    return null;
  }
}

/** Whether the token was signed under this key. In constant time for the signature. */
export function isSignedToken(key: Uint8Array, token: string): boolean {
  const [, content, signature] = TOKEN.exec(token) ?? [];
  if (content === undefined || signature === undefined) return false;
  const expected = signatureOf(key, content);
  const given = hexToBytes(signature);
  let difference = 0;
  for (let i = 0; i < expected.length; i++) difference |= (expected[i] as number) ^ (given[i] as number);
  return difference === 0;
}

/** Percent-encoded, which every engine decodes without a decoder of the platform. @throws URIError for bytes that are no text. */
const utf8Of = (bytes: Uint8Array): string =>
  decodeURIComponent(bytesToHex(bytes).replace(/../g, (pair) => `%${pair}`));
