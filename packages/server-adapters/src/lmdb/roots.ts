import { mkdirSync, realpathSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { AttuneError, type ErrorCode } from "@attune/core";
import { open, type RootDatabase } from "lmdb";
import { isSafeForLmdb } from "./file/index.js";
import { watchLastCommit } from "./last-commit.js";

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
  users: number;
  closed?: Promise<void>;
}

export interface SharedRoot {
  root: Root;
  /** In a write transaction: see `watchLastCommit`. */
  isCurrent(): boolean;
  /** Closes the file where nobody else in this process uses it. */
  release(): Promise<void>;
}

/**
 * Opens `<path>/<file>.mdb`, made if it is not there with its directory, which then is its owner's alone: what is in it is personal data.
 *
 * @throws AttuneError `ATTUNE_LOG_BROKEN` (`…STORE…`, `…SERIES…`) where the file is none of LMDB's, `ATTUNE_LOG_BUSY` where
 *   another process was closing it at that moment.
 */
export function openRoot(path: string, file: FileName): SharedRoot {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const name = join(realpathSync(path), `${file}.mdb`);
  if (opened.get(name) === undefined && !isSafeForLmdb(name)) throw brokenError(file);
  const entry = opened.get(name) ?? openFile(name, file);
  opened.set(name, entry);
  entry.users++;
  const { root, isCurrent } = entry;
  return {
    root,
    isCurrent,
    async release() {
      if (--entry.users > 0) return;
      // Behind a commit that has failed, closing would wait for ever for that to be flushed. One that writes nothing goes through; and behind
      // the last commit being passed over it would wait as long.
      await root.transaction(isCurrent).catch(() => undefined);
      // Up to here it could be opened again: through a handle of its own that would have waited for this very transaction.
      if (entry.users > 0) return;
      if (opened.get(name) === entry) opened.delete(name);
      entry.closed ??= root.close();
      await entry.closed;
    },
  };
}

function openFile(name: string, file: FileName): Opened {
  try {
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
    return { root, isCurrent: watchLastCommit(root, name), users: 0 };
  } catch (error) {
    // Who closes a file as the last one does away with its locks, also under the hands of a process that has just begun to open it.
    throw (error as { code?: unknown }).code === constants.errno.EINVAL ? busyError(file, error) : error;
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
