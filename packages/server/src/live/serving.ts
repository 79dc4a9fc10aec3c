import type { Chunks } from "./chunks.js";
import type { Reader } from "./reader.js";
import { createRounds } from "./rounds.js";
import type { Window } from "./window.js";

export interface ServingOptions {
  readers: ReadonlySet<Reader>;
  window: Window;
  chunks: Chunks;
  /** What a reader is told before all else. */
  greet(reader: Reader): Uint8Array;
}

/** The readers of a feed getting what is theirs. */
export interface Serving {
  /** There is something new: all readers are served soon. */
  ask(): void;
  /** What the reader has yet to take; null for nothing yet. One that has missed something is cut off. */
  next(reader: Reader): Uint8Array | null;
  /** Gives the reader what it waits for, and cuts off one for which too much waits. */
  serve(reader: Reader): void;
  close(): void;
}

/** Bytes that may wait for one reader (T12). */
export const READER_BUFFER = 1 << 20;
/** Readers that are served before other work gets its turn: about a millisecond of it. */
const SLICE = 100;
/**
 * A write costs some 10 µs whatever it holds. Rests are twice as long as the writing, so that it takes a third of the time; up to what a
 * frame may wait, whose target is 25 ms from the event to the reader.
 */
const REST_MS_PER_READER = 0.02;
const MAX_REST_MS = 10;

export function createServing({ readers, window, chunks, greet }: ServingOptions): Serving {
  let round: Iterator<Reader> | null = null;
  const rounds = createRounds({
    part() {
      round ??= readers.values();
      for (let count = 0; count < SLICE; count++) {
        const { done, value } = round.next();
        if (done === true) {
          round = null;
          return false;
        }
        serve(value);
      }
      return true;
    },
    restMs: () => Math.min(readers.size * REST_MS_PER_READER, MAX_REST_MS),
  });

  function serve(reader: Reader): void {
    if (reader.waits) {
      const chunk = next(reader);
      if (chunk) reader.offer(chunk);
      return;
    }
    const behind = window.bytesAfter(reader.sent);
    // What it waits for is not held any more, or too much is.
    if (behind === null || Math.min(behind, window.total - reader.opened) > READER_BUFFER) reader.cut();
  }

  function next(reader: Reader): Uint8Array | null {
    if (reader.greeting !== null) return greet(reader);
    if (reader.sent === window.last && reader.aside === chunks.lastAside) return null;
    const chunk = chunks.after(reader.sent, reader.aside);
    if (chunk === null) {
      reader.cut();
      return null;
    }
    reader.sent = chunk.sent;
    reader.aside = chunk.aside;
    return chunk.bytes;
  }

  return { ask: () => rounds.ask(), next, serve, close: () => rounds.close() };
}
