import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ConsentMode, ConsentSource, Grants, OptionalPurpose } from "../consent/types.js";
import { canonicalJson } from "../kernel/json.js";
import { sameText } from "./same-text.js";

/** What a receipt says (T27): who agreed to what, when, where, by which way, and to which words. */
export interface ReceiptContent {
  v: 1;
  /** Names the decision. */
  id: string;
  site: string;
  /** Whose decision it is, by pseudonym: `v/…` a visitor's, `u/…` a user's. */
  subject: string;
  /** When the person decided, by the person's clock, and when the server wrote it down; ISO 8601. */
  decidedAt: string;
  recordedAt: string;
  policyVersion: string;
  /** SHA-256 of the words that were agreed to, hex; null where the server's policy has none for this version. */
  textHash: string | null;
  purposes: Grants;
  /** The purposes that the person was asked about, where not all of the policy's. */
  asked?: readonly OptionalPurpose[];
  mode: ConsentMode;
  region: string | null;
  source: ConsentSource;
}

export interface SignedConsentReceipt extends ReceiptContent {
  /** HMAC-SHA-256 under the site's audit key, hex. */
  signature: string;
}

/** The audit key signs other things as well; under its own name this can be taken for none of them. */
const signatureOf = (key: Uint8Array, content: ReceiptContent): string =>
  bytesToHex(hmac(sha256, key, utf8ToBytes(`consent-receipt\n${canonicalJson(content)}`)));

/** @param key 32 bytes, kept apart from the receipts: who has both can write receipts. */
export const signReceipt = (key: Uint8Array, content: ReceiptContent): SignedConsentReceipt => ({
  ...content,
  signature: signatureOf(key, content),
});

/** Whether it is as it was signed: nothing altered, added or left out. */
export function isSignedReceipt(key: Uint8Array, receipt: unknown): receipt is SignedConsentReceipt {
  if (typeof receipt !== "object" || receipt === null) return false;
  const { signature, ...content } = receipt as SignedConsentReceipt;
  return sameText(signature, signatureOf(key, content));
}

/**
 * The hash of the words that people agree to, for a policy's `textHash`: over whatever holds them, such as the message catalogues of all
 * languages that the site speaks. Equal contents have equal hashes, whatever the order of their keys. For the moment of building.
 */
export const consentTextHash = (texts: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(texts))));
