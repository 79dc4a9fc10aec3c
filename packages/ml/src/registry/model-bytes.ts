/** What the platform has, of which the library's own types know nothing. */
interface Platform {
  crypto: { subtle: { digest(algorithm: "SHA-256", data: Uint8Array): Promise<ArrayBuffer> } };
  btoa(text: string): string;
  atob(text: string): string;
}
const platform = globalThis as unknown as Platform;

/** 192 KiB, 256 KiB as base64: with its key within the 400 KB that the tightest of the stores allows a record. */
export const CHUNK_BYTES = 192 * 1024;
/** Of which the text is made at once: calls take only so many arguments. */
const PIECE = 8192;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return platform.btoa(text);
}

export function fromBase64(text: string): Uint8Array {
  const binary = platform.atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** What names a file by its content, in both forms. */
export interface ContentHash {
  /** SHA-256, 64 hex digits. */
  readonly version: string;
  /** `sha256-…`, as Subresource Integrity writes it. */
  readonly integrity: string;
}

export async function contentHash(bytes: Uint8Array): Promise<ContentHash> {
  const digest = new Uint8Array(await platform.crypto.subtle.digest("SHA-256", bytes));
  const version = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { version, integrity: `sha256-${toBase64(digest)}` };
}
