import { access, constants, stat, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { isSafeForLmdb } from "@attune/server-adapters/lmdb/file";
import { error, type Finding, unchecked, warning } from "./finding.js";

export interface FolderFacts {
  folder: string;
  /** False where it, or what it would lie in, is something else. */
  isFolder: boolean;
  /** Permission bits; null where it is not there yet. */
  mode: number | null;
  /** Together with the files of data that are in it. */
  writable: boolean;
  freeBytes: number | null;
  /** `f_type` of statfs; null where the system does not tell. */
  fileSystem: number | null;
  /** Files of data that are none. */
  broken: readonly string[];
}

const MIB = 2 ** 20;
const LITTLE = 1024 * MIB;
const NEXT_TO_NOTHING = 128 * MIB;

/** Linux' numbers of file systems that other machines share. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xfe534d42, "SMB"],
  [0xff534d42, "CIFS"],
  [0x5346414f, "AFS"],
  [0x00c36400, "Ceph"],
  [0x01161970, "GFS2"],
  [0x0bd00bd0, "Lustre"],
  [0x47504653, "GPFS"],
]);
const TMPFS = 0x01021994;

/** What LMDB needs of the folder that it works in. */
export function judgeDataFolder(facts: FolderFacts): Finding[] {
  const { folder, mode, freeBytes, fileSystem } = facts;
  if (!facts.isFolder)
    return [
      error("ATTUNE_DOCTOR_FOLDER_NONE", `${folder} is no folder, or lies below a file. Name another.`),
    ];
  const findings: Finding[] = facts.broken.map((file) =>
    error(
      "ATTUNE_DOCTOR_FOLDER_BROKEN",
      `${file} is no database of LMDB, or its beginning was overwritten: what opens it may end without a word. Bring it back from a backup.`,
    ),
  );
  if (!facts.writable)
    findings.push(
      error(
        "ATTUNE_DOCTOR_FOLDER_WRITE",
        `${folder}, or a file of data in it, cannot be read and written to by this user. Run as its owner or change the owner (chown -R), or name another.`,
      ),
    );
  if (mode !== null && (mode & 0o077) !== 0)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_FOLDER_OPEN",
        `${folder} is open to other people of this machine. Run: chmod 700 ${folder}`,
      ),
    );
  if (freeBytes !== null && freeBytes < LITTLE)
    findings.push(
      (freeBytes < NEXT_TO_NOTHING ? error : warning)(
        "ATTUNE_DOCTOR_DISK",
        `${Math.floor(freeBytes / MIB)} MiB are left on the disk of ${folder}; when it is full, no event is taken. Make room.`,
      ),
    );
  if (fileSystem === null)
    findings.push(unchecked(`The file system of ${folder}`, "this system does not tell its type."));
  const network = NETWORK.get(fileSystem ?? 0);
  if (network !== undefined)
    findings.push(
      error(
        "ATTUNE_DOCTOR_NETWORK_DISK",
        `${folder} is on ${network}, where LMDB's locks do not hold: the data will break. Use a disk of this machine.`,
      ),
    );
  if (fileSystem === TMPFS)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_MEMORY_DISK",
        `${folder} is in memory (tmpfs) and is gone when this machine restarts. Use a disk.`,
      ),
    );
  return findings;
}

/** Of the folder, or of the nearest one above it where it is not there yet. */
export async function lookAtFolder(given: string): Promise<FolderFacts> {
  const folder = resolve(given);
  const own = await stat(folder).catch(() => null);
  let there = folder;
  while (own === null && there !== dirname(there) && (await stat(there).catch(() => null)) === null)
    there = dirname(there);
  const space = await statfs(there).catch(() => null);
  const found = own ?? (await stat(there).catch(() => null));
  const files = ["store", "log", "series"].map((name) => join(given, name, `${name}.mdb`));
  // Files too: who once ran a command as another user has left some that are that user's.
  const writable = await Promise.all([there, ...files].map(isWritable));
  return {
    folder: given,
    isFolder: found?.isDirectory() ?? false,
    broken: files.filter((file) => !isSafeForLmdb(file)),
    mode: own === null || process.platform === "win32" ? null : own.mode & 0o777,
    writable: writable.every(Boolean),
    freeBytes: space && space.bavail * space.bsize,
    fileSystem: space !== null && process.platform === "linux" ? space.type : null,
  };
}

const isWritable = (path: string): Promise<boolean> =>
  access(path, constants.R_OK | constants.W_OK).then(
    () => true,
    (cause: NodeJS.ErrnoException) => cause.code === "ENOENT",
  );
