import { mkdirSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { AttuneError, type ErrorCode } from "@attune/core";
import { openAsClass, type RootDatabase } from "lmdb";
import { isSafeForLmdb } from "./file/index.js";
import { watchLastCommit } from "./last-commit.js";
import { watchVisible } from "./visible.js";
import { watchWriters } from "./writers.js";

/** The files of an embedded back end, without their ending. */
export type FileName = "log" | "store" | "series";

export type Root = RootDatabase<string, Uint8Array>;

/**
 * Files that are open in this process, and how many use each. State of the module, since it is state of the process: LMDB wants a file open
 * once in it. Opening takes the write lock on this thread, and through a handle of its own it would wait for ever where a write of the first
 * handle has the lock and waits for this thread to run its action.
 */
const opened = new Map<string, Opened>();

interface Opened {
  root: Root;
  isCurrent(): boolean;
  whenVisible: ReturnType<typeof watchVisible>;
  /** See `watchWriters`. */
  untilWritersEnded(): Promise<void>;
  users: number;
  closed?: Promise<void>;
}

export interface SharedRoot {
  root: Root;
  /** In a write transaction: see `watchLastCommit`. */
  isCurrent(): boolean;
  /** In a write transaction: see `watchVisible`. */
  whenVisible: ReturnType<typeof watchVisible>;
  /** Closes the file where nobody else in this process uses it. */
  release(): Promise<void>;
}

/**
 * Opens `<path>/<file>.mdb`, made if it is not there with its directory, which then is its owner's alone: what is in it is personal data.
 *
 * @throws AttuneError `ATTUNE_LOG_BROKEN` (`…STORE…`, `…SERIES…`) where the file is none of LMDB's, `ATTUNE_LOG_BUSY` where
 *   other processes were closing it at that moment, again and again.
 */
export function openRoot(path: string, file: FileName): SharedRoot {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const name = join(realpathSync(path), `${file}.mdb`);
  if (opened.get(name) === undefined && !isSafeForLmdb(name)) throw brokenError(file);
  const entry = opened.get(name) ?? openFile(name, file);
  opened.set(name, entry);
  entry.users++;
  const { root, isCurrent, whenVisible, untilWritersEnded } = entry;
  return {
    root,
    isCurrent,
    whenVisible,
    async release() {
      if (--entry.users > 0) return;
      // Behind a commit that has failed, closing would wait for ever for that to be flushed. One that writes nothing goes through; and behind
      // the last commit being passed over it would wait as long.
      await root.transaction(isCurrent).catch(() => undefined);
      await untilWritersEnded();
      // Up to here it could be opened again: through a handle of its own that would have waited for this very transaction.
      if (entry.users > 0) return;
      if (opened.get(name) === entry) opened.delete(name);
      entry.closed ??= root.close();
      await entry.closed;
    },
  };
}

/** How long a file is asked for anew that another process is closing, ms. */
const BUSY_LIMIT_MS = 1000;

/**
 * Who closes a file as the last one does away with its locks, also under the hands of a process that has just begun to open it. Once that one has
 * let go of the file again, the next to come makes new locks.
 */
function openFile(name: string, file: FileName): Opened {
  for (const deadline = Date.now() + BUSY_LIMIT_MS; ; ) {
    try {
      const root = openOnce(name);
      const untilWritersEnded = watchWriters(root);
      const watched = { isCurrent: watchLastCommit(root, name), whenVisible: watchVisible(root) };
      return { root, ...watched, untilWritersEnded, users: 0 };
    } catch (error) {
      if ((error as { code?: unknown }).code !== constants.errno.EINVAL) throw error;
      if (Date.now() > deadline) throw busyError(file, error);
      // Not in step with others that wait as well: each has to find the file let go of by all.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1 + (process.pid % 19));
    }
  }
}

function openOnce(name: string): Root {
  const options = {
    path: name,
    noSubdir: true,
    maxDbs: 8,
    // Every write here is a transaction, and those of one turn share one anyway. With this on, a commit that fails rejects a promise
    // that nobody has, which ends the process.
    eventTurnBatching: false,
    encoding: "string",
    keyEncoding: "binary",
    isRoot: true,
  } as const;
  // `open` in its two steps: it keeps what has gone wrong in the second one open for good, and with it everybody else out.
  const OpenRoot = openAsClass(options) as unknown as new (name: null, own: typeof options) => Root;
  try {
    return new OpenRoot(null, options);
  } catch (error) {
    void Object.assign(Object.create(OpenRoot.prototype) as Root, { isRoot: true }).close();
    throw error;
  }
}

const busyError = (file: FileName, cause: unknown): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_BUSY` as ErrorCode,
    `The ${file} was being closed by another process in the moment of opening it. Start this process again.`,
    { cause },
  );

const brokenError = (file: FileName): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_BROKEN` as ErrorCode,
    `The file of the ${file} is no database of LMDB, or its beginning was overwritten. Bring it back from a backup, or name another folder.`,
  );
