import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, type Located, locate, start, type Started } from "./programs.js";

/** The Redis program: on PATH, or why there is none. */
export const redisProgram = (): Located => locate("redis", "REDIS_SERVER", ["redis-server"]);

export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  /** A client for the test itself; closed with the server. */
  readonly client: Redis;
  /** SIGKILL, as a crash is. */
  kill(): Promise<void>;
  /** Starts it again on its port and its files. */
  restart(): Promise<void>;
  /** Stops it and removes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts a server of our own on a free port, in a folder of its own, with an append-only file.
 *
 * @param extra Further settings, as on its command line: `["--maxmemory", "4mb"]`.
 */
export async function startRedis(path: string, extra: readonly string[] = []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "attune-redis-"));
  const port = await freePort();
  const settings = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--bind", "127.0.0.1"];
  const launch = (): Promise<Started> =>
    start(path, ["--port", String(port), "--dir", folder, ...settings, ...extra], (output) =>
      output.includes("Ready to accept connections"),
    );
  let running = await launch();
  const client = new Redis({ port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  return {
    port,
    folder,
    client,
    kill: () => running.stop("SIGKILL"),
    async restart() {
      running = await launch();
    },
    async stop() {
      client.disconnect();
      await running.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
