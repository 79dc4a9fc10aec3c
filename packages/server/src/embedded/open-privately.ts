import { chmod, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";

/** Opens something that keeps files in a folder, so that the folder (0700) and the files (0600) are its owner's alone, also where they were there before. */
export async function openPrivately<T>(folder: string, open: (folder: string) => T): Promise<T> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const opened = open(folder);
  for (const name of await readdir(folder)) await chmod(join(folder, name), 0o600);
  return opened;
}
