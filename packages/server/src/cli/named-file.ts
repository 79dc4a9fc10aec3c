import { existsSync, statSync } from "node:fs";
import { UsageError } from "./usage.js";

/** The one file that a command was given. @throws UsageError */
export function fileOf([file, ...more]: readonly string[], verb: string): string {
  if (file === undefined || more.length > 0) throw new UsageError(`Name one file to ${verb}.`);
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}.`);
  if (statSync(file).isDirectory()) throw new UsageError(`${file} is a folder; name a file in it.`);
  return file;
}
