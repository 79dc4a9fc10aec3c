import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

/** A server program for tests: where it is, or why it is not here. */
export type Located = { path: string; reason: null } | { path: null; reason: string };

/**
 * Looks for a program as `npm test` has announced it (`REDIS_SERVER`, or `ATTUNE_NO_REDIS` with the reason), else on PATH. A suite that
 * lacks its program is left out with that reason, never silently.
 *
 * @param places Where else it may be, whole paths.
 */
export function locate(
  name: string,
  variable: string,
  commands: readonly string[],
  places: readonly string[] = [],
): Located {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const onPath = commands.flatMap((command) => folders.map((folder) => join(folder, command)));
  const path = [process.env[variable] ?? "", ...onPath, ...places].find((candidate) => existsSync(candidate));
  if (path !== undefined) return { path, reason: null };
  const reason =
    process.env[`ATTUNE_NO_${name.toUpperCase()}`] ?? `there is no ${commands[0]} on PATH; set ${variable}`;
  console.warn(`${name}: none, suites left out, because ${reason}`);
  return { path: null, reason };
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

export interface Started {
  readonly child: ChildProcess;
  /** What it printed so far, the first million characters of it: one that tells all it does prints without end. */
  output(): string;
  /** Ends it, and waits until it is gone. SIGKILL is what a crash looks like. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

const MOST_TEXT = 1_000_000;

/**
 * Starts a program directly (no shell, no wrapper that would survive a kill) and waits until it is ready. It dies with this process.
 *
 * @param ready Asked again and again with what it printed; true ends the wait. Rejects after 20 s, or where the program ends before.
 * @param user Whom it runs as, where that is somebody else.
 */
export async function start(
  path: string,
  args: readonly string[],
  ready: (output: string) => boolean | Promise<boolean>,
  user: { uid?: number; gid?: number } = {},
): Promise<Started> {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], ...user });
  let text = "";
  // Drained for as long as it lives: a program whose pipe is full stands still.
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      if (text.length < MOST_TEXT) text += String(chunk);
    });
  const gone = once(child, "exit").catch(() => undefined);
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const stop = async (signal: NodeJS.Signals = "SIGTERM"): Promise<void> => {
    process.removeListener("exit", kill);
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await gone;
  };
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; ) {
    if (child.exitCode !== null)
      throw new Error(`${path} ended with ${child.exitCode}: ${text.slice(-2000)}`);
    if (await ready(text)) return { child, output: () => text, stop };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await stop("SIGKILL");
  throw new Error(`${path} was not ready within 20 s: ${text.slice(-2000)}`);
}
