import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { LoadedRuleset } from "@attune/core/service";
import { issueLines } from "./files.js";

/** How often the file is looked at, ms. Looking is what works with every editor and every kind of mount. */
const LOOK_MS = 300;

/** What to tell of a file that was published; nothing where there is nothing new. */
export function publicationLines(file: string, { revision, changed, warnings }: LoadedRuleset): string[] {
  return [
    ...(changed ? [`${basename(file)}: published as revision ${revision}`] : []),
    ...(warnings.length > 0
      ? [`${basename(file)}: probably not what is meant:\n${issueLines(warnings)}`]
      : []),
  ];
}

/** Calls back after each change of the file, one call at a time; a failure is told and ends nothing. Returns what ends it. */
export function watchFile(
  file: string,
  changed: () => Promise<void>,
  failed: (error: unknown) => void,
): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let seen: string | null = null;
  /** While an editor replaces it, there is none; that is no change. */
  const mark = (): Promise<string | null> =>
    stat(file).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => null,
    );
  const look = async (): Promise<void> => {
    const now = await mark();
    if (now !== null && seen !== null && now !== seen && !stopped) await changed().catch(failed);
    seen = now ?? seen;
    if (!stopped) timer = setTimeout(() => void look(), LOOK_MS).unref();
  };
  void look();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
