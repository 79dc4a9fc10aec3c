import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { AttuneError, type ErrorCode } from "@attune/core";
import { type Database, open, type RootDatabase } from "lmdb";

export type TextDatabase = Database<string, Uint8Array>;

export interface EnvironmentOptions {
  /** A directory, made if it is not there. */
  path: string;
  file: "store" | "log";
  /** Version of the layout that the code writes. */
  schema: number;
  /** Whether a write resolves only once it is on the disk. */
  flush: boolean;
}

/** One LMDB file, opened: named databases of text under binary keys. */
export interface Environment {
  database(name: string): TextDatabase;
  /** Small facts about the file itself. */
  meta: TextDatabase;
  /** Runs the action in a write transaction; resolves when that is committed. The action must not throw half-way. */
  write<T>(action: () => T): Promise<T>;
  /** @throws AttuneError after `close`. */
  assertOpen(): void;
  close(): Promise<void>;
}

/**
 * Opens `<path>/<file>.mdb`. Store and log have a file each: two write locks instead of one, no transaction ever needs
 * both, and pages that the log trims away are used again by the log.
 */
export function openEnvironment({ path, file, schema, flush }: EnvironmentOptions): Environment {
  mkdirSync(path, { recursive: true });
  const root: RootDatabase<string, Uint8Array> = open({
    path: join(path, `${file}.mdb`),
    noSubdir: true,
    maxDbs: 8,
    encoding: "string",
    keyEncoding: "binary",
  });
  const database = (name: string): TextDatabase =>
    root.openDB({ name, encoding: "string", keyEncoding: "binary" });
  const meta = database("meta");
  const room = file.toUpperCase();
  const found = Number(meta.get(META_SCHEMA) ?? schema);
  if (found > schema) {
    void root.close();
    throw new AttuneError(
      `ATTUNE_${room}_SCHEMA`,
      `The ${file} was written by a newer version (layout ${found}, this code knows ${schema}). Update @attune/server-adapters.`,
    );
  }
  meta.putSync(META_SCHEMA, String(schema));

  let closing: Promise<void> | null = null;
  const assertOpen = (): void => {
    if (closing !== null)
      throw new AttuneError(`ATTUNE_${room}_CLOSED` as ErrorCode, `The ${file} is closed. Open a new one.`);
  };
  const pending = new Set<Promise<unknown>>();

  return {
    database,
    meta,
    assertOpen,
    async write(action) {
      assertOpen();
      const done = root.transaction(action);
      pending.add(done);
      try {
        const result = await done;
        if (flush) await root.flushed;
        return result;
      } finally {
        pending.delete(done);
      }
    },
    close() {
      closing ??= Promise.allSettled(pending).then(() => root.close());
      return closing;
    },
  };
}

const META_SCHEMA = Buffer.from("schema");
