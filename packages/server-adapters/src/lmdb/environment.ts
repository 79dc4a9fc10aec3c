import { constants } from "node:os";
import { AttuneError, type ErrorCode } from "@attune/core";
import type { Database } from "lmdb";
import { type FileName, openRoot, type Root, type SharedRoot } from "./roots.js";

export type TextDatabase = Database<string, Uint8Array>;

export interface EnvironmentOptions {
  /** A directory, made if it is not there. */
  path: string;
  file: FileName;
  /** Version of the layout that the code writes. */
  schema: number;
  /** Whether a write resolves only once it is on the disk. */
  flush: boolean;
  /** Rewrites what an older version of the code has written; may be cut off, and called again, at any moment. */
  upgrade?(file: Upgradable): void;
}

/** A file while it is being opened. */
export interface Upgradable {
  database(name: string): TextDatabase;
  transaction(action: () => void): void;
}

/** One LMDB file, opened: named databases of text under binary keys. */
export interface Environment {
  /** Made where it is not there, as long as the file is being opened: where the disk does not take it, the file is closed. */
  database(name: string): TextDatabase;
  /** Small facts about the file itself. */
  meta: TextDatabase;
  /**
   * Runs the action in a write transaction; resolves when that is committed. The action must not throw half-way. Of writes that do not wait for
   * each other a later one may come first, where another process opens the file at that moment.
   *
   * @throws AttuneError `ATTUNE_LOG_DISK` (`…STORE…`, `…SERIES…`) where the disk does not take it, or did not take one before that had resolved;
   *   the message says whether anything was changed.
   *   `ATTUNE_LOG_STALE` where another process died in the moment of opening the file, and this one cannot mend it; nothing was changed.
   */
  write<T>(action: () => T): Promise<T>;
  /**
   * The same at once, holding up this process until it is committed: for what is settled when a file is opened. Where the disk does not take
   * it, the file is closed.
   */
  writeNow<T>(action: () => T): T;
  /** @throws AttuneError after `close`. */
  assertOpen(): void;
  close(): Promise<void>;
}

/**
 * Opens `<path>/<file>.mdb`. Store and log have a file each: two write locks instead of one, no transaction ever needs
 * both, and pages that the log trims away are used again by the log.
 *
 * @throws AttuneError `ATTUNE_LOG_SCHEMA` (`…STORE…`, `…SERIES…`) where a newer version wrote the file, `ATTUNE_LOG_DISK` where its disk is full.
 */
export function openEnvironment({ path, file, schema, flush, upgrade }: EnvironmentOptions): Environment {
  const shared = orDiskError(file, () => openRoot(path, file));
  const { root, release } = shared;
  const transaction = <T>(action: () => T): T => transactionNow(shared, file, action);
  const database = (name: string): TextDatabase =>
    transaction(() => root.openDB({ name, encoding: "string", keyEncoding: "binary" }));
  const opening = <T>(action: () => T): T => {
    try {
      return orDiskError(file, action);
    } catch (error) {
      void release();
      throw error;
    }
  };
  const meta = opening(() => {
    const meta = database("meta");
    const found = Number(meta.get(META_SCHEMA) ?? schema);
    if (found > schema) throw newerError(file, found, schema);
    if (found < schema) upgrade?.({ database, transaction });
    // Looked at again: a newer version may have opened the file in another process meanwhile.
    transaction(() => {
      if (Number(meta.get(META_SCHEMA) ?? 0) < schema) meta.putSync(META_SCHEMA, String(schema));
    });
    return meta;
  });

  let closing: Promise<void> | null = null;
  const assertOpen = (): void => {
    if (closing !== null) throw closedError(file);
  };
  const pending = new Set<Promise<unknown>>();
  const until = async <T>(done: Promise<T>): Promise<T> => {
    pending.add(done);
    try {
      return await done;
    } finally {
      pending.delete(done);
    }
  };
  const transact = createTransactions(shared, file, { flush, until });
  const commit = async <T>(action: () => T): Promise<T> => {
    const result = await transact(action);
    if (flush) await flushed(root, file);
    return result;
  };

  return {
    database: (name) => opening(() => database(name)),
    meta,
    assertOpen,
    async write(action) {
      assertOpen();
      return until(commit(action));
    },
    writeNow: (action) => opening(() => transaction(action)),
    close() {
      closing ??= Promise.allSettled(pending).then(release);
      return closing;
    },
  };
}

/** A transaction that cannot go on from the last commit mends that for the next one, so this is for a layout of locks that is not known, ms. */
const STALE_LIMIT_MS = 5000;

/** Runs an action in a write transaction of its own, at once. */
function transactionNow<T>({ root, isCurrent }: SharedRoot, file: FileName, action: () => T): T {
  for (const deadline = Date.now() + STALE_LIMIT_MS; ; ) {
    const done = root.transactionSync(() => (isCurrent() ? { result: action() } : null));
    if (done !== null) return done.result;
    if (Date.now() > deadline) throw staleError(file);
  }
}

interface Transacting {
  /** Whether an action waits for the disk; else until nothing but a power cut can undo it. */
  flush: boolean;
  /** Whatever goes on behind an action that has resolved is handed to this, so that the file is not closed meanwhile. */
  until<T>(done: Promise<T>): Promise<T>;
}

/** Runs actions in write transactions; those that come together share one. */
function createTransactions(
  { root, isCurrent, whenVisible }: SharedRoot,
  file: FileName,
  { flush, until }: Transacting,
): <T>(action: () => T) => Promise<T> {
  let known: boolean | null = null;
  const forget = (): void => {
    known = null;
  };
  /** Asked once for all the actions of a transaction: lmdb runs them in one turn. */
  const isCurrentNow = (): boolean => {
    if (known === null) {
      known = isCurrent();
      queueMicrotask(forget);
    }
    return known;
  };
  /** Of what had resolved before the disk had it, and then did not take it: told to the next write. */
  let late: unknown = null;
  const attempt = <T>(action: () => T): Promise<{ result: T } | null> =>
    new Promise((resolve, reject) => {
      if (late !== null) {
        reject(diskError(file, "it took an earlier write and may lose it, and this one was not made", late));
        late = null;
        return;
      }
      let isVisible = false;
      const committed = root.transaction(() => {
        if (!isCurrentNow()) return null;
        const done = { result: action() };
        if (!flush)
          whenVisible?.(() => {
            isVisible = true;
            resolve(done);
          });
        return done;
      });
      void until(
        committed.then(resolve, async (error: unknown) => {
          const told = await toDiskError(file, error);
          if (isVisible) late = told;
          else reject(told);
        }),
      );
    });
  return async <T>(action: () => T): Promise<T> => {
    for (const deadline = Date.now() + STALE_LIMIT_MS; ; ) {
      const done = await attempt(action);
      if (done !== null) return done.result;
      if (Date.now() > deadline) throw staleError(file);
    }
  };
}

const staleError = (file: FileName): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_STALE` as ErrorCode,
    `A process that was opening the ${file} ended half-way, so it takes no writes; nothing was changed. End the processes that have it open, and start them again.`,
  );

const newerError = (file: FileName, found: number, schema: number): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_SCHEMA` as ErrorCode,
    `The ${file} was written by a newer version (layout ${found}, this code knows ${schema}). Update @attune/server-adapters.`,
  );

const diskError = (file: FileName, what: string, cause: unknown): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_DISK` as ErrorCode,
    `The ${file} could not be written to its disk; ${what}. Look at the free space, and at the cause of this error.`,
    { cause },
  );

/** What has kept a commit from the disk; anything else is what the action has thrown. */
async function toDiskError(file: FileName, error: unknown): Promise<unknown> {
  const { commitError } = error as { commitError?: Promise<never> };
  if (commitError === undefined) return error;
  // Settled by now. Where it is not, nobody will ever do it.
  const late = new Promise((resolve) => setImmediate(resolve, error));
  const cause = await Promise.race([late, commitError.catch((reason: unknown) => reason)]);
  return diskError(file, "nothing was changed", cause);
}

const { EDQUOT, EFBIG, EIO, ENOSPC } = constants.errno;
/** As lmdb gives them, and as Node does. */
const DISK_CODES = new Set<unknown>([EDQUOT, EFBIG, EIO, ENOSPC, "EDQUOT", "EFBIG", "EIO", "ENOSPC"]);

/** Not every system has a number for each of them. */
const isFromDisk = (error: unknown): boolean => {
  const { code } = error as { code?: unknown };
  return code !== undefined && DISK_CODES.has(code);
};

/** Runs what opens a file, or a part of it. */
function orDiskError<T>(file: FileName, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isFromDisk(error)) throw error;
    throw diskError(file, "it was not opened", error);
  }
}

const FLUSH_MS = 1000;

/** Resolves once what is committed is on the disk. Where a commit behind it has failed, lmdb never says so by itself, and is asked. */
async function flushed(root: Root, file: FileName): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, FLUSH_MS, false);
  });
  const isFlushed = await Promise.race([late, root.flushed.then(() => true)]);
  clearTimeout(timer);
  if (isFlushed) return;
  await new Promise<void>((resolve, reject) => {
    (root as Root & { sync(done: (error?: unknown) => void): void }).sync((error) => {
      if (error === undefined) resolve();
      else reject(diskError(file, "it took the write, and may lose it in a power cut", error));
    });
  });
}

export const closedError = (file: FileName): AttuneError =>
  new AttuneError(
    `ATTUNE_${file.toUpperCase()}_CLOSED` as ErrorCode,
    `The ${file} is closed. Open a new one.`,
  );

const META_SCHEMA = Buffer.from("schema");
