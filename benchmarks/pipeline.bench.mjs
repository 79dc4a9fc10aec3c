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
/**
 * What has a target runs beside what it is compared with: both are warm, and send this many events each in turn, this many times. The machine
 * drifts by more than they differ, so each share is of two turns that follow one another, and the median counts.
 */
const TURN = EVENTS / 8;
const TURNS = Number(process.env.ATTUNE_BENCH_TURNS ?? 16);
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

/** Fresh servers on fresh stores that events are sent through. */
async function open(contestant) {
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
  const servers = [];
  const cpu = async () => {
    const used = await Promise.all(servers.map((server) => server.ask("usage")));
    return used.reduce((sum, one) => sum + one.cpu, 0);
  };
  const folds = script === "configured.mjs" && given.worker !== false;
  const settle = () => folds && servers[0].ask("settled");
  const close = async () => {
    for (const server of servers) await server.kill();
    await redis?.stop();
    await kafka?.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    for (let i = 0; i < workers; i++) servers.push(await startServer(settings, script));
  } catch (error) {
    await close();
    throw error;
  }
  const ports = servers.map(({ port }) => port);
  let next = 0;
  return {
    close,
    /** The next `count` events: how fast they were taken and folded, and the processor time of each, µs. */
    async send(count) {
      const batches = bodies(count / size, size, next);
      next += count;
      const [before, redisBefore] = [await cpu(), redis && (await usedByRedis(redis.port))];
      const began = performance.now();
      await sendAll(ports, batches, size);
      const taken = ms(began);
      await settle();
      const done = ms(began);
      const redisAfter = redis && (await usedByRedis(redis.port));
      return {
        taken: count / (taken / 1000),
        rate: count / (done / 1000),
        cost: ((await cpu()) - before) / count,
        redis: redis ? (redisAfter.cpu - redisBefore.cpu) / count : 0,
        redisBytes: redis ? Math.round((redisAfter.bytes - redisBefore.bytes) / count) : 0,
      };
    },
  };
}

async function measure(contestant) {
  const opened = await open(contestant);
  try {
    await opened.send(WARM_UP);
    return await opened.send(EVENTS);
  } finally {
    await opened.close();
  }
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
const medians = (list) =>
  Object.fromEntries(Object.keys(list[0]).map((name) => [name, median(list.map((one) => one[name]))]));

/** The figures of the two, and in `share` what part of the bare one's rate per core the other one has: the median, and the quartiles. */
async function compare(bare, contestant) {
  const pair = [];
  try {
    for (const one of [bare, contestant]) pair.push(await open(one));
    for (const one of pair) await one.send(WARM_UP);
    const turns = [];
    for (let turn = 0; turn < TURNS; turn++) turns.push([await pair[0].send(TURN), await pair[1].send(TURN)]);
    const shares = turns.map(([one, other]) => one.cost / other.cost).sort((a, b) => a - b);
    return {
      seen: [0, 1].map((i) => medians(turns.map((turn) => turn[i]))),
      share: median(shares),
      quartiles: [shares[Math.floor(TURNS / 4)], shares[Math.ceil((TURNS * 3) / 4) - 1]],
    };
  } finally {
    for (const one of pair) await one.close();
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

const BARE_NAMES = {
  bareLmdb: "bare node:http, JSON.parse, lmdb puts",
  bareRedis: "bare node:http, JSON.parse, one XADD a batch",
};
const NAMES = {
  memory: "memory",
  lmdb: "LMDB",
  redis: "Redis (append-only file)",
  kafka: "Kafka (mock cluster)",
};

/**
 * End to end: HTTP → validated → appended → folded. The processor time of an event says what one core can do, whatever else the machine
 * is busy with; events/s are what this machine did.
 */
export async function run(tell) {
  const bytes = Math.round(bodies(1, BATCH)[0].length / BATCH);
  const all = contestants();
  const [seen, compared] = [{}, {}];
  const began = performance.now();
  const after = () => `after ${Math.round(ms(began) / 1000)} s`;
  for (const [key, { bare }] of Object.entries(TARGETS)) {
    if (all[key] === undefined) continue;
    const found = await compare(all[bare], all[key]);
    [seen[bare], seen[key]] = found.seen;
    compared[key] = found;
    tell(`${key} ${after()}: ${spread(found)} of bare`);
  }
  const others = Object.keys(all).filter((key) => !COMPARED.has(key));
  for (const [i, key] of others.entries()) {
    seen[key] = await measure(all[key]);
    tell(`${i + 1} of ${others.length} ${after()}: ${key}, ${seen[key].cost.toFixed(1)} µs an event`);
  }
  const perCore = ({ cost }) => 1e6 / cost;
  const rows = Object.keys(seen).map((key) => {
    const figures = seen[key];
    const [what, store, sealed, workers, small] = key.split(" ");
    const bare = seen[{ lmdb: "bareLmdb", redis: "bareRedis" }[store]];
    const label = what.startsWith("bare")
      ? BARE_NAMES[what]
      : `${what === "door" ? "validated and in the log" : "the same, and folded"}: ${NAMES[store]}${sealed === "true" ? ", sealed" : ""}${workers === "2" ? ", 2 processes" : ""}${small ? `, requests of ${SMALL}` : ""}`;
    const share = compared[key]?.share ?? (bare && bare.cost / figures.cost);
    const ratio = share === undefined ? "" : `${percent(share)} of bare; `;
    const beside =
      figures.redis > 0
        ? ` and ${figures.redis.toFixed(1)} µs of Redis, which then holds ${figures.redisBytes} B for it`
        : "";
    return {
      label,
      value: perCore(figures),
      unit: "events/s per core",
      ratio: `${ratio}${figures.cost.toFixed(1)} µs each${beside}; here ${Math.round(figures.taken)}/s taken, ${Math.round(figures.rate)}/s in all`,
      figures,
    };
  });
  return {
    name: `Pipeline: batches of ${BATCH} (~${bytes} B an event), by processor time of the server processes`,
    rows,
    checks: Object.entries(compared).map(([key, found]) => ({
      label: `HTTP → validated → ${TARGETS[key].label}`,
      ok: found.share >= TARGETS[key].share,
      target: `≥ ${percent(TARGETS[key].share)}`,
      seen: spread(found),
    })),
  };
}

const percent = (share) => `${Math.round(share * 100)} %`;
const spread = ({ share, quartiles: [low, high] }) =>
  `${percent(share)} (half of the turns ${percent(low)} to ${percent(high)})`;
