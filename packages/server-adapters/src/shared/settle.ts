import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** Settles a folder and those above it, the last one included: what they name is there after a loss of power. Both paths are whole. */
export async function settleUpTo(folder: string, last: string): Promise<void> {
  await settle(folder);
  const above = dirname(folder);
  if (folder !== last && above !== folder) await settleUpTo(above, last);
}

/** Not every system opens folders (Windows does not), nor needs to. */
async function settle(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => null);
  try {
    await handle?.sync();
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code !== "EINVAL" && code !== "EPERM") throw error;
  } finally {
    await handle?.close();
  }
}
