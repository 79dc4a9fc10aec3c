import { readdir, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";
import type { DeadLetter, Log } from "@attune/core/ports";
import { error, type Finding, warning } from "./finding.js";

export interface KeysFacts {
  /** Null: no keys are configured. */
  folder: string | null;
  /** Paths within it that other people of the machine may read. */
  open: readonly string[];
  /** How many key files there are. */
  files: number;
  besideData: boolean;
  hasData: boolean;
}

/** @param letters How many dead letters wait for a key that is gone. */
export function judgeLetters(letters: number): Finding[] {
  if (letters === 0) return [];
  return [
    error(
      "ATTUNE_DOCTOR_KEYS_GONE",
      `${letters} dead letters hold events that cannot be read, since the keys that protect them are gone. Bring the keys back from their own backup and run \`attune dead-letters replay\`: each letter is destroyed 7 days after it came.`,
    ),
  ];
}

export function judgeKeys({ folder, open, files, besideData, hasData }: KeysFacts): Finding[] {
  if (folder === null)
    return [
      warning(
        "ATTUNE_DOCTOR_KEYS_NONE",
        "No keys are configured: the log is not encrypted, and the key of pseudonyms lies with the data. Name /ports/keys in the configuration.",
      ),
    ];
  const findings: Finding[] = [];
  if (open.length > 0)
    findings.push(
      error(
        "ATTUNE_DOCTOR_KEYS_OPEN",
        `Other people of this machine can read the keys in ${folder}. Run: chmod -R go-rwx ${folder}`,
      ),
    );
  if (files === 0 && hasData)
    findings.push(
      error(
        "ATTUNE_DOCTOR_KEYS_MISSING",
        `There is data, but no key in ${folder}: the log cannot be read, and pseudonyms will not match. Bring the keys back from their own backup.`,
      ),
    );
  if (besideData)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KEYS_BESIDE",
        `The keys lie in the folder of the data (${folder}): whoever copies one has both. Keep them elsewhere: { "keys": { "kind": "files", "dir": "…" } } under /ports.`,
      ),
    );
  return findings;
}

/** @param dataFolders Where data lies on this machine. */
export async function lookAtKeys(folder: string | null, dataFolders: readonly string[]): Promise<KeysFacts> {
  const inside = (outer: string): boolean =>
    `${resolve(folder ?? "/")}${sep}`.startsWith(`${resolve(outer)}${sep}`);
  const hasData = (await Promise.all(dataFolders.map((path) => countFiles(path)))).some((count) => count > 0);
  if (folder === null) return { folder, open: [], files: 0, besideData: false, hasData };
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = [folder, ...entries.map((entry) => `${entry.parentPath}${sep}${entry.name}`)];
  const isOpen = async (path: string): Promise<boolean> =>
    process.platform !== "win32" && (((await stat(path).catch(() => null))?.mode ?? 0) & 0o077) !== 0;
  const flags = await Promise.all(paths.map(isOpen));
  return {
    folder,
    open: paths.filter((_, i) => flags[i]),
    files: entries.filter((entry) => entry.isFile()).length,
    besideData: dataFolders.some(inside),
    hasData,
  };
}

/** Whether anything lies in a log. */
export async function holdsEntries(log: Pick<Log, "capabilities" | "read">): Promise<boolean> {
  const shards = Array.from({ length: log.capabilities.shards }, (_, shard) => log.read(shard, 0, 1));
  return (await Promise.all(shards)).some((records) => records.length > 0);
}

const PAGE = 200;

/** How many letters of a log are of events that were set aside since the provider has their wrapping key no more. */
export async function lettersWithoutKey({ deadLetters }: Pick<Log, "deadLetters">): Promise<number> {
  let count = 0;
  for (let after: string | null = null; ; ) {
    const page: DeadLetter[] = await deadLetters.read(after, PAGE);
    count += page.filter(({ reasons }) => reasons.some(({ code }) => code === "ATTUNE_PRIVACY_KEY")).length;
    const last = page[PAGE - 1];
    if (last === undefined) return count;
    after = last.id;
  }
}

/** Files of the log or the store, not what else lies in the folder. */
async function countFiles(dir: string): Promise<number> {
  const found = await readdir(dir, { recursive: true }).catch(() => []);
  return found.filter((name) => /(^|[\\/])(log|store)\.mdb$/.test(name)).length;
}
