import { closeSync, mkdirSync, openSync, readSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { AttuneError, type ErrorCode } from "@attune/core";
import { open, type RootDatabase } from "lmdb";

/** The files of an embedded back end, without their ending. */
export type FileName = "log" | "store" | "series";

export type Root = RootDatabase<string, Uint8Array>;

/**
 * Files that are open in this process, and how many use each. State of the module, since it is state of the process: LMDB wants a file open
 * once in it. Opening takes the write lock on this thread, and through a handle of its own it would wait for ever where a write of the first
 * handle has the lock and waits for this thread to run its action.
 */
const opened = new Map<string, { root: Root; users: number }>();

export interface SharedRoot {
  root: Root;
  /** Closes the file where nobody else in this process uses it. */
  release(): Promise<void>;
}

/**
 * Opens `<path>/<file>.mdb`, made if it is not there with its directory, which then is its owner's alone: what is in it is personal data.
 *
 * @throws AttuneError `ATTUNE_LOG_BROKEN` (`…STORE…`, `…SERIES…`) where the file is none of LMDB's, `ATTUNE_LOG_STALE` where it takes no writes and
 *   another thread of this process has it open.
 */
export function openRoot(path: string, file: FileName): SharedRoot {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const name = join(realpathSync(path), `${file}.mdb`);
  let entry = opened.get(name);
  if (entry === undefined) {
    if (isStrange(name)) throw brokenError(file);
    entry = { root: openCurrent(name, file), users: 0 };
    opened.set(name, entry);
  }
  entry.users++;
  const { root } = entry;
  return {
    root,
    async release() {
      const own = opened.get(name);
      if (own === undefined || --own.users > 0) return;
      opened.delete(name);
      // Behind a commit that has failed, closing would wait for ever for that to be flushed. One that writes nothing goes through.
      await root.transaction(() => undefined).catch(() => undefined);
      await root.close();
    },
  };
}

/**
 * Whether the write transaction under way goes on from the last commit.
 *
 * Where a process opens a file, lmdb (3.5.6, and every release before it) sets the number of the last commit, which all processes share, to
 * what it has read a moment earlier, and holds no lock meanwhile. What others have committed in between is passed over from then on: the next
 * commit takes its place and writes over its pages. So whoever opens a file looks whether that has happened, and opens it again; and whoever
 * finds a transaction so before that writes nothing.
 */
export function isCurrent(root: Root): boolean {
  const { lastTxnId } = root.getStats() as { lastTxnId: number };
  return root.getWriteTxnId() === lastTxnId + 1;
}

/** How long to wait between looks at whether a file is current again, and how long at most. Another process that opens a file takes a millisecond or two. */
export const STALE_RETRY_MS = 2;
export const STALE_LIMIT_MS = 5000;
const IDLE = new Int32Array(new SharedArrayBuffer(4));

/** Holds up this thread until the file may be looked at again. */
export const pauseNow = (): void => void Atomics.wait(IDLE, 0, 0, STALE_RETRY_MS);

function openCurrent(name: string, file: FileName): Root {
  for (const deadline = Date.now() + STALE_LIMIT_MS; ; pauseNow()) {
    const root = open({
      path: name,
      noSubdir: true,
      maxDbs: 8,
      // Every write here is a transaction, and those of one turn share one anyway. With this on, a commit that fails rejects a promise
      // that nobody has, which ends the process.
      eventTurnBatching: false,
      encoding: "string",
      keyEncoding: "binary",
    }) as Root;
    // If not, nobody commits until it is: the next try finds the last commit, where no other process opens the file at that moment.
    if (root.transactionSync(() => isCurrent(root))) return root;
    // Closed at once, since nothing is under way in it.
    void root.close();
    // Where another thread has the file open, lmdb gives what that one has, and never looks for the last commit.
    if (Date.now() > deadline) throw staleError(file);
  }
}

/** In the first page of each file of LMDB (`MDB_MAGIC`, behind the page's header), as the machine writes numbers. */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;

/** Whether a file is there that was not made by LMDB, which ends the process with some of those. An empty one is as good as new. */
function isStrange(name: string): boolean {
  let file: number;
  try {
    file = openSync(name, "r");
  } catch {
    return false;
  }
  try {
    const head = Buffer.alloc(MAGIC_AT + 4);
    const length = readSync(file, head, 0, head.length, 0);
    return length > 0 && ![head.readUInt32LE(MAGIC_AT), head.readUInt32BE(MAGIC_AT)].includes(MAGIC);
  } finally {
    closeSync(file);
  }
}

const brokenError = (file: FileName): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_BROKEN` as ErrorCode,
    `The file of the ${file} is no database of LMDB, or its beginning was overwritten. Bring it back from a backup, or name another folder.`,
  );

export const staleError = (file: FileName): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_STALE` as ErrorCode,
    `A process that was opening the ${file} ended half-way, so it takes no writes; nothing was changed. Open it from another process, or start this one again: that sets it right.`,
  );
