/** Bytes of one piece of memory; a text that might need more has its own. */
const SLAB_BYTES = 512 * 1024;
/** How many pieces that nobody uses are kept. */
const KEPT = 4;
/** What one UTF-16 unit takes at the most, bytes. */
const WIDEST = 3;

/** A text as UTF-8, in memory that is used again. */
export interface LentText {
  bytes: Buffer;
  /** Nobody reads the bytes any more. To be called at most once; where it never is, the memory goes with the bytes. */
  giveBack(): void;
}

interface Slab {
  memory: Buffer;
  used: number;
  lent: number;
}

/**
 * Encodes texts into memory that comes back. Encoding 100 kB costs some 15 µs, and eight times that or more in new memory, which the system hands over page
 * by page and V8 returns only when it collects.
 */
export function createLentTexts(): (text: string) => LentText {
  const free: Slab[] = [];
  let slab: Slab | null = null;
  const withRoom = (bytes: number): Slab => {
    if (slab === null || slab.memory.length - slab.used < bytes)
      slab = free.pop() ?? { memory: Buffer.allocUnsafeSlow(SLAB_BYTES), used: 0, lent: 0 };
    return slab;
  };
  const giveBack = (one: Slab): void => {
    one.lent -= 1;
    if (one.lent > 0) return;
    one.used = 0;
    if (one !== slab && free.length < KEPT) free.push(one);
  };
  return (text) => {
    const most = text.length * WIDEST;
    if (most > SLAB_BYTES) return { bytes: Buffer.from(text), giveBack: () => undefined };
    const from = withRoom(most);
    const start = from.used;
    from.used += from.memory.write(text, start, "utf8");
    from.lent += 1;
    return { bytes: from.memory.subarray(start, from.used), giveBack: () => giveBack(from) };
  };
}
