import type { TextDatabase } from "./environment.js";

/** Bytes per allocation; a text larger than this gets its own. */
const SLAB_BYTES = 256 * 1024;

/** Texts as UTF-8, many in one allocation, so that neither texts nor small buffers live until their transaction comes. */
export interface Utf8 {
  /** @param room Bytes left free in front, for what is known only in the transaction. */
  (text: string, room?: number): Buffer;
}

export function createUtf8(): Utf8 {
  let slab = Buffer.alloc(0);
  let used = 0;
  return (text, room = 0) => {
    const most = room + text.length * 3;
    if (most > slab.length - used) {
      slab = Buffer.allocUnsafeSlow(Math.max(SLAB_BYTES, most));
      used = 0;
    }
    const start = used;
    used += room + slab.write(text, start + room, "utf8");
    return slab.subarray(start, used);
  };
}

/** A database of texts takes their bytes as they are. */
export function putBytes(database: TextDatabase, key: Buffer, bytes: Buffer): void {
  database.putSync(key, bytes as unknown as string);
}
