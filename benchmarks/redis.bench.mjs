import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisLog, redisStore } from "@attune/server-adapters/redis";

// The peer that the adapters are tested with.
const require = createRequire(import.meta.resolve("@attune/server-adapters/package.json"));
const { Redis } = require("ioredis");

const BATCH = 100;
const LANES = 8;
const SECONDS = 1.2;
const ROUNDS = 5;
/** An event and its key take 959 bytes as JSON. */
const EVENT = { id: "0192f3a4-0000-7abc-8def-000000000000", name: "Product Viewed", text: "" };
EVENT.text = "x".repeat(959 - JSON.stringify(EVENT).length);
const OPERATIONS = 8;

async function startServer() {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  const folder = mkdtempSync(join(tmpdir(), "attune-bench-"));
  const settings = [
    "--port",
    port,
    "--dir",
    folder,
    "--appendonly",
    "yes",
    "--save",
    "",
    "--bind",
    "127.0.0.1",
  ];
  const child = spawn(process.env.REDIS_SERVER ?? "redis-server", settings.map(String));
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.stdout.on("data", (text) => String(text).includes("Ready to accept") && resolve(null));
  });
  const stop = () => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

/** How many a second, over some lanes that each wait for their answers. */
async function rate(step) {
  let done = 0;
  const began = performance.now();
  const until = began + SECONDS * 1000;
  const lane = async (number) => {
    while (performance.now() < until) done += await step(number);
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return done / ((performance.now() - began) / 1000);
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Everything that is measured, by its name: a step that says how many it did. */
function contestants(client, { one, eight, store }) {
  let next = 0;
  const events = (visitors) =>
    Array.from({ length: BATCH }, () => ({ key: `visitor-${next++ % visitors}`, value: EVENT }));
  const records = () =>
    Array.from({ length: OPERATIONS }, (_, i) => {
      return { op: "put", sort: `event/${next++ % 500}-${i}`, value: EVENT };
    });
  return {
    bareAppend: async () => {
      await client.xadd("bare", "*", "events", JSON.stringify(events(1)));
      return BATCH;
    },
    oneShard: async () => {
      await one.append(events(1));
      return BATCH;
    },
    eightShards: async () => {
      await eight.append(events(25));
      return BATCH;
    },
    barePipeline: async (lane) => {
      const pipeline = client.pipeline();
      for (const { sort, value } of records()) {
        pipeline.hset(`bare:${lane}`, sort, JSON.stringify(value));
        pipeline.zadd(`bare:${lane}:order`, 0, sort);
      }
      await pipeline.exec();
      return 1;
    },
    commit: async (lane) => {
      await store.commit(`visitor-${lane}`, records());
      return 1;
    },
    guardedCommit: async (lane) => {
      await store.commit(`guarded-${lane}`, records(), { once: `token-${next++}`, onceTtl: 60_000 });
      return 1;
    },
  };
}

/** Ours and bare ioredis take turns on one server with an append-only file; the median round counts. */
export async function run() {
  const name = `Redis: batches of ${BATCH} events of 959 B, commits of ${OPERATIONS} records, ${LANES} lanes`;
  const server = await startServer().catch((error) => error);
  if (server instanceof Error)
    return {
      name: `${name}: left out, ${server.message}`,
      rows: [{ label: "left out", value: 0, unit: "" }],
    };
  const client = new Redis({ port: server.port });
  const made = {
    one: redisLog({ client, name: "one", shards: 1 }),
    eight: redisLog({ client, name: "eight" }),
    store: redisStore({ client }),
  };
  const steps = contestants(client, made);
  const rates = Object.fromEntries(Object.keys(steps).map((key) => [key, []]));
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [key, step] of Object.entries(steps)) {
        await client.flushall();
        await Promise.all([made.one.lag("g"), made.eight.lag("g")]);
        const seen = await rate(step);
        // The first round warms up.
        if (round > 0) rates[key].push(seen);
      }
    }
  } finally {
    await Promise.all([made.one.close(), made.eight.close(), made.store.close()]);
    client.disconnect();
    server.stop();
  }
  const of = (key) => median(rates[key]);
  const share = (key, bare) => `${Math.round((of(key) / of(bare)) * 100)} % of bare`;
  const row = (label, key, unit, bare) => {
    return { label, value: Math.round(of(key)), unit, ...(bare && { ratio: share(key, bare) }) };
  };
  return {
    name,
    rows: [
      row("bare ioredis: one XADD of the packed batch", "bareAppend", "events/s"),
      row("redisLog.append, all of one shard", "oneShard", "events/s", "bareAppend"),
      row("redisLog.append, 25 visitors over 8 shards", "eightShards", "events/s", "bareAppend"),
      row(
        "bare ioredis: pipeline of HSET and ZADD, neither atomic nor versioned",
        "barePipeline",
        "commits/s",
      ),
      row("redisStore.commit", "commit", "commits/s", "barePipeline"),
      row("redisStore.commit with a token", "guardedCommit", "commits/s", "barePipeline"),
    ],
    checks: [
      {
        label: "append against one bare XADD",
        ok: of("oneShard") / of("bareAppend") >= 0.5,
        target: "≥ 50 %",
        seen: share("oneShard", "bareAppend"),
      },
      {
        label: "commit against the bare pipeline",
        ok: of("commit") / of("barePipeline") >= 0.5,
        target: "≥ 50 %",
        seen: share("commit", "barePipeline"),
      },
    ],
  };
}
