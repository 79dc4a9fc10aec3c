import { isAttuneError } from "@attune/core";
import type { InfluxConnection } from "./connection.js";

export interface LineWriter {
  /** Resolves when the server has acknowledged all lines. */
  write(lines: readonly string[]): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

export interface LineWriterOptions {
  connection: InfluxConnection;
  /** Of one request, bytes before compression. */
  maxBytes: number;
  /** How long a line waits for company, ms. */
  waitMs: number;
}

interface Call {
  lines: readonly string[];
  bytes: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Makes one request of the lines that come within `waitMs`, or as soon as they fill one, and of those that come while a
 * request is under way. One request at a time, so that of two values for one point the later stands.
 */
export function lineWriter(options: LineWriterOptions): LineWriter {
  const { connection, maxBytes, waitMs } = options;
  let queue: Call[] = [];
  let bytes = 0;
  let flushing: Promise<void> | null = null;
  let hurry: (() => void) | null = null;

  const flush = async (): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      hurry = () => {
        clearTimeout(timer);
        resolve();
      };
      if (bytes >= maxBytes) hurry();
    });
    hurry = null;
    while (queue.length > 0) {
      const calls = queue.splice(0, countWithin(queue, maxBytes));
      bytes -= calls.reduce((sum, call) => sum + call.bytes, 0);
      await send(calls);
    }
  };
  const send = async (calls: readonly Call[]): Promise<void> => {
    try {
      for (const body of bodies(calls, maxBytes)) await writeBody(connection, body);
      for (const call of calls) call.resolve();
    } catch (error) {
      // One call's flaw is not the others': each by itself then, which repeats without harm what was written.
      const isShared = calls.length > 1 && isAttuneError(error) && error.code === "ATTUNE_SERIES_REFUSED";
      if (isShared) for (const call of calls) await send([call]);
      else for (const call of calls) call.reject(error);
    }
  };
  const start = (): void => {
    flushing ??= flush().finally(() => {
      flushing = null;
      // What came between the last look and this moment must not wait for the next call.
      if (queue.length > 0) start();
    });
  };

  return {
    async write(lines) {
      if (lines.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        const size = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
        queue.push({ lines, bytes: size, resolve, reject });
        bytes += size;
        start();
        if (bytes >= maxBytes) hurry?.();
      });
    },
    async close() {
      while (flushing !== null) {
        hurry?.();
        await flushing;
      }
    },
  };
}

/** How many calls from the front fit into one request; at least one. */
function countWithin(queue: readonly Call[], maxBytes: number): number {
  let sum = 0;
  const over = queue.findIndex((call) => {
    sum += call.bytes;
    return sum > maxBytes;
  });
  return over === -1 ? queue.length : Math.max(1, over);
}

/** The lines of all calls in their order, in bodies of about `maxBytes`. */
function* bodies(calls: readonly Call[], maxBytes: number): Generator<string> {
  let lines: string[] = [];
  let bytes = 0;
  for (const line of calls.flatMap((call) => call.lines)) {
    lines.push(line);
    bytes += Buffer.byteLength(line) + 1;
    if (bytes < maxBytes) continue;
    yield lines.join("\n");
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield lines.join("\n");
}

/** Points older than the retention are what `drop` is for anyway: that they are gone already is no failure. */
async function writeBody(connection: InfluxConnection, body: string): Promise<void> {
  try {
    await connection.write(body);
  } catch (error) {
    const said = isAttuneError(error) && error.cause instanceof Error ? error.cause.message : "";
    if (!said.includes("points beyond retention policy")) throw error;
  }
}
