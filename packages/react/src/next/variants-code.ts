/** What a page was decided to show: all that tells its copies apart, and nothing of any visitor. */
export interface VariantsCode {
  rulesetVersion: string | null;
  /** The entry of the consent policy's `regions` that the visitor falls under; null for none. */
  region: string | null;
  /** Slot → variant; null for the slot's fallback. */
  variants: Readonly<Record<string, string | null>>;
}

/** Longer ones are none: no page has that many slots, and addresses have an end. */
const MAX_LENGTH = 2000;

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (c) => ({ "+": "-", "/": "_" })[c] ?? "");

const fromBase64Url = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

const keyOf = (secret: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", utf8(secret), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);

/**
 * The code as one segment of a path (letters, digits, `-`, `_`, `~`). The same content always gives the same code.
 *
 * @param secret Signs it (HMAC-SHA-256), so that only codes made by who knows the secret are taken.
 */
export async function encodeVariants(code: VariantsCode, secret?: string): Promise<string> {
  const { rulesetVersion, region, variants } = code;
  const entries = Object.entries(variants).sort(([a], [b]) => (a < b ? -1 : 1));
  const payload = toBase64Url(utf8(JSON.stringify([1, rulesetVersion, region, entries])));
  if (secret === undefined) return payload;
  const signature = await crypto.subtle.sign("HMAC", await keyOf(secret), utf8(payload));
  return `${payload}~${toBase64Url(new Uint8Array(signature))}`;
}

/** Reads {@link encodeVariants}'s text. Null for anything else: without the right signature where there is a secret, with one where there is none. */
export async function decodeVariants(text: unknown, secret?: string): Promise<VariantsCode | null> {
  if (typeof text !== "string" || text.length > MAX_LENGTH) return null;
  const [payload = "", signature, ...rest] = text.split("~");
  if (rest.length > 0 || (signature === undefined) !== (secret === undefined)) return null;
  try {
    if (
      secret !== undefined &&
      !(await crypto.subtle.verify(
        "HMAC",
        await keyOf(secret),
        fromBase64Url(signature ?? ""),
        utf8(payload),
      ))
    )
      return null;
    const read = readPayload(
      JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(payload))),
    );
    // One content, one address: any other spelling of it would be another page in the cache.
    return read !== null && (await encodeVariants(read, secret)) === text ? read : null;
  } catch {
    return null;
  }
}

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === "string";

function readPayload(value: unknown): VariantsCode | null {
  if (!Array.isArray(value)) return null;
  const [format, rulesetVersion, region, entries] = value as unknown[];
  if (format !== 1 || !isTextOrNull(rulesetVersion) || !isTextOrNull(region) || !Array.isArray(entries))
    return null;
  const right = entries.every(
    (entry) => Array.isArray(entry) && typeof entry[0] === "string" && isTextOrNull(entry[1]),
  );
  return right
    ? { rulesetVersion, region, variants: Object.fromEntries(entries as [string, string | null][]) }
    : null;
}
