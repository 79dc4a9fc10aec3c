import { createHmac, timingSafeEqual } from "node:crypto";

/** Which headers a message carries (Standard Webhooks 1.0.0): its id, when it was sent (epoch seconds), and what shows who sent it. */
export interface SignedHeaders {
  "webhook-id": string;
  "webhook-timestamp": string;
  /** `v1,` and the base64 of the HMAC-SHA256 of `{id}.{timestamp}.{body}`; one for each secret, a space between. */
  "webhook-signature": string;
}

/** How far the clocks of sender and receiver may be apart, s. */
const TOLERANCE_S = 300;

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ""), "base64");

const signature = (secret: string, text: string): string =>
  `v1,${createHmac("sha256", keyOf(secret)).update(text).digest("base64")}`;

/** @param at Epoch ms. */
export function sign(
  { id, body }: { id: string; body: string },
  secrets: readonly string[],
  at: number,
): SignedHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const text = `${id}.${timestamp}.${body}`;
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": secrets.map((secret) => signature(secret, text)).join(" "),
  };
}

/**
 * Whether a message is of who holds one of the secrets, and of the last five minutes: for receivers. The body is the text as it came, before anything reads it.
 *
 * @param at Epoch ms of its arrival.
 */
export function verifyWebhook(
  body: string,
  headers: SignedHeaders,
  { secrets, at }: { secrets: readonly string[]; at: number },
): boolean {
  // They come from a request, whatever their type says: one may be missing.
  const {
    "webhook-id": id = "",
    "webhook-timestamp": timestamp = "",
    "webhook-signature": signed = "",
  }: Partial<SignedHeaders> = headers;
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(at / 1000 - Number(timestamp)) > TOLERANCE_S) return false;
  const given = signed.split(" ").map((text) => Buffer.from(text));
  return secrets.some((secret) => {
    const right = Buffer.from(signature(secret, `${id}.${timestamp}.${body}`));
    return given.some((one) => one.length === right.length && timingSafeEqual(one, right));
  });
}
