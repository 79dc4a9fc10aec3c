import { isAscii } from "node:buffer";
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

/** The whole body, for who wants nothing less. Rejects where it breaks off. */
export function wholeBody(incoming: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const broken = (cause?: unknown): void => reject(new TypeError("The body broke off.", { cause }));
    // Its `close` has been and gone.
    if (incoming.destroyed) return broken();
    incoming
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("end", () => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)))
      .once("error", broken)
      .once("close", () => {
        if (!incoming.readableEnded) broken();
      });
  });
}

/** As UTF-8. What is ASCII only, as JSON mostly is, comes out the same as Latin-1, which costs a tenth. */
export const textOf = (bytes: Buffer): string =>
  isAscii(bytes) ? bytes.toString("latin1") : new TextDecoder().decode(bytes);
