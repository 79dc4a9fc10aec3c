/** The newest frames of a site as they go over the wire, each under its number: what readers have yet to be sent, or missed while away. */
export interface Window {
  /** The number of the newest; the first is 1. */
  readonly last: number;
  /** Bytes of all frames there ever were. */
  readonly total: number;
  /** @param visitor Whom it is about; null where it names nobody. */
  push(bytes: Uint8Array, visitor: string | null): void;
  /**
   * What came after the number and was not dropped, oldest first, up to `limit` bytes but at least one frame; `upTo` is the number it
   * reaches to. Null if some of it is no longer held, or the number is none of these.
   */
  after(number: number, limit: number): { pieces: Uint8Array[]; upTo: number } | null;
  /** Bytes that came after the number; null as in `after`. */
  bytesAfter(number: number): number | null;
  /** Forgets the frames about a visitor; null: all. Numbers stay as they are. */
  drop(visitor: string | null): void;
}

interface Held {
  /** Null once it was dropped. */
  bytes: Uint8Array | null;
  visitor: string | null;
  /** Bytes of all that came before it. */
  start: number;
}

/** Holds the newest `size` bytes of frames. */
export function createWindow(size: number): Window {
  const held = new Map<number, Held>();
  let first = 1;
  let last = 0;
  let total = 0;

  function bytesAfter(number: number): number | null {
    if (number === last) return 0;
    const next = held.get(number + 1);
    return next === undefined ? null : total - next.start;
  }

  return {
    get last() {
      return last;
    },
    get total() {
      return total;
    },
    push(bytes, visitor) {
      last += 1;
      held.set(last, { bytes, visitor, start: total });
      total += bytes.byteLength;
      while (total - (held.get(first) as Held).start > size && first < last) held.delete(first++);
    },
    after(number, limit) {
      if (bytesAfter(number) === null) return null;
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      let upTo = number;
      while (upTo < last) {
        const next = (held.get(upTo + 1) as Held).bytes;
        if (next !== null) {
          if (pieces.length > 0 && bytes + next.byteLength > limit) break;
          pieces.push(next);
          bytes += next.byteLength;
        }
        upTo += 1;
      }
      return { pieces, upTo };
    },
    bytesAfter,
    drop(visitor) {
      for (const entry of held.values())
        if (visitor === null || entry.visitor === visitor) entry.bytes = null;
    },
  };
}
