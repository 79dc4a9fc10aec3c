import { fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../lib/run.mjs";
import { located, startRedis } from "./programs.mjs";
import { figuresOf } from "./traffic.mjs";
import { SECRET_KEY, startServer, WRITE_KEY } from "./server.mjs";

const CLIENT = fileURLToPath(new URL("./load-client.mjs", import.meta.url));
const BARE = fileURLToPath(new URL("./bare-server.mjs", import.meta.url));
export const VISITORS = 1000;
/** Nominal load: each visitor does something every ten seconds. */
export const NOMINAL = VISITORS / 10;
/** At p99, ms. Creating a session is its first event over a new connection, until it is folded and the first decisions are made. */
const TARGETS = { sessionsMs: 100, ingestMs: 10, processedMs: 50, pushedMs: 25, decisionsMs: 100 };
/** As a share of all calls. */
const MAX_ERRORS = 0.001;

function missed(step) {
  const late = Object.entries(TARGETS)
    .filter(([name, ms]) => step[name].count > 0 && step[name].p99 >= ms)
    .map(([name, ms]) => `${name.replace("Ms", "")} p99 ${step[name].p99} ms ≥ ${ms} ms`);
  const short = step.sentPerSecond < step.rate * 0.95 ? [`only ${step.sentPerSecond} events/s sent`] : [];
  const errors = step.errorRate >= MAX_ERRORS ? [`error rate ${(step.errorRate * 100).toFixed(2)} %`] : [];
  return [...late, ...short, ...errors];
}

/** The embedded server, which is one process; or, apart, a door and a worker in processes of their own over a Redis. The first of them takes the requests. */
async function startServers({ dir, redis, ruleset }) {
  if (redis === null) return [await startServer({ store: "lmdb", log: "lmdb", dir, sealed: true, ruleset })];
  const shared = { store: "redis", log: "redis", redis: redis.port, shared: true, sealed: true, ruleset };
  return [await startServer({ ...shared, worker: false }), await startServer(shared)];
}

/**
 * 1,000 visitors at once against one embedded server, which is one process, or one apart; they are another. First nominal load, then steps up until a
 * target breaks.
 *
 * @param {{ seconds: number, stepSeconds: number, readers: number, whole?: boolean, inMemory?: boolean, apart?: boolean, steps?: readonly number[], isFloored?: boolean, onProgress?: (text: string) => void }} options
 *   `readers`: how many of them hold a live stream, of their own session or, with `whole`, of all that happens on the site. `inMemory`: the database lies in
 *   /dev/shm, which leaves the disk out. `apart`: on Redis, with door and worker in processes of their own. `isFloored`: what the same visitors see of a server that does nothing, and of one that computes as long.
 */
export async function load({
  seconds,
  stepSeconds,
  readers,
  whole = false,
  inMemory,
  apart = false,
  steps,
  isFloored = false,
  onProgress = () => undefined,
}) {
  const dir = mkdtempSync(join(inMemory ? "/dev/shm" : tmpdir(), "attune-load-"));
  const disk = syncTimes(dir);
  const ruleset = JSON.parse(
    readFileSync(join(root, "examples/next-storefront/attune/ruleset.json"), "utf8"),
  );
  const redis = apart ? await startRedis(located.redis()) : null;
  const servers = await startServers({ dir, redis, ruleset });
  const [server] = servers;
  const settings = {
    port: server.port,
    visitors: VISITORS,
    readers,
    whole,
    writeKey: WRITE_KEY,
    secretKey: SECRET_KEY,
    slots: Object.keys(ruleset.slots).slice(0, 3),
  };
  const client = await startClient(settings);
  const ask = async (rate, length) => {
    const before = await usageOf(servers);
    const step = await client.step(rate, length);
    const after = await usageOf(servers);
    return {
      ...step,
      serverCpu: Math.round(((after.cpu - before.cpu) / (length * 1e6)) * 100) / 100,
      loopMs: Math.round(((after.loopMs - before.loopMs) / step.calls) * 100) / 100,
      serverMb: Math.round(after.rss / 1e6),
      loadAverage: Math.round(loadavg()[0] * 10) / 10,
      missed: missed(step),
    };
  };
  try {
    // Connections, code and caches are warm before anything counts.
    await ask(NOMINAL, Math.min(10, stepSeconds));
    const nominal = await ask(NOMINAL, seconds);
    onProgress(line(nominal));
    const floor = isFloored ? [await bare(settings, 0), await bare(settings, nominal.loopMs)] : [];
    for (const one of floor) onProgress(floorLine(one));
    const ladder = [];
    for (const rate of steps ?? [200, 300, 400, 600, 800, 1200, 1600, 2400, 3200]) {
      if (nominal.missed.length > 0 && rate > NOMINAL && steps === undefined) break;
      const step = await ask(rate, stepSeconds);
      ladder.push(step);
      onProgress(line(step));
      if (step.missed.length > 0) break;
    }
    const breaking = [nominal, ...ladder].find((step) => step.missed.length > 0);
    return { visitors: VISITORS, readers, disk, nominal, floor, ladder, breaksAt: breaking?.rate ?? null };
  } finally {
    client.kill();
    await Promise.all(servers.map((one) => one.kill()));
    await redis?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Of all processes together, Redis left out; how long the loop was busy is that of the one that takes the requests. */
async function usageOf(servers) {
  const used = await Promise.all(servers.map((server) => server.ask("usage")));
  const sum = (name) => used.reduce((total, one) => total + one[name], 0);
  return { cpu: sum("cpu"), rss: sum("rss"), loopMs: used[0].loopMs };
}

/** The visitors, in a process of their own. */
async function startClient(settings) {
  const child = fork(CLIENT, [JSON.stringify(settings)]);
  await once(child, "message");
  return {
    async step(rate, seconds) {
      child.send({ rate, seconds });
      return (await once(child, "message"))[0];
    },
    kill: () => child.kill("SIGKILL"),
  };
}

const FLOOR_SECONDS = 30;

/** What they see at nominal load of a server that is node:http alone and computes so many milliseconds for each call before it answers: what is left of the time is the machine's, and the queue's. */
async function bare(settings, busyMs) {
  const server = fork(BARE, [String(busyMs)]);
  const [{ port }] = await once(server, "message");
  const client = await startClient({ ...settings, port, readers: 0 });
  try {
    const busySoFar = async () => {
      server.send("usage");
      return (await once(server, "message"))[0];
    };
    await client.step(NOMINAL, 5);
    const before = await busySoFar();
    const { ingestMs, sessionsMs, processedMs, calls } = await client.step(NOMINAL, FLOOR_SECONDS);
    const loopMs = Math.round(((await busySoFar()) - before) / calls / 0.01) / 100;
    return { busyMs, loopMs, ingestMs, sessionsMs, processedMs };
  } finally {
    client.kill();
    server.kill("SIGKILL");
  }
}

/** The same in one line. */
export const floorLine = ({ busyMs, loopMs, ingestMs, sessionsMs }) =>
  `beside it, node:http alone, ${busyMs === 0 ? "doing nothing" : `busy for ${busyMs} ms a call as this server is`}, its loop for ${loopMs} ms: ${part("session create", sessionsMs)}, ${part("ingest", ingestMs)} ms`;

/** What it takes the place where the database lies to make 4 KiB durable, ms: no acknowledgement can be faster. */
function syncTimes(dir) {
  const file = join(dir, "probe");
  const descriptor = openSync(file, "w");
  const block = Buffer.alloc(4096, 1);
  const times = Array.from({ length: 200 }, () => {
    const began = performance.now();
    writeSync(descriptor, block);
    fdatasyncSync(descriptor);
    return performance.now() - began;
  });
  closeSync(descriptor);
  rmSync(file);
  return figuresOf(times);
}

const part = (name, { p50, p95, p99 }) => `${name} ${p50}/${p95}/${p99}`;

/** One step in one line. */
export function line(step) {
  return [
    `${step.rate} events/s:`,
    `${part("session create", step.sessionsMs)}, ${part("ingest", step.ingestMs)}, ${part("processed", step.processedMs)}, ${part("pushed", step.pushedMs)},`,
    `${part("decisions", step.decisionsMs)} ms (p50/p95/p99);`,
    `errors ${(step.errorRate * 100).toFixed(3)} %, server ${step.serverCpu} cores, its loop busy for ${step.loopMs} ms a call, load ${step.loadAverage}`,
    step.missed.length > 0 ? `✗ ${step.missed.join("; ")}` : "✓",
  ].join(" ");
}
