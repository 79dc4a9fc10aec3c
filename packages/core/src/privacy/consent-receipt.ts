import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { ConsentMode, ConsentSource, Grants, OptionalPurpose } from "../consent/types.js";
import { canonicalJson } from "../kernel/json.js";
import { ed25519, isSignedBy, type Signer } from "./ed25519.js";
import { sameText } from "./same-text.js";

/** What a receipt says (T27): who agreed to what, when, where, by which way, and to which words. */
export interface ReceiptContent {
  /** 2: signed by a key whose public half is published. 1, as earlier versions made them: known to the server alone. */
  v: 1 | 2;
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
  /** Names the public key (`kid`); absent in version 1. */
  key?: string;
}

export interface SignedConsentReceipt extends ReceiptContent {
  /**
   * Ed25519 (RFC 8032), base64url, over the text `consent-receipt`, a line feed, and the JSON of all else with its keys in order (RFC 8785). In
   * version 1 HMAC-SHA-256 over the same under the site's audit key, hex.
   */
  signature: string;
}

/** A public key of receipts, as a JSON Web Key (RFC 7517, RFC 8037). */
export interface ReceiptKey {
  kty: "OKP";
  crv: "Ed25519";
  alg: "EdDSA";
  use: "sig";
  kid: string;
  x: string;
}

/** What signs the receipts of a site. */
export interface ReceiptSigning {
  readonly publicKey: ReceiptKey;
  sign(content: Omit<ReceiptContent, "v" | "key">): Promise<SignedConsentReceipt>;
  /** Whether it is as it was signed here, in whichever version: nothing altered, added or left out. */
  verify(receipt: unknown): Promise<boolean>;
}

/** The audit key is for other things as well; what comes of it under a name of its own can be taken for none of them. */
const SEED = "attune receipt key\n";

const messageOf = (content: object): Uint8Array => utf8ToBytes(`consent-receipt\n${canonicalJson(content)}`);
/** Null for what cannot be written down, such as what nests too deep. */
function messageIn(content: object): Uint8Array | null {
  try {
    return messageOf(content);
  } catch {
    return null;
  }
}
const kidOf = (x: string): string => bytesToHex(sha256(utf8ToBytes(x))).slice(0, 16);

/** @param auditKey 32 bytes, kept apart from the receipts: who has both can write receipts. The same key makes the same pair, always. */
export async function receiptSigning(auditKey: Uint8Array): Promise<ReceiptSigning> {
  const signer: Signer = await ed25519(hmac(sha256, auditKey, utf8ToBytes(SEED)));
  const kid = kidOf(signer.publicKey);
  const publicKey: ReceiptKey = {
    ...{ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" },
    ...{ kid, x: signer.publicKey },
  };
  return {
    publicKey,
    async sign(content) {
      const whole: ReceiptContent = { ...content, v: 2, key: kid };
      return { ...whole, signature: await signer.sign(messageOf(whole)) };
    },
    async verify(receipt) {
      const { v, key } = (receipt ?? {}) as { v?: unknown; key?: unknown };
      return v === 1
        ? isSignedInOne(auditKey, receipt)
        : key === kid && verifyConsentReceipt(publicKey, receipt);
    },
  };
}

/** As version 1 signed them. */
function isSignedInOne(auditKey: Uint8Array, receipt: unknown): boolean {
  const { signature, ...content } = receipt as SignedConsentReceipt;
  const message = messageIn(content);
  return message !== null && sameText(signature, bytesToHex(hmac(sha256, auditKey, message)));
}

/**
 * Whether a receipt (version 2) was signed by whoever has the private half of this key, and nothing of it was altered, added or left out since:
 * for those who have the public key alone. Never rejects.
 *
 * @param publicKey As the server publishes it.
 */
export async function verifyConsentReceipt({ x }: Pick<ReceiptKey, "x">, receipt: unknown): Promise<boolean> {
  if (typeof receipt !== "object" || receipt === null) return false;
  const { signature, ...content } = receipt as SignedConsentReceipt;
  const message = content.v === 2 && content.key === kidOf(x) ? messageIn(content) : null;
  return message !== null && isSignedBy(x, message, signature);
}

/**
 * The hash of the words that people agree to, for a policy's `textHash`: over whatever holds them, such as the message catalogues of all
 * languages that the site speaks. Equal contents have equal hashes, whatever the order of their keys. For the moment of building.
 */
export const consentTextHash = (texts: unknown): string =>
  bytesToHex(sha256(utf8ToBytes(canonicalJson(texts))));
