import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type ByteSource, isSource, type PlainContent, PlainResponse } from "./plain-response.js";

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Head = (length?: number) => void;

/** Statuses whose responses have no length. */
const BODILESS = new Set([204, 304]);

/**
 * Writes a fetch `Response` to node:http. A body that is there at once goes out in one piece with its length; any other
 * is streamed chunk by chunk, no faster than the client takes it, and is cancelled when the client goes away.
 */
export async function sendResponse(
  response: Response,
  outgoing: ServerResponse,
  isHead: boolean,
): Promise<void> {
  const { status } = response;
  const head: Head = (length) => {
    const headers = toNodeHeaders(response.headers, outgoing);
    if (length !== undefined) headers["content-length"] ??= length;
    outgoing.writeHead(status, headers);
  };
  const plain = response instanceof PlainResponse ? response.take() : undefined;
  const content = plain === undefined ? response.body : plain;
  if (content === null || isHead || outgoing.destroyed) {
    try {
      if (!outgoing.destroyed) {
        head(isHead || BODILESS.has(status) ? undefined : 0);
        outgoing.end();
      }
    } finally {
      if (!isWhole(content)) await content.cancel();
    }
    return;
  }
  if (!isWhole(content))
    return isSource(content) ? sendSource(content, outgoing, head) : sendStream(content, outgoing, head);
  // As bytes: a text would be joined with the head, whose own bytes that changes.
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  head(bytes.byteLength);
  outgoing.end(bytes);
}

const isWhole = (
  content: ReadableStream<Uint8Array> | PlainContent,
): content is string | Uint8Array<ArrayBuffer> | null =>
  content === null || typeof content === "string" || content instanceof Uint8Array;

async function sendStream(body: ReadableStream, outgoing: ServerResponse, head: Head): Promise<void> {
  const reader: Reader = body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  outgoing.once("close", cancel);
  // While the client takes nothing, nobody reads the body, nor sees that it breaks off.
  reader.closed.catch(() => {
    if (outgoing.writableNeedDrain) outgoing.destroy();
  });
  try {
    await pump(reader, outgoing, head);
  } catch (error) {
    cancel();
    throw error;
  } finally {
    outgoing.off("close", cancel);
  }
}

/** Resolves when all was written or the client has gone; rejects where the source breaks off. */
async function sendSource(source: ByteSource, outgoing: ServerResponse, head: Head): Promise<void> {
  try {
    head();
    // Who reads an event stream must see at once that it is connected.
    outgoing.flushHeaders();
  } catch (error) {
    source.cancel();
    throw error;
  }
  return new Promise((resolve, reject) => {
    let isOver = false;
    /** It was asked for a chunk and has not given it. */
    let isAsked = false;
    let isPulling = false;
    /** By what `write` has answered: what stands in between, such as compression, may be full where the socket is not. */
    let isFull = false;
    const over = (then: () => void): void => {
      if (isOver) return;
      isOver = true;
      try {
        then();
      } catch (error) {
        reject(error);
      }
    };
    function fail(reason: unknown): void {
      over(() => {
        // One that takes nothing is not told of what it missed, and that it did not keep up is no failure.
        if (isFull) outgoing.destroy();
        else reject(reason);
      });
    }
    function pull(): void {
      // A source that has one chunk after the other gives them from within.
      if (isPulling) return;
      isPulling = true;
      while (!isAsked && !isOver && !isFull) {
        isAsked = true;
        try {
          source.pull();
        } catch (error) {
          over(() => {
            reject(error);
            source.cancel();
          });
        }
      }
      isPulling = false;
    }
    outgoing.on("drain", () => {
      isFull = false;
      pull();
    });
    outgoing.once("close", () => {
      over(() => source.cancel());
      resolve();
    });
    source.start({
      enqueue(chunk) {
        if (isOver || outgoing.destroyed) return;
        isAsked = false;
        isFull = !outgoing.write(chunk);
        pull();
      },
      close: () => over(() => outgoing.end()),
      error: fail,
    });
    pull();
  });
}

function toNodeHeaders(headers: Headers, outgoing: ServerResponse): OutgoingHttpHeaders {
  const result: OutgoingHttpHeaders = {};
  for (const [name, value] of headers) if (name !== "set-cookie") result[name] = value;
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) {
    // Other headers replace what the application has set ahead of the mount; its cookies are not ours to drop.
    const ahead = outgoing.getHeader("set-cookie") ?? [];
    result["set-cookie"] = [ahead, cookies].flat().map(String);
  }
  return result;
}

async function pump(reader: Reader, outgoing: ServerResponse, head: Head): Promise<void> {
  const first = reader.read();
  const second = reader.read();
  const ready = await Promise.race([Promise.all([first, second]), soon()]);
  // The common case: one chunk, or none, and then the end.
  if (ready?.[1].done) {
    const [{ value }] = ready;
    head(value?.byteLength ?? 0);
    outgoing.end(value);
    return;
  }
  head();
  // Who reads an event stream must see at once that it is connected.
  outgoing.flushHeaders();
  let ahead: Promise<ReadableStreamReadResult<Uint8Array>> | null = second;
  const drained = drains(outgoing);
  for (let chunk = await first; !chunk.done && !outgoing.destroyed; ) {
    if (!outgoing.write(chunk.value)) await drained();
    chunk = await (ahead ?? reader.read());
    ahead = null;
  }
  outgoing.end();
}

/** Null, after everything that is ready by now has had its turn. */
const soon = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));

/** Resolves when there is room again, or the client has gone. */
function drains(outgoing: ServerResponse): () => Promise<void> {
  let go: () => void = () => undefined;
  // Once for all, and each by itself: where `compression` stands in between, a listener for `drain` is its own stream's, and `on` gives that back.
  outgoing.on("drain", () => go());
  outgoing.on("close", () => go());
  return () =>
    new Promise((resolve) => {
      go = resolve;
    });
}
