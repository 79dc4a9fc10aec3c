import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { located, startKafka, startRedis } from "../scripts/prove/programs.mjs";
import { startServer, WRITE_KEY } from "../scripts/prove/server.mjs";
import { call, createAgent } from "../scripts/prove/traffic.mjs";
import { bodies } from "./page-events.mjs";

const require = createRequire(import.meta.resolve("@attune/server-adapters/package.json"));

const BATCH = 100;
/** As a page sends them. */
const SMALL = 10;
const EVENTS = Number(process.env.ATTUNE_BENCH_EVENTS ?? 80_000);
/** V8 goes on compiling for some 250,000 events, which a server that lives for weeks does not notice. */
const WARM_UP = 3 * EVENTS;
const LANES = 8;
/** Of what has a target, and of what it is compared with; the rest is measured once. */
const ROUNDS = Number(process.env.ATTUNE_BENCH_ROUNDS ?? 2);
const TARGETS = {
  "door redis false": { bare: "bareRedis", share: 0.5, label: "Redis log, beside the bare packed append" },
  "door lmdb false": { bare: "bareLmdb", share: 0.6, label: "LMDB log, beside bare puts" },
};
const COMPARED = new Set(Object.entries(TARGETS).flatMap(([key, { bare }]) => [key, bare]));
/** Only contestants whose key ("door lmdb false") this matches, beside the bare ones. */
const ONLY = new RegExp(process.env.ATTUNE_BENCH_ONLY ?? "");
const PATH = "/api/v1/behavioral/batch";
const ms = (from) => performance.now() - from;

/** Processor time of a Redis so far, microseconds, and the memory of its data, bytes. */
async function usedByRedis(port) {
  const { Redis } = require("ioredis");
  const client = new Redis({ host: "127.0.0.1", port });
  const info = (await client.info("cpu")) + (await client.info("memory"));
  client.disconnect();
  const seconds = [/used_cpu_user:([\d.]+)/, /used_cpu_sys:([\d.]+)/].map((line) =>
    Number(line.exec(info)[1]),
  );
  return { cpu: (seconds[0] + seconds[1]) * 1e6, bytes: Number(/used_memory_dataset:(\d+)/.exec(info)[1]) };
}

async function sendAll(ports, batches, size) {
  const agent = createAgent(LANES);
  let next = 0;
  const lane = async (number) => {
    while (next < batches.length) {
      const body = batches[next++];
      const port = ports[number % ports.length];
      const answer = await call(agent, { port, path: PATH, key: WRITE_KEY, body, timeout: 120_000 });
      const { accepted } = JSON.parse(answer.body);
      if (answer.status !== 200 || accepted !== size)
        throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  agent.destroy();
}

/** All events once through fresh servers on fresh stores: how fast they were taken and folded, and the processor time of each, µs. */
async function measure(contestant) {
  const { workers = 1, script = "configured.mjs", size = BATCH, ...given } = contestant;
  const dir = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const needsRedis = given.log === "redis" || given.store === "redis";
  const redis = needsRedis ? await startRedis(located.redis()) : null;
  const kafka = given.log === "kafka" ? await startKafka(located.kcat()) : null;
  const settings = {
    ...given,
    dir,
    retain: 1000,
    ...(redis && { redis: redis.port, shared: workers > 1 }),
    ...(kafka && { kafka: { brokers: kafka.brokers, topic: "bench" } }),
  };
  const batches = bodies((WARM_UP + EVENTS) / size, size);
  const servers = [];
  try {
    for (let i = 0; i < workers; i++) servers.push(await startServer(settings, script));
    const ports = servers.map(({ port }) => port);
    const cpu = async () => {
      const used = await Promise.all(servers.map((server) => server.ask("usage")));
      return used.reduce((sum, one) => sum + one.cpu, 0);
    };
    const warm = WARM_UP / size;
    await sendAll(ports, batches.slice(0, warm), size);
    const folds = script === "configured.mjs" && given.worker !== false;
    if (folds) await servers[0].ask("settled");
    const [before, redisBefore] = [await cpu(), redis && (await usedByRedis(redis.port))];
    const began = performance.now();
    await sendAll(ports, batches.slice(warm), size);
    const taken = ms(began);
    if (folds) await servers[0].ask("settled");
    const done = ms(began);
    const count = (batches.length - warm) * size;
    const redisAfter = redis && (await usedByRedis(redis.port));
    return {
      taken: count / (taken / 1000),
      rate: count / (done / 1000),
      cost: ((await cpu()) - before) / count,
      redis: redis ? (redisAfter.cpu - redisBefore.cpu) / count : 0,
      redisBytes: redis ? Math.round((redisAfter.bytes - redisBefore.bytes) / count) : 0,
    };
  } finally {
    for (const server of servers) await server.kill();
    await redis?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

function contestants() {
  const all = {
    bareLmdb: { script: "bare-log.mjs", log: "lmdb" },
    bareRedis: { script: "bare-log.mjs", log: "redis" },
  };
  for (const log of ["lmdb", "redis"])
    for (const sealed of [false, true])
      all[`door ${log} ${sealed}`] = { store: log, log, sealed, worker: false };
  // The mock cluster costs what it costs; the client in the server's process is the real one.
  if (located.kcat() !== null) {
    const kafka = { store: "memory", log: "kafka", sealed: true, worker: false };
    all["door kafka true"] = kafka;
    all["door kafka true 1 small"] = { ...kafka, size: SMALL };
  }
  for (const sealed of [false, true]) {
    all[`fold memory ${sealed} 1`] = { store: "memory", log: "memory", sealed };
    for (const log of ["lmdb", "redis"])
      for (const workers of [1, 2])
        all[`fold ${log} ${sealed} ${workers}`] = { store: log, log, sealed, workers };
  }
  if (located.redis() === null) for (const key of Object.keys(all)) if (/redis/i.test(key)) delete all[key];
  return Object.fromEntries(Object.entries(all).filter(([key]) => key.startsWith("bare") || ONLY.test(key)));
}

const NAMES = {
  memory: "memory",
  lmdb: "LMDB",
  redis: "Redis (append-only file)",
  kafka: "Kafka (mock cluster)",
};

/**
 * End to end: HTTP → validated → appended → folded. The processor time of an event says what one core can do, whatever else the machine
 * is busy with; events/s are what this machine did. What is compared takes turns, and for each the round with the least processor time counts.
 */
export async function run(tell) {
  const bytes = Math.round(bodies(1, BATCH)[0].length / BATCH);
  const all = contestants();
  const compared = Object.keys(all).filter((key) => COMPARED.has(key));
  const turns = [
    ...Array.from({ length: ROUNDS }, () => compared).flat(),
    ...Object.keys(all).filter((key) => !COMPARED.has(key)),
  ];
  const best = {};
  const began = performance.now();
  for (const [turn, key] of turns.entries()) {
    const seen = await measure(all[key]);
    tell(
      `${turn + 1} of ${turns.length} after ${Math.round(ms(began) / 1000)} s: ${key}, ${seen.cost.toFixed(1)} µs an event`,
    );
    if (best[key] === undefined || seen.cost < best[key].cost) best[key] = seen;
  }
  const perCore = ({ cost }) => 1e6 / cost;
  const share = (key, bare) => `${Math.round((perCore(best[key]) / perCore(best[bare])) * 100)} %`;
  const rows = Object.keys(all).map((key) => {
    const seen = best[key];
    const [what, store, sealed, workers, small] = key.split(" ");
    const isBare = what.startsWith("bare");
    const bare = { lmdb: "bareLmdb", redis: "bareRedis" }[store];
    const label = isBare
      ? {
          bareLmdb: "bare node:http, JSON.parse, lmdb puts",
          bareRedis: "bare node:http, JSON.parse, one XADD a batch",
        }[what]
      : `${what === "door" ? "validated and in the log" : "the same, and folded"}: ${NAMES[store]}${sealed === "true" ? ", sealed" : ""}${workers === "2" ? ", 2 processes" : ""}${small ? `, requests of ${SMALL}` : ""}`;
    const ratio = bare === undefined ? "" : `${share(key, bare)} of bare; `;
    const beside =
      seen.redis > 0
        ? ` and ${seen.redis.toFixed(1)} µs of Redis, which then holds ${seen.redisBytes} B for it`
        : "";
    return {
      label,
      value: perCore(seen),
      unit: "events/s per core",
      ratio: `${ratio}${seen.cost.toFixed(1)} µs each${beside}; here ${Math.round(seen.taken)}/s taken, ${Math.round(seen.rate)}/s in all`,
      figures: seen,
    };
  });
  return {
    name: `Pipeline: batches of ${BATCH} (~${bytes} B an event), by processor time of the server processes`,
    rows,
    checks: Object.entries(TARGETS)
      .filter(([key, { bare }]) => best[key] && best[bare])
      .map(([key, { bare, share: target, label }]) => ({
        label: `HTTP → validated → ${label}`,
        ok: perCore(best[key]) / perCore(best[bare]) >= target,
        target: `≥ ${target * 100} %`,
        seen: share(key, bare),
      })),
  };
}
