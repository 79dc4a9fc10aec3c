import { existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AttuneError } from "@attune/core";
import { settleUpTo } from "../shared/settle.js";
import { type FileName, openRoot } from "./roots.js";

export interface LmdbBackupOptions {
  /** The folder in use: what was given to `lmdbLog`, `lmdbStore` and `lmdbSeries`, or a folder with one for each (`log`, `store`, `series`). */
  path: string;
  /** A folder for the copy, made if it is not there; it must not hold a copy already. */
  to: string;
}

export interface LmdbBackup {
  /** What was copied, by path within the folder, in the order in which it was copied. */
  files: readonly { file: string; bytes: number }[];
}

/**
 * The log first. Whatever it says is folded was folded before the store is copied, so no entry is skipped that the copied store does not
 * know. What the store knows beyond that, the copied log brings once more or not at all, and known ids are dropped where they are folded.
 * The other way round, events folded between the two copies would be lost, though they were acknowledged.
 */
const ORDER: readonly FileName[] = ["log", "store", "series"];

/**
 * Copies an embedded back end while it runs, from this process or another; writers go on meanwhile, and their files grow a little more
 * than they would. Each file is copied as it is at one moment, without free pages, and is on the disk under its name when this resolves. The
 * copy is what a restored back end starts on: it holds everything that was acknowledged before the call, and may hold what came during it. (Where
 * another process opens the file within the same millisecond, the last commit may be missing: lmdb lets no reader know of it then.)
 *
 * An erasure does not reach into copies: one that was asked for after a copy was made must be asked for again where that is restored.
 *
 * @throws AttuneError `ATTUNE_BACKUP_SOURCE` where there is nothing to copy, `ATTUNE_BACKUP_TARGET` where a copy is there already.
 */
export async function lmdbBackup({ path, to }: LmdbBackupOptions): Promise<LmdbBackup> {
  const found = ORDER.flatMap((file) => {
    const folder = ["", file].find((inner) => existsSync(join(path, inner, `${file}.mdb`)));
    return folder === undefined ? [] : [{ file, folder }];
  });
  if (found.length === 0) {
    throw new AttuneError(
      "ATTUNE_BACKUP_SOURCE",
      "There is no log.mdb, store.mdb or series.mdb to copy; name the folder that the embedded back end works in.",
    );
  }
  if (ORDER.some((file) => ["", file].some((inner) => existsSync(join(to, inner, `${file}.mdb`))))) {
    throw new AttuneError(
      "ATTUNE_BACKUP_TARGET",
      "The folder for the copy holds one already; name a new folder, or move the old copy away.",
    );
  }
  const copies = [];
  try {
    for (const { file, folder } of found) {
      const target = resolve(to, folder, `${file}.mdb`);
      const made = await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await copy(join(path, folder), file, `${target}${PARTIAL}`);
      copies.push({ name: join(folder, `${file}.mdb`), target, made });
    }
    // Under their names only once all are whole: half a copy must not look like one.
    for (const { target } of copies) await rename(`${target}${PARTIAL}`, target);
    // A folder made here is itself a name in the one above it.
    for (const { target, made } of copies) await settleUpTo(dirname(target), dirname(made ?? target));
  } catch (error) {
    for (const { file, folder } of found)
      await rm(join(to, folder, `${file}.mdb${PARTIAL}`), { force: true });
    throw error;
  }
  return {
    files: await Promise.all(
      copies.map(async ({ name, target }) => ({ file: name, bytes: (await stat(target)).size })),
    ),
  };
}

const PARTIAL = ".partial";

async function copy(path: string, file: FileName, target: string): Promise<void> {
  await rm(target, { force: true });
  const { root, release, isCurrent } = openRoot(path, file);
  try {
    // What is copied is what the last commit has left. A process that opens the file in the very moment after may still hide that one.
    await root.transaction(isCurrent);
    // Compacting writes a file with one clean state of its own. A copy page by page takes over the place that is kept for the state flushed
    // last, whose pages may be written over while they are being copied.
    await root.backup(target, true);
  } finally {
    await release();
  }
  const handle = await open(target, "r+");
  try {
    await handle.chmod(0o600);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
