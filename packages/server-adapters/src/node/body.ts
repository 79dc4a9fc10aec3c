import { isAscii, isUtf8, transcode } from "node:buffer";
import type { Readable } from "node:stream";

/** Touches the socket only when the first chunk is asked for, and reads no faster than chunks are taken. */
export function lazyBody(incoming: Readable): ReadableStream<Uint8Array> {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        // Leaving the body half-read must not tear down the socket: the response still has to go out over it.
        chunks ??= incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await chunks?.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The whole body as a text, for who wants nothing less. Rejects where it breaks off, or is longer than a text can be. */
export async function wholeText(incoming: Readable): Promise<string> {
  return textOf(joined(await chunksOf(incoming)));
}

function chunksOf(incoming: Readable): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const broken = (cause?: unknown): void => reject(new TypeError("The body broke off.", { cause }));
    // Its `close` has been and gone.
    if (incoming.destroyed) return broken();
    incoming
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("end", () => resolve(chunks))
      .once("error", broken)
      .once("close", () => {
        if (!incoming.readableEnded) broken();
      });
  });
}

/** What most bodies that come in several chunks fit into, bytes. */
const SHARED_BYTES = 512 * 1024;
let shared: Buffer | null = null;

/**
 * The chunks in one piece, good until the next call: they are put together in memory that is used again, since new memory, which the system hands
 * over page by page, costs several times what copying does.
 */
export function joined(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  if (first !== undefined && chunks.length === 1) return first;
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (length > SHARED_BYTES) return Buffer.concat(chunks);
  shared ??= Buffer.allocUnsafeSlow(SHARED_BYTES);
  let used = 0;
  for (const chunk of chunks) used += chunk.copy(shared, used);
  return shared.subarray(0, length);
}

/** From here on, bytes, the detour through UTF-16 is the shorter way. */
const LONG = 4096;
/** Node without ICU has no `transcode`, and Bun one that throws. */
const TRANSCODES = typeof transcode === "function" && !("bun" in process.versions);
const BYTE_ORDER_MARK = 0xef;

/**
 * As UTF-8, byte order mark left out and what is none of it replaced, as `TextDecoder` does. Of ASCII, as JSON mostly is, Latin-1 makes the same
 * at a tenth of the cost; of other text Node makes UTF-16 at a third of it.
 */
export function textOf(bytes: Buffer): string {
  if (isAscii(bytes)) return bytes.toString("latin1");
  return TRANSCODES && bytes.length >= LONG && bytes[0] !== BYTE_ORDER_MARK && isUtf8(bytes)
    ? transcode(bytes, "utf8", "utf16le").toString("utf16le")
    : new TextDecoder().decode(bytes);
}
