import { openSync, readSync, statSync, writeSync } from "node:fs";
import { endianness } from "node:os";
import type { RootDatabase } from "lmdb";

/** `MDB_txninfo`, with which the file of locks begins: `MDB_MAGIC` and a format of four bytes each, then the number of the last commit. */
const MAGIC = 0xbeefc0de;
const NUMBER_AT = 8;
const LITTLE = endianness() === "LE";
/** Where that number has four bytes. */
const NARROW = ["arm", "ia32"];

/** `env` is not in lmdb's types; `getStats` asks it the same, and for four more things that cost each transaction several times as much. */
type Numbered = Pick<RootDatabase, "getStats" | "getWriteTxnId"> & { env?: { info?(): object } };

/**
 * Files of locks by their inode, open for good: whoever closes one loses all of the process's locks on it. State of the module, since it is of
 * the process.
 */
const locks = new Map<string, number>();

/**
 * Of a file that was just opened: whether the write transaction under way goes on from the last commit; if not, the next one does.
 *
 * Where a process opens a file, lmdb (seen in 2.0.0 to 3.5.6) sets the number of the last commit, which all processes share, to
 * what it has read a moment earlier, and holds no lock meanwhile. What others have committed in between is passed over from then on: the next
 * commit takes its place and writes over its pages, and lmdb's own threads wait for it without end. So every write transaction looks, and
 * one that finds itself passed over writes nothing but that number: under the write lock it is what the newer of the two first pages says,
 * which is how lmdb itself finds it after a process has died in a write.
 */
export function watchLastCommit(root: Numbered, name: string): () => boolean {
  const path = `${name}-lock`;
  const inode = inodeOf(path);
  return () => {
    const { lastTxnId } = (root.env?.info?.() ?? root.getStats()) as { lastTxnId: number };
    if (root.getWriteTxnId() === lastTxnId + 1) return true;
    // Files that were put in the place of these have commits of their own.
    if (inode !== null && inodeOf(path) === inode) setNumber(path, inode, lastTxnId);
    return false;
  };
}

function inodeOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}/${found.ino}`;
}

function setNumber(path: string, inode: string, lastTxnId: number): void {
  const file = locks.get(inode) ?? openSync(path, "r+");
  locks.set(inode, file);
  const word = Buffer.alloc(NUMBER_AT);
  readSync(file, word, 0, word.length, 0);
  const magic = LITTLE ? word.readUInt32LE() : word.readUInt32BE();
  // Of a layout that is not known nothing is written: whoever waits is told.
  if (magic !== MAGIC || NARROW.includes(process.arch)) return;
  if (LITTLE) word.writeBigUInt64LE(BigInt(lastTxnId));
  else word.writeBigUInt64BE(BigInt(lastTxnId));
  writeSync(file, word, 0, word.length, NUMBER_AT);
}
