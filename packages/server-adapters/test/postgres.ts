import { execFile, execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { Pool } from "pg";
import { freePort, type Located, locate, type Started, start } from "./programs.js";

/** The server program: Debian keeps it off PATH, in a folder for each version. */
export const postgresProgram = (): Located =>
  locate(
    "Postgres",
    "POSTGRES",
    ["postgres"],
    ["18", "17", "16", "15", "14", "13"].map((version) => `/usr/lib/postgresql/${version}/bin/postgres`),
  );

export interface PostgresForTests {
  readonly port: number;
  /** A pool of its own; ended with the server at the latest. */
  pool(): Pool;
  /** Stops the server without a checkpoint, as a crash does, and starts it again on the same files: it recovers from its log. */
  crash(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A fresh cluster in a temporary folder, on a free port of this machine only.
 *
 * @param extra Further settings, by name.
 */
export async function startPostgres(
  program: string,
  extra: Readonly<Record<string, string>> = {},
): Promise<PostgresForTests> {
  const folder = mkdtempSync(join(tmpdir(), "attune-postgres-"));
  const user = unprivileged();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid ?? 0);
  const data = join(folder, "data");
  await promisify(execFile)(
    join(dirname(program), "initdb"),
    ["-D", data, "-U", "attune", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
    user,
  );
  const port = await freePort();
  const settings = {
    port,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    // A process that dies loses nothing by this; only a power cut would, and none is tested.
    fsync: "off",
    max_connections: 50,
    shared_buffers: "32MB",
    ...extra,
  };
  const args = [
    "-D",
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const run = (): Promise<Started> =>
    start(program, args, (output) => output.includes("ready to accept connections"), user);
  let server = await run();
  const pools: Pool[] = [];
  return {
    port,
    pool() {
      const pool = new Pool({ host: "127.0.0.1", port, user: "attune", database: "postgres", max: 10 });
      // Idle connections break when the server is stopped, which is what the tests want.
      pool.on("error", () => undefined);
      pools.push(pool);
      return pool;
    },
    async crash() {
      await server.stop("SIGQUIT");
      server = await run();
    },
    async stop() {
      await Promise.all(pools.map((pool) => (pool.ended ? undefined : pool.end())));
      await server.stop("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; Debian's package brings a user for it. */
function unprivileged(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
