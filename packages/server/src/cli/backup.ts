import { chmod, copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { parseArgs } from "node:util";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { keysFolder } from "./ports/open-ports.js";
import { vendor } from "./ports/vendor.js";
import { number, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

/** `attune backup --to DIR`: a copy of an embedded back end while it runs, with what is needed to read it. */
export async function backup(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { ...PLACE_OPTIONS, to: { type: "string" }, "keys-to": { type: "string" } },
  });
  const { to } = values;
  if (to === undefined) throw new UsageError("--to names the folder for the copy.");
  const { ports, dir } = await placeWithData(values);
  const elsewhere = [ports.hot, ports.log].filter(
    (port) => port.kind !== "lmdb" || (port.dir ?? dir) !== dir,
  );
  if (elsewhere.length > 0)
    throw new UsageError(
      `This copies one folder with everything in it. Back up ${elsewhere.map(({ kind }) => kind).join(" and ")} by its own means; docs/operations.md says in which order.`,
    );
  const { lmdbBackup } = await vendor("LMDB", "lmdb", () => import("@attune/server-adapters/lmdb"));
  const { files } = await lmdbBackup({ path: dir, to });
  const from = keysFolder(ports, dir);
  const keysTo = values["keys-to"] ?? join(to, "keys");
  const keys = from === null ? 0 : await copyKeys(from, keysTo);
  const apiKeys = join(dir, "keys.json");
  if (existsSync(apiKeys)) await copyPrivately(apiKeys, join(to, "keys.json"));
  const together = keys > 0 && `${resolve(keysTo)}${sep}`.startsWith(`${resolve(to)}${sep}`);
  if (values.json)
    terminal.out(JSON.stringify({ to, files, keys, keysTo: keys > 0 ? keysTo : null, together }));
  else {
    terminal.out(terminal.bold(`Copied to ${to}`));
    for (const { file, bytes } of files) terminal.out(`  ${file.padEnd(18)}${number(bytes)} bytes`);
    if (keys > 0) terminal.out(`  ${"keys".padEnd(18)}${number(keys)} files, in ${keysTo}`);
    terminal.out(terminal.dim("  To restore, start on a copy of this folder: attune serve --dir …"));
  }
  if (together)
    terminal.err(
      "The keys lie in the copy of what they protect: whoever has this folder can read everything. Keep them elsewhere: --keys-to DIR.",
    );
  if (from !== null && keys === 0)
    terminal.err(
      `There are no keys in ${from}. Without them the copy of the log cannot be read: back them up from where they are.`,
    );
  return 0;
}

/**
 * How many files there were. The folder may hold other things, which are left as they are.
 *
 * @throws UsageError where it holds another key of the same name: keys are never replaced.
 */
async function copyKeys(from: string, to: string): Promise<number> {
  if (!existsSync(from)) return 0;
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  // A dot in front: a key that is being written at this moment.
  const files = entries.filter((entry) => entry.isFile() && !entry.name.startsWith("."));
  for (const { parentPath, name } of files) {
    const source = join(parentPath, name);
    const copy = join(to, relative(from, source));
    await mkdir(dirname(copy), { recursive: true, mode: 0o700 });
    if (!existsSync(copy)) await copyPrivately(source, copy);
    else if (!(await readFile(source)).equals(await readFile(copy)))
      throw new UsageError(`${copy} is another key. Name a folder of its own for these: --keys-to DIR.`);
  }
  return files.length;
}

async function copyPrivately(from: string, to: string): Promise<void> {
  await copyFile(from, to);
  await chmod(to, 0o600);
}
