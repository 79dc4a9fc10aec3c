import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { freePort } from "../lib/demo.mjs";
import { find, PROGRAMS } from "../lib/programs.mjs";

export const located = {
  redis: () => find(PROGRAMS.redis),
  kcat: () => find(PROGRAMS.kcat),
  postgres: () => find(PROGRAMS.postgres),
};

/** Starts a program directly and waits for a line that says it is ready. It dies with this process. */
async function start(path, args, ready, options = {}) {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const gone = once(child, "exit").catch(() => undefined);
  let text = "";
  const found = await new Promise((resolve, reject) => {
    const read = (chunk) => {
      text = (text + chunk).slice(-8000);
      const match = ready.exec(text);
      if (match) resolve(match);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${path} ended with ${code}: ${text}`)));
  });
  return {
    found,
    pid: child.pid,
    async stop(signal = "SIGKILL") {
      process.removeListener("exit", kill);
      child.kill(signal);
      await gone;
    },
  };
}

/**
 * Redis with an append-only file.
 *
 * @param {{ port?: number, save?: boolean, fsync?: "always" | "everysec" }} [options] `always` where Redis itself is killed: with `everysec` it answers before it
 *   has written, for as long as its disk is busy, and what it dies with is lost.
 */
export async function startRedis(path, { port, save = true, fsync = "everysec" } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "attune-prove-redis-"));
  const at = port ?? (await freePort());
  const file = ["--appendonly", save ? "yes" : "no", "--appendfsync", fsync, "--save", ""];
  const args = ["--port", String(at), "--dir", folder, "--bind", "127.0.0.1", ...file];
  const launch = () => start(path, args, /Ready to accept connections/);
  let running = await launch();
  return {
    port: at,
    pid: () => running.pid,
    /** SIGKILL, then the same again on the same files. */
    async crash() {
      await running.stop("SIGKILL");
      running = await launch();
    },
    async stop() {
      await running.stop("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startPostgres(path) {
  const folder = mkdtempSync(join(tmpdir(), "attune-prove-postgres-"));
  const user = {};
  if (process.getuid?.() === 0) {
    // PostgreSQL refuses to run as root; Debian's package brings a user for it.
    for (const [key, flag] of [
      ["uid", "-u"],
      ["gid", "-g"],
    ])
      user[key] = Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
    chownSync(folder, user.uid, user.gid);
  }
  const data = join(folder, "data");
  const init = ["-D", data, "-U", "attune", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"];
  await promisify(execFile)(join(dirname(path), "initdb"), init, user);
  const port = await freePort();
  const settings = { port, listen_addresses: "127.0.0.1", unix_socket_directories: "", fsync: "off" };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const running = await start(path, ["-D", data, ...args], /ready to accept connections/, user);
  return {
    connection: { host: "127.0.0.1", port, user: "attune", database: "postgres" },
    async stop() {
      await running.stop("SIGQUIT");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The mock cluster of librdkafka: three brokers that speak the real protocol over sockets. */
export async function startKafka(path) {
  const args = "-b x:1 -X test.mock.num.brokers=3 -d mock -C -t keepalive -q".split(" ");
  const running = await start(path, args, /bootstrap\.servers=((?:[\d.]+:\d+,?){3})/);
  return { brokers: running.found[1].split(",").filter(Boolean), stop: () => running.stop("SIGKILL") };
}
