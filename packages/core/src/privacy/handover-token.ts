import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { sealingKey } from "./seal.js";

/** Who is handed over, and until when (epoch ms). */
export interface HandoverClaim {
  /** Names the hand-over, so that it can be taken up once. */
  id: string;
  visitorId: string;
  expiresAt: number;
}

/** Whose hand-over it is, and to where: it can be read as that alone. */
export interface HandoverPlace {
  site: string;
  /** Origin that it leads to. */
  to: string;
}

/** Longer ones are none. */
const MAX_TOKEN = 1024;
/** So that nothing that the key is for otherwise is a hand-over. */
const PURPOSE = "attune handover\n";

const sealOf = (key: Uint8Array) => sealingKey(hmac(sha256, key, utf8ToBytes(PURPOSE)));
const bindingOf = ({ site, to }: HandoverPlace): readonly string[] => ["handover", site, to];

/**
 * A text by which another domain learns who comes. It is sealed (AES-256-GCM) under a key that only servers have, so nobody else can make one,
 * alter one, or read the visitor's id out of one.
 *
 * @param key 32 bytes.
 */
export async function sealHandover(
  key: Uint8Array,
  place: HandoverPlace,
  { id, visitorId, expiresAt }: HandoverClaim,
): Promise<string> {
  return (await sealOf(key)).seal(JSON.stringify([id, visitorId, expiresAt]), bindingOf(place));
}

/** What it says; null for what was not sealed under this key for this place. Whether it is too old or used is for the caller to see. */
export async function openHandover(
  key: Uint8Array,
  place: HandoverPlace,
  token: string,
): Promise<HandoverClaim | null> {
  if (token.length > MAX_TOKEN) return null;
  try {
    const text = await (await sealOf(key)).open(token, bindingOf(place));
    const [id, visitorId, expiresAt] = JSON.parse(text) as [string, string, number];
    return { id, visitorId, expiresAt };
  } catch {
    return null;
  }
}
