import { frameBytes, joined } from "./sse.js";
import type { Window } from "./window.js";

/** Frames that are not numbered: of each type only the newest counts, and nobody is given an older one. */
export type Aside = { readonly type: "metrics" | "ping" | "visitors" };

/** What a reader at one place is sent next, and where it stands after it. */
export interface Chunk {
  /** Null where all there was is forgotten. */
  bytes: Uint8Array | null;
  sent: number;
  aside: number;
}

/** The frames of a feed in the pieces that go over the wire. Readers that are equally far get the same. */
export interface Chunks {
  /** The number of the newest aside. */
  readonly lastAside: number;
  /** What comes after the numbers of a frame and an aside; null where frames that belong into it are no longer held. */
  after(sent: number, aside: number): Chunk | null;
  /** The frame is made when the first reader takes it. */
  tell(type: Aside["type"], frame: () => Aside): void;
  /** To be called where frames came or were dropped. */
  changed(): void;
  /** Tells an aside to nobody any more. */
  withdraw(type: Aside["type"]): void;
}

/** Bytes that a reader takes at once, where more waits for it. */
const CHUNK = 64 << 10;
/** Places at which readers stand, as a rule: most have all, some are a slice behind. */
const SHARED = 16;

export function createChunks(window: Window): Chunks {
  const asides = new Map<Aside["type"], { number: number; bytes(): Uint8Array }>();
  /** By the place of the reader, as long as nothing is added or taken away. */
  const shared = new Map<string, Chunk>();
  let lastAside = 0;

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

  return {
    get lastAside() {
      return lastAside;
    },
    after(sent, aside) {
      const place = `${sent} ${aside}`;
      const chunk = shared.get(place) ?? make(sent, aside);
      if (chunk === null) return null;
      if (shared.size >= SHARED) shared.clear();
      shared.set(place, chunk);
      return chunk;
    },
    tell(type, frame) {
      lastAside += 1;
      let bytes: Uint8Array | null = null;
      asides.set(type, { number: lastAside, bytes: () => (bytes ??= frameBytes(frame())) });
      shared.clear();
    },
    changed: () => shared.clear(),
    withdraw(type) {
      asides.delete(type);
      shared.clear();
    },
  };
}
