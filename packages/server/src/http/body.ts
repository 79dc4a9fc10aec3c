import { promisify } from "node:util";
import zlib from "node:zlib";
import { Refusal } from "./refusal.js";

/** Sizes in bytes: as sent, after decompression, and of one event. */
export interface BodyLimits {
  sent: number;
  expanded: number;
  event: number;
}

export const BODY_LIMITS: BodyLimits = { sent: 1 << 20, expanded: 8 << 20, event: 32 << 10 };

type Expand = (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

/** The decoders this runtime has. Each stops at `maxOutputLength`, so a small body cannot become a large memory. */
const EXPANDERS: Readonly<Record<string, Expand | undefined>> = {
  gzip: promisify(zlib.gunzip) as Expand,
  br: promisify(zlib.brotliDecompress) as Expand,
  ...("zstdDecompress" in zlib ? { zstd: promisify(zlib.zstdDecompress as never) as Expand } : {}),
};

const ACCEPTED = /^(application\/(json|[\w.-]+\+json)|text\/plain)\s*(;|$)/i;

/**
 * The body as text: JSON, or `text/plain` as `sendBeacon` sends it, plain or compressed.
 *
 * @throws Refusal 413 over a limit, 415 for another type or encoding, 400 for a body that does not decompress.
 */
export async function readText(request: Request, limits: BodyLimits): Promise<string> {
  const type = request.headers.get("content-type");
  if (type !== null && !ACCEPTED.test(type)) {
    throw new Refusal(415, "ATTUNE_SERVER_CONTENT_TYPE", "Send application/json or text/plain.");
  }
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding === "identity" || encoding === "") {
    const declared = Number(request.headers.get("content-length") ?? Number.NaN);
    if (declared <= limits.sent) return request.text();
    return new TextDecoder().decode(await readBytes(request, limits.sent));
  }
  const expand = Object.hasOwn(EXPANDERS, encoding) ? EXPANDERS[encoding] : undefined;
  if (!expand) {
    const headers = { "accept-encoding": Object.keys(EXPANDERS).join(", ") };
    throw new Refusal(
      415,
      "ATTUNE_SERVER_CONTENT_ENCODING",
      "Send the body plain or in one accepted encoding.",
      {
        headers,
      },
    );
  }
  const sent = await readBytes(request, limits.sent);
  try {
    return new TextDecoder().decode(await expand(sent, { maxOutputLength: limits.expanded }));
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLarge(limits.expanded, "decompressed");
    throw new Refusal(400, "ATTUNE_SERVER_BODY_ENCODING", "The body is not what its content-encoding says.", {
      cause,
    });
  }
}

/** @throws Refusal 400 for what is not JSON as a whole. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "ATTUNE_SERVER_BODY_JSON", "The body is not JSON; nothing of it was taken.");
  }
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit, "sent");
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.byteLength;
    if (size > limit) {
      // Not awaited: a peer that never stops sending must not hold up its own refusal.
      void reader.cancel().catch(() => {});
      throw tooLarge(limit, "sent");
    }
    chunks.push(value);
  }
}

const tooLarge = (limit: number, when: "sent" | "decompressed"): Refusal =>
  new Refusal(
    413,
    "ATTUNE_SERVER_BODY_SIZE",
    `The body exceeds ${limit} bytes as ${when}; send fewer events at a time.`,
  );

/** Whether objects and arrays nest deeper than `limit`. Does not recurse, so no input can exhaust the stack. */
export function deeperThan(value: unknown, limit: number): boolean {
  let level: object[] = typeof value === "object" && value !== null ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= limit) return true;
    const next: object[] = [];
    for (const parent of level) {
      for (const child of Object.values(parent) as unknown[]) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
