import { randomBytes } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { AttuneError } from "@attune/core";
import { settleUpTo } from "../shared/settle.js";
import { type KeyShelf, type RotatingKeys, rotatingKeys } from "./rotating.js";

export interface FileKeysOptions {
  /**
   * Folder of the keys, made if it is missing, for its owner only. Keep it apart from the data and out of the data's backups: who has both can
   * read everything, and who has lost it can read nothing.
   */
  directory: string;
}

const hasCode = (error: unknown, code: string): boolean => (error as { code?: unknown }).code === code;

/**
 * Keys in files, one each, for a host without a key service. Several processes may share the folder. Removing a `wrapping-…` file destroys
 * the key: whatever it still wraps can never be read again.
 */
export function fileKeys({ directory }: FileKeysOptions): RotatingKeys {
  const get: KeyShelf["get"] = async (site, name) => {
    try {
      return read(await readFile(join(directory, site, name), "utf8"), `${site}/${name}`);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return null;
      throw error;
    }
  };
  return rotatingKeys({
    get,
    async add(site, name, key) {
      const folder = resolve(directory, site);
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      const draft = join(folder, `.${randomBytes(8).toString("hex")}`);
      try {
        await writeFile(draft, Buffer.from(key).toString("hex"), { mode: 0o600, flag: "wx", flush: true });
        // Appears whole or not at all, and never in place of another.
        await link(draft, join(folder, name));
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      } finally {
        await rm(draft, { force: true });
      }
      await removeLeft(folder);
      // A folder made here is itself a name in the one above it.
      await settleUpTo(folder, dirname(made ?? folder));
      return (await get(site, name)) as Uint8Array;
    },
    async names(site, prefix) {
      try {
        return (await readdir(join(directory, site))).filter((name) => name.startsWith(prefix)).sort();
      } catch (error) {
        if (hasCode(error, "ENOENT")) return [];
        throw error;
      }
    },
  });
}

/** Longer than it takes to write one, ms. */
const DRAFT_MS = 60_000;

/** What a process that died left of its draft may be the key itself, which is to be destroyed with its file. */
async function removeLeft(folder: string): Promise<void> {
  const drafts = (await readdir(folder)).filter((name) => /^\.[\da-f]{16}$/.test(name));
  for (const name of drafts) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && Date.now() - found.mtimeMs > DRAFT_MS) await rm(path, { force: true });
  }
}

function read(text: string, name: string): Uint8Array {
  if (/^[\da-f]{64}\s*$/.test(text)) return Buffer.from(text.trim(), "hex");
  throw new AttuneError(
    "ATTUNE_KEYS_FILE",
    `The key file ${name} does not hold 64 hex digits. Bring back the file from its own backup; a new key cannot replace it.`,
  );
}
