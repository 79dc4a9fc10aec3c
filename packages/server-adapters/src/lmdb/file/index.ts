import { closeSync, openSync, readSync } from "node:fs";

/** In the first page of each file of LMDB (`MDB_MAGIC`, behind the page's header), as the machine writes numbers. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;

/**
 * Whether LMDB may be given a file: it is one of LMDB's own by its first bytes, is empty, or is not there. With some of the others LMDB takes the
 * process down. Without the package `lmdb`, for who looks at a folder before it is opened. A file that cannot be opened for reading is not judged:
 * true.
 */
export function isSafeForLmdb(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return true;
  }
  try {
    const head = Buffer.alloc(MAGIC_AT + 4);
    const length = readSync(file, head, 0, head.length, 0);
    return length === 0 || [head.readUInt32LE(MAGIC_AT), head.readUInt32BE(MAGIC_AT)].includes(MAGIC);
  } finally {
    closeSync(file);
  }
}
