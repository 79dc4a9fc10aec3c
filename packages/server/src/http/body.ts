import { decoderOf, ENCODINGS, expand } from "./expand.js";
import { Refusal } from "./refusal.js";
import type { Admitted } from "./room.js";

/** Sizes in bytes: as sent, after decompression, and of one event. */
export interface BodyLimits {
  sent: number;
  expanded: number;
  event: number;
  /** A body that has not arrived after this is refused, ms (default 30,000); after a second, where its place is needed. */
  arrivalMs: number;
}

export const BODY_LIMITS: BodyLimits = {
  sent: 1 << 20,
  expanded: 8 << 20,
  event: 32 << 10,
  arrivalMs: 30_000,
};

const ACCEPTED = /^(application\/(json|[\w.-]+\+json)|text\/plain)\s*(;|$)/i;
/** Above a batch of a hundred events; hundreds of bodies that are announced and never come fill nothing yet. */
const AT_ONCE = 128 << 10;

const encodingOf = (request: Request): string =>
  (request.headers.get("content-encoding") || "identity").trim().toLowerCase();

/** As the header says; null where there is none. */
export function declaredLength(request: Request): number | null {
  const header = request.headers.get("content-length");
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

export const isEncoded = (request: Request): boolean => encodingOf(request) !== "identity";

/** The length of a body that is plain and small: it is taken in one piece, which costs least. Null: it is taken as it comes. */
export function lengthAtOnce(request: Request, limits: BodyLimits): number | null {
  const declared = isEncoded(request) ? null : declaredLength(request);
  return declared !== null && declared <= Math.min(limits.sent, AT_ONCE) ? declared : null;
}

/**
 * The body as text: JSON, or `text/plain` as `sendBeacon` sends it, plain or compressed.
 *
 * @throws Refusal 413 over a limit, 415 for another type or encoding, 408 for a body that does not arrive in time, 400 for one that breaks
 *   off or does not decompress, and what `resize` of the room throws.
 */
export async function readText(request: Request, limits: BodyLimits, room: Admitted): Promise<string> {
  const type = request.headers.get("content-type");
  if (type !== null && !ACCEPTED.test(type)) {
    throw new Refusal(415, "ATTUNE_SERVER_CONTENT_TYPE", "Send application/json or text/plain.");
  }
  if (lengthAtOnce(request, limits) !== null) return arriving(request.text(), limits.arrivalMs, room);
  const decode = isEncoded(request) ? decoderOf(encodingOf(request)) : null;
  if (decode === undefined) {
    const detail = "Send the body plain or in one accepted encoding.";
    const headers = { "accept-encoding": ENCODINGS.join(", ") };
    throw new Refusal(415, "ATTUNE_SERVER_CONTENT_ENCODING", detail, { headers });
  }
  const sent = await readBytes(request, limits, room);
  const bytes = decode ? await expand(decode(), sent, { limit: limits.expanded, hold: room.resize }) : sent;
  return new TextDecoder().decode(bytes);
}

async function readBytes(request: Request, limits: BodyLimits, room: Admitted): Promise<Uint8Array> {
  if ((declaredLength(request) ?? 0) > limits.sent) throw tooLarge(limits.sent);
  if (!request.body) return new Uint8Array();
  const reader = request.body.getReader();
  try {
    return await arriving(collect(reader, limits.sent, room), limits.arrivalMs, room);
  } catch (error) {
    // Not awaited: a peer that never stops sending must not hold up its own refusal.
    void reader.cancel().catch(() => {});
    throw error;
  }
}

async function collect(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  limit: number,
  room: Admitted,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks, size);
    size += value.byteLength;
    if (size > limit) throw tooLarge(limit);
    room.resize(size);
    chunks.push(value);
  }
}

/** What comes of reading, unless it takes too long or the client leaves half-way: neither is a failure of the server. */
async function arriving<T>(reading: Promise<T>, ms: number, room: Admitted): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let arrived: (() => void) | undefined;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (how: string): void => {
      const detail = `The body did not arrive ${how}; send it again, in smaller parts if the connection is slow.`;
      reject(new Refusal(408, "ATTUNE_SERVER_BODY_LATE", detail));
    };
    timer = setTimeout(() => giveUp(`within ${ms} ms`), ms);
    arrived = room.arriving(() => giveUp("before others needed its place"));
  });
  try {
    return await Promise.race([reading, late]);
  } catch (cause) {
    if (cause instanceof Refusal) throw cause;
    const detail = "The body broke off before its end; send it again as a whole.";
    throw new Refusal(400, "ATTUNE_SERVER_BODY_BROKEN", detail, { cause });
  } finally {
    clearTimeout(timer);
    arrived?.();
  }
}

const tooLarge = (limit: number): Refusal =>
  new Refusal(
    413,
    "ATTUNE_SERVER_BODY_SIZE",
    `The body exceeds ${limit} bytes as sent; send fewer events at a time.`,
  );
