import { mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { type Fixture, startFixture } from "../../server-adapters/test/fixture.js";

const server = fileURLToPath(new URL("../", import.meta.url));
const source = (name: string): string =>
  fileURLToPath(
    new URL(`../../${name.replace(/^@attune\/([^/]+)(.*)$/, "$1/src$2")}/index.ts`, import.meta.url),
  );

export interface AttuneProgram {
  /** Starts `attune` as a process of its own. */
  start(args: readonly string[]): Fixture;
  /** The first line that it prints, as JSON. */
  ready<T>(args: readonly string[]): Promise<{ process: Fixture; line: T }>;
  remove(): Promise<void>;
}

/** The command as one script from the sources; vendors' packages stay outside, as they do where it is installed. */
export async function bundleAttune(): Promise<AttuneProgram> {
  const folder = join(server, "node_modules", ".cache", "attune-cli");
  mkdirSync(folder, { recursive: true });
  const script = join(folder, `${process.pid}-${Date.now()}.mjs`);
  await build({
    entryPoints: [join(server, "src/cli/index.ts")],
    outfile: script,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    external: ["lmdb", "ioredis", "pg", "kafkajs", "@aws-sdk/*", "ws"],
    plugins: [
      {
        name: "sources",
        setup({ onResolve }) {
          onResolve({ filter: /^@attune\// }, ({ path }) => ({ path: source(path) }));
        },
      },
    ],
  });
  const start = (args: readonly string[], onLine?: (line: string) => void): Fixture =>
    startFixture(script, args, onLine);
  return {
    start: (args) => start(args),
    async ready<T>(args: readonly string[]) {
      let told: (line: string) => void = () => undefined;
      const first = new Promise<string>((resolve) => {
        told = resolve;
      });
      const process = start(args, (line) => told(line));
      const ended = process.exited.then((how) => Promise.reject(new Error(`attune ended: ${how.join(" ")}`)));
      const line = JSON.parse(await Promise.race([first, ended])) as T;
      ended.catch(() => undefined);
      return { process, line };
    },
    remove: () => rm(script, { force: true }),
  };
}
