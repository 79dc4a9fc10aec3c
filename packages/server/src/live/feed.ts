import type { Clock } from "@attune/core";
import { type Aside, createChunks } from "./chunks.js";
import type { LiveFrame } from "./frames.js";
import { createReader, type Reader } from "./reader.js";
import { createServing } from "./serving.js";
import { frameBytes, joined, RETRY } from "./sse.js";
import { createWindow, type Window } from "./window.js";

export interface FeedOptions {
  clock: Clock;
  /** Bytes of frames that are held: whoever returns after more than that, or falls behind by it, is told of the gap. */
  window: number;
  /** Who is here: told to each reader that opens, or has lost its thread. */
  visitors(): Aside;
}

export interface OpenFeedOptions {
  lastEventId: string | null;
  active(): boolean;
  onGone?(): void;
}

/** The frames of one site on their way to its readers. Each is made into bytes once; readers that are equally far get the same chunk. */
export interface Feed {
  readonly readers: ReadonlySet<Reader>;
  /** Whether somebody reads, or has done so a moment ago and may come back. */
  readonly watched: boolean;
  /** The number of the newest frame. */
  readonly last: number;
  /** @param visitor Whom it is about; null where it names nobody. */
  push(frame: LiveFrame, visitor: string | null): void;
  /** The frame is made when the first reader takes it. */
  tell(type: Aside["type"], frame: () => Aside): void;
  open(options: OpenFeedOptions): Reader;
  /** Drops what is held of a visitor; null: of all. Readers that return from before it see a gap. */
  forget(visitor: string | null): void;
  close(): void;
}

/** How long frames are still made and held when the last reader has gone; after that nobody pays for them. */
const LINGER_MS = 60_000;
const NEVER = Number.NEGATIVE_INFINITY;

/** @param epoch Of the reader's place, which it is told as well: it may go before any frame comes, and must not miss those that do meanwhile. */
function greet(reader: Reader, epoch: string, visitors: () => Aside): Uint8Array {
  const pieces: Uint8Array[] = [RETRY];
  if (reader.greeting === "gap") pieces.push(frameBytes({ type: "gap" }));
  if (reader.greeting !== "resumed") pieces.push(frameBytes(visitors(), `${epoch}.${reader.sent}`));
  reader.greeting = null;
  return joined(pieces);
}

/** Where a returning reader stands; null where what it has missed cannot all be given. */
function placeOf(lastEventId: string, epoch: string, window: Window): number | null {
  const [of, number = ""] = lastEventId.split(".");
  if (of !== epoch || !/^\d{1,15}$/.test(number)) return null;
  return window.bytesAfter(Number(number)) === null ? null : Number(number);
}

const newEpoch = (): string => crypto.randomUUID().slice(0, 8);

export function createFeed({ clock, window: size, visitors }: FeedOptions): Feed {
  const readers = new Set<Reader>();
  /** Named in ids: numbers mean something only in one process, as long as it neither misses nor forgets anything. */
  let epoch = newEpoch();
  let watchedUntil = NEVER;
  const window = createWindow(size);
  const chunks = createChunks(window);
  const { next, serve, ask, close } = createServing({
    readers,
    window,
    chunks,
    greet: (reader) => greet(reader, epoch, visitors),
  });

  function forget(visitor: string | null): void {
    window.drop(visitor);
    chunks.withdraw("visitors");
    // Also where nothing came after it, a reader that returns still shows what is erased.
    epoch = newEpoch();
  }

  function isWatched(): boolean {
    const left = watchedUntil - clock.now();
    if (readers.size > 0 || (left >= 0 && left <= LINGER_MS)) return true;
    // For good, also where the clock is put back: from now on frames are missed, and those that are held are of no use to anybody.
    if (watchedUntil !== NEVER) forget(null);
    watchedUntil = NEVER;
    return false;
  }

  return {
    readers,
    get watched() {
      return isWatched();
    },
    get last() {
      return window.last;
    },
    push(frame, visitor) {
      window.push(frameBytes(frame, `${epoch}.${window.last + 1}`), visitor);
      chunks.changed();
      if (readers.size > 0) ask();
    },
    tell(type, frame) {
      if (readers.size === 0) return;
      chunks.tell(type, frame);
      ask();
    },
    open({ lastEventId, active, onGone }) {
      const place = lastEventId === null || !isWatched() ? null : placeOf(lastEventId, epoch, window);
      const reader = createReader({
        active,
        sent: place ?? window.last,
        aside: chunks.lastAside,
        opened: window.total,
        greeting: place !== null ? "resumed" : lastEventId === null ? "new" : "gap",
        next,
        onGone(gone) {
          readers.delete(gone);
          watchedUntil = clock.now() + LINGER_MS;
          onGone?.();
        },
      });
      readers.add(reader);
      return reader;
    },
    forget,
    close() {
      close();
      for (const reader of [...readers]) {
        serve(reader);
        reader.end();
      }
    },
  };
}
