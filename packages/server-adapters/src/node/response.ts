import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

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
  const { body, status } = response;
  const head: Head = (length) => {
    const headers = toNodeHeaders(response.headers, outgoing);
    if (length !== undefined) headers["content-length"] ??= length;
    outgoing.writeHead(status, headers);
  };
  if (body === null || isHead || outgoing.destroyed) {
    if (!outgoing.destroyed) {
      head(isHead || BODILESS.has(status) ? undefined : 0);
      outgoing.end();
    }
    await body?.cancel();
    return;
  }
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
  for (let chunk = await first; !chunk.done && !outgoing.destroyed; ) {
    if (!outgoing.write(chunk.value)) await drained(outgoing);
    chunk = await (ahead ?? reader.read());
    ahead = null;
  }
  outgoing.end();
}

/** Null, after everything that is ready by now has had its turn. */
const soon = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done).off("close", done);
      resolve();
    };
    outgoing.on("drain", done).on("close", done);
  });
}
