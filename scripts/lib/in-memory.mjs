import { accessSync, chmodSync, constants, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const MEMORY = "/dev/shm";
/** More than all that tests hold at once, profiles of browsers and databases of servers, several times over. */
const ROOM = 4 * 2 ** 30;

/**
 * A folder in memory for what tests write and throw away; null where there is none, where it has little room, or where somebody has chosen another (`TMPDIR`). Each commit of
 * a database waits for a disk otherwise. What is shown does not hang on one: processes are killed, and nobody cuts the power. It goes with this process.
 */
export function inMemory() {
  if (process.env.TMPDIR) return null;
  try {
    accessSync(MEMORY, constants.W_OK);
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < ROOM) return null;
    const folder = mkdtempSync(join(MEMORY, "attune-tests-"));
    // PostgreSQL runs as a user of its own, who has to pass through to what is its own.
    chmodSync(folder, 0o711);
    process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
    return folder;
  } catch {
    return null;
  }
}
