import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Issue } from "@attune/core";
import type { LoadedRuleset } from "@attune/core/service";
import { issueLines } from "./files.js";

/** How often the file is looked at, ms. Looking is what works with every editor and every kind of mount. */
const LOOK_MS = 300;

/**
 * What to tell of a file that was published; nothing where there is nothing new.
 *
 * @param models Those that are trained here: a ruleset may go by what they say before there is a version of them.
 */
export function publicationLines(
  file: string,
  { revision, changed, warnings }: LoadedRuleset,
  models: readonly string[] = [],
): string[] {
  const isOfModel = ({ path }: Issue): boolean =>
    path.split(/[/.]/).some((part, i, parts) => parts[i - 1] === "scores" && models.includes(part));
  const told = warnings.filter((warning) => !isOfModel(warning));
  return [
    ...(changed ? [`${basename(file)}: published as revision ${revision}`] : []),
    ...(told.length > 0 ? [`${basename(file)}: probably not what is meant:\n${issueLines(told)}`] : []),
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
