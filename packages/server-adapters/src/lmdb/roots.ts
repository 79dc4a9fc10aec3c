import { mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
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

/** Opens `<path>/<file>.mdb`, made if it is not there with its directory, which then is its owner's alone: what is in it is personal data. */
export function openRoot(path: string, file: FileName): SharedRoot {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const name = join(realpathSync(path), `${file}.mdb`);
  let entry = opened.get(name);
  if (entry === undefined) {
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
    entry = { root, users: 0 };
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
