import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import type { Issue } from "@attune/core";
import { createKey } from "../auth/keys.js";
import { UsageError } from "./usage.js";

/** A JSON file that the person named. @throws UsageError that says which option and what is wrong. */
export async function readJsonFile(option: string, file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    const missing = (cause as { code?: unknown }).code === "ENOENT";
    throw new UsageError(
      missing
        ? `--${option}: there is no file ${file}. Paths are relative to ${process.cwd()}.`
        : `--${option}: the file ${file} cannot be read.`,
      cause,
    );
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new UsageError(
      `--${option}: ${file} is not JSON (${withoutText((cause as Error).message)}).`,
      cause,
    );
  }
}

/** What `JSON.parse` says, without the piece of the text that it repeats: passwords may stand in it. */
const withoutText = (message: string): string => message.replace(/, (?:\.\.\.)?".*is not valid JSON$/s, "");

/** Issues as lines below a message. */
export const issueLines = (issues: readonly Issue[]): string =>
  issues.map(({ path, message }) => `  ${path === "" ? "/" : path}: ${message}`).join("\n");

export interface LocalKeys {
  writeKey: string;
  secretKey: string;
}

export const newKeys = (): LocalKeys => ({ writeKey: createKey("write"), secretKey: createKey("secret") });

/** The keys of a data folder: made once, readable by its owner only. */
export async function keysOf(dir: string): Promise<LocalKeys> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = `${dir}/keys.json`;
  try {
    await writeFile(file, `${JSON.stringify(newKeys(), null, 2)}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EEXIST") throw error;
  }
  await chmod(file, 0o600);
  const { writeKey, secretKey } = (await readJsonFile("dir", file)) as Partial<LocalKeys>;
  if (typeof writeKey === "string" && typeof secretKey === "string") return { writeKey, secretKey };
  throw new UsageError(`${file} holds no writeKey and secretKey; remove it to have new ones made.`);
}
