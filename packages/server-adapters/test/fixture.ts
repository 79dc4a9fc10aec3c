import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** Makes of a source file one script that Node runs as a process of its own, with the `lmdb` that the tests themselves use. */
export async function bundleFixture(source: URL, script: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    alias: { lmdb: import.meta.resolve("lmdb") },
    external: ["file:*"],
  });
}

export interface Fixture {
  readonly child: ChildProcess;
  /** What it has printed so far, line by line. */
  readonly lines: readonly string[];
  /** How it ended: code, then signal. */
  readonly exited: Promise<unknown[]>;
  kill(): Promise<void>;
}

/** Starts a script with this Node. `onLine` sees each line as it comes. */
export function startFixture(
  script: string,
  args: readonly string[],
  onLine?: (line: string, child: ChildProcess) => void,
): Fixture {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const lines: string[] = [];
  const read = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line);
      onLine?.(line, child);
    }
  })();
  const exited = Promise.all([once(child, "exit"), read]).then(([how]) => how);
  return {
    child,
    lines,
    exited,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
