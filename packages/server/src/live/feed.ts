import type { Clock } from "@attune/core";
import type { LiveFrame } from "./frames.js";
import { createReader, type Reader } from "./reader.js";
import { createRounds } from "./rounds.js";
import { frameBytes, joined, RETRY } from "./sse.js";
import { createWindow } from "./window.js";

/** Frames that are not numbered: of each type only the newest counts, and nobody is given an older one. */
export type Aside = { readonly type: "metrics" | "ping" | "visitors" };

export interface FeedOptions {
  clock: Clock;
  /** Who is here: told to each reader that opens, or has lost its thread. */
  visitors(): Aside;
}

/** The frames of one site on their way to its readers. Each is made into bytes once; readers that are equally far get the same chunk. */
export interface Feed {
  readonly readers: ReadonlySet<Reader>;
  /** Whether somebody reads, or has done so a moment ago and may come back. */
  readonly watched: boolean;
  /** @param visitor Whom it is about; null where it names nobody. */
  push(frame: LiveFrame, visitor: string | null): void;
  /** The frame is made when the first reader takes it. */
  tell(type: Aside["type"], frame: () => Aside): void;
  open(options: { lastEventId: string | null; active(): boolean }): Reader;
  /** Drops what is held of a visitor; null: of all. Readers that return from before it see a gap. */
  forget(visitor: string | null): void;
  close(): void;
}

/** Bytes that may wait for one reader (T12). */
export const READER_BUFFER = 1 << 20;
/** Bytes of frames that a returning reader can be given; more than that and it is told of the gap. */
const WINDOW = 2 << 20;
/** Bytes that a reader takes at once, where more waits for it. */
const CHUNK = 64 << 10;
/** How long frames are still made and held when the last reader has gone; after that nobody pays for them. */
const LINGER_MS = 60_000;
/** Readers that are served before other work gets its turn: about a millisecond of it. */
const SLICE = 100;
/**
 * A write costs some 10 µs whatever it holds. Rests are twice as long as the writing, so that it takes a third of the time; up to what a
 * frame may wait, whose target is 25 ms from the event to the reader.
 */
const REST_MS_PER_READER = 0.02;
const MAX_REST_MS = 10;
/** Places at which readers stand, as a rule: most have all, some are a slice behind. */
const SHARED_CHUNKS = 16;

interface Chunk {
  /** Null where all there was is forgotten. */
  bytes: Uint8Array | null;
  sent: number;
  aside: number;
}

export function createFeed({ clock, visitors }: FeedOptions): Feed {
  const readers = new Set<Reader>();
  const window = createWindow(WINDOW);
  const asides = new Map<Aside["type"], { number: number; bytes(): Uint8Array }>();
  /** By the place of the reader, as long as nothing is added or taken away. */
  const shared = new Map<string, Chunk>();
  /** Numbers mean something only within one unbroken watch; ids name it. */
  let epoch = "";
  let watchedUntil = Number.NEGATIVE_INFINITY;
  let lastAside = 0;
  /** What came up to this number is forgotten. */
  let forgotten = 0;
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
    const waiting = Math.min(
      window.bytesAfter(reader.sent) ?? Number.POSITIVE_INFINITY,
      window.total - reader.opened,
    );
    if (waiting > READER_BUFFER) reader.cut();
  }

  function next(reader: Reader): Uint8Array | null {
    if (reader.greeting !== null) return greet(reader);
    if (reader.sent === window.last && reader.aside === lastAside) return null;
    const place = `${reader.sent} ${reader.aside}`;
    const chunk = shared.get(place) ?? make(reader.sent, reader.aside);
    if (chunk === null) {
      reader.cut();
      return null;
    }
    if (shared.size >= SHARED_CHUNKS) shared.clear();
    shared.set(place, chunk);
    reader.sent = chunk.sent;
    reader.aside = chunk.aside;
    return chunk.bytes;
  }

  /** Null where frames that belong into it are no longer held. */
  function make(sent: number, aside: number): Chunk | null {
    const found = window.after(sent, CHUNK);
    if (found === null) return null;
    const { pieces, upTo } = found;
    const isAll = upTo === window.last;
    if (isAll) for (const { number, bytes } of asides.values()) if (number > aside) pieces.push(bytes());
    return {
      bytes: pieces.length === 0 ? null : joined(pieces),
      sent: upTo,
      aside: isAll ? lastAside : aside,
    };
  }

  function greet(reader: Reader): Uint8Array {
    const pieces: Uint8Array[] = [RETRY];
    if (reader.greeting === "gap") pieces.push(frameBytes({ type: "gap" }));
    if (reader.greeting !== "resumed") pieces.push(frameBytes(visitors()));
    reader.greeting = null;
    return joined(pieces);
  }

  /** Where a returning reader stands; null where what it has missed cannot all be given. */
  function placeOf(lastEventId: string): number | null {
    const [watch, number = ""] = lastEventId.split(".");
    if (watch !== epoch || !/^\d{1,15}$/.test(number)) return null;
    // Also where nothing came after it: the reader still shows what is erased.
    if (forgotten > 0 && Number(number) <= forgotten) return null;
    return window.bytesAfter(Number(number)) === null ? null : Number(number);
  }

  const feed: Feed = {
    readers,
    get watched() {
      return readers.size > 0 || clock.now() <= watchedUntil;
    },
    push(frame, visitor) {
      window.push(frameBytes(frame, `${epoch}.${window.last + 1}`), visitor);
      shared.clear();
      if (readers.size > 0) rounds.ask();
    },
    tell(type, frame) {
      if (readers.size === 0) return;
      lastAside += 1;
      let bytes: Uint8Array | null = null;
      asides.set(type, { number: lastAside, bytes: () => (bytes ??= frameBytes(frame())) });
      shared.clear();
      rounds.ask();
    },
    open({ lastEventId, active }) {
      if (!feed.watched) epoch = clock.now().toString(36);
      const place = lastEventId === null ? null : placeOf(lastEventId);
      const reader = createReader({
        active,
        sent: place ?? window.last,
        aside: lastAside,
        opened: window.total,
        greeting: place !== null ? "resumed" : lastEventId === null ? "new" : "gap",
        next,
        onGone(gone) {
          readers.delete(gone);
          watchedUntil = clock.now() + LINGER_MS;
        },
      });
      readers.add(reader);
      return reader;
    },
    forget(visitor) {
      window.drop(visitor);
      asides.delete("visitors");
      shared.clear();
      forgotten = window.last;
    },
    close() {
      rounds.close();
      for (const reader of [...readers]) {
        serve(reader);
        reader.end();
      }
    },
  };
  return feed;
}
