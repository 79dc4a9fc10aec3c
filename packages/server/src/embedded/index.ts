import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AttuneError } from "@attune/core";
import type { AtomicStore, Channel, KeyProvider, Log, Series } from "@attune/core/ports";
import { memoryChannel } from "@attune/core/memory";
import type * as Lmdb from "@attune/server-adapters/lmdb";
import { openPrivately } from "./open-privately.js";

const RETENTION_MS = 395 * 86_400_000;

export interface EmbeddedOptions {
  /**
   * Folder that holds the database; made if it is missing. What is made is for its owner only (0700, files 0600), and so are the
   * database's own folders in one that was there before.
   */
  dir: string;
  /**
   * Folder of the keys that name and seal subjects (default: `keys` in `dir`). Kept elsewhere, a copy of the data alone can be read by nobody.
   */
  keys?: string;
}

/** All ports of one process on LMDB, ready to be handed to the service or the server. */
export interface Embedded {
  stores: { hot: AtomicStore };
  log: Log;
  /** In memory: one process needs no more. */
  channel: Channel;
  /** Keeps points for as long as the service keeps events unless told otherwise (395 days). */
  series: Series;
  /** The log and the dead letters are sealed under them. */
  keys: KeyProvider;
  close(): Promise<void>;
}

/**
 * Opens the embedded ports. Several processes of one machine may use a folder at a time; each hears its own live frames only.
 *
 * @throws AttuneError `ATTUNE_EMBEDDED_LMDB` where the package `lmdb` cannot be loaded.
 */
export async function embedded({ dir, keys = join(dir, "keys") }: EmbeddedOptions): Promise<Embedded> {
  const { lmdbLog, lmdbSeries, lmdbStore } = await load();
  const { fileKeys } = await import("@attune/server-adapters/keys");
  await mkdir(dir, { recursive: true, mode: 0o700 });
  /** Opened last comes first. */
  const opened: { close(): Promise<void> }[] = [];
  const close = async (): Promise<void> => {
    for (const port of opened.splice(0)) await port.close();
  };
  const open = async <T extends { close(): Promise<void> }>(
    name: string,
    make: (path: string) => T,
  ): Promise<T> => {
    const port = await openPrivately(join(dir, name), make);
    opened.unshift(port);
    return port;
  };
  try {
    const hot = await open("store", (path) => lmdbStore({ path }));
    const log = await open("log", (path) => lmdbLog({ path }));
    const series = await open("series", (path) => lmdbSeries({ path, retentionMs: RETENTION_MS }));
    const channel = memoryChannel();
    opened.unshift(channel);
    return { stores: { hot }, log, channel, series, keys: fileKeys({ directory: keys }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function load(): Promise<typeof Lmdb> {
  try {
    return await import("@attune/server-adapters/lmdb");
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_EMBEDDED_LMDB",
      "The embedded store needs the package lmdb, which cannot be loaded here: install lmdb, or run in memory.",
      { cause },
    );
  }
}
