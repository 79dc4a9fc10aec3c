import { createRequire } from "node:module";
import { redisLog, redisStore } from "@attune/server-adapters/redis";
import { located, startRedis } from "../scripts/prove/programs.mjs";

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

/** Processor time of this process and of Redis so far, microseconds. */
async function used(client) {
  const { user, system } = process.cpuUsage();
  const info = await client.info("cpu");
  const seconds = [/used_cpu_user:([\d.]+)/, /used_cpu_sys:([\d.]+)/].map((line) =>
    Number(line.exec(info)[1]),
  );
  return user + system + (seconds[0] + seconds[1]) * 1e6;
}

/** How many a second over some lanes that each wait for their answers, and the processor time that each takes in both processes. */
async function measure(client, step) {
  let done = 0;
  const before = await used(client);
  const began = performance.now();
  const until = began + SECONDS * 1000;
  const lane = async (number) => {
    while (performance.now() < until) {
      const count = await step(number);
      done += count;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  const rate = done / ((performance.now() - began) / 1000);
  return { rate, cost: ((await used(client)) - before) / done };
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
  if (located.redis() === null) return { name: `${name}: left out, no redis-server here`, rows: [] };
  const server = await startRedis(located.redis());
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
        const seen = await measure(client, step);
        // The first round warms up.
        if (round > 0) rates[key].push(seen);
      }
    }
  } finally {
    await Promise.all([made.one.close(), made.eight.close(), made.store.close()]);
    client.disconnect();
    await server.stop();
  }
  const of = (key, what = "rate") => median(rates[key].map((each) => each[what]));
  const share = (key, bare) => `${Math.round((of(key) / of(bare)) * 100)} % of bare`;
  const work = (key, bare) => `${(of(key, "cost") / of(bare, "cost")).toFixed(2)} × bare`;
  const row = (label, key, unit, bare) => {
    const cost = `${of(key, "cost").toFixed(1)} µs of processor time each, client and Redis`;
    return {
      label: `${label} (${cost})`,
      value: Math.round(of(key)),
      unit,
      ...(bare && { ratio: share(key, bare) }),
    };
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
    // By processor time: how many a second there are is up to the disk, too, that the append-only file is on.
    checks: [
      {
        label: "processor time of an append, beside one bare XADD",
        ok: of("oneShard", "cost") <= 2 * of("bareAppend", "cost"),
        target: "≤ 2 × bare",
        seen: work("oneShard", "bareAppend"),
      },
      {
        label: "processor time of a commit, beside the bare pipeline",
        ok: of("commit", "cost") <= of("barePipeline", "cost"),
        target: "≤ 1 × bare",
        seen: work("commit", "barePipeline"),
      },
    ],
  };
}
