const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = /* @__PURE__ */ new Map(/* @__PURE__ */ Array.from(DIGITS, (digit, i) => [digit, i]));

/** Node's own codec where it is there: ten times as fast. */
interface WithBuffer {
  Buffer?: {
    from(bytes: ArrayBufferLike, offset: number, length: number): { toString(encoding: "base64url"): string };
    from(text: string, encoding: "base64url"): Uint8Array;
  };
}

/** Base64 for URLs, without padding (RFC 4648 §5). */
export function toBase64Url(bytes: Uint8Array): string {
  const { Buffer } = globalThis as WithBuffer;
  if (Buffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const group = (a << 16) | (b << 8) | c;
    const digits = Math.min(4, bytes.length - i + 1);
    for (let d = 0; d < digits; d++) text += DIGITS[(group >> (18 - 6 * d)) & 63];
  }
  return text;
}

/** The inverse of {@link toBase64Url}; null for what is none. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  const { Buffer } = globalThis as WithBuffer;
  if (Buffer) return Buffer.from(text, "base64url");
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let group = 0;
  let bits = 0;
  let at = 0;
  for (const digit of text) {
    group = ((group << 6) | (VALUES.get(digit) as number)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (group >> bits) & 0xff;
  }
  return bytes;
}
