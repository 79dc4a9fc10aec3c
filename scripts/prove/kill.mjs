import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { located, startKafka, startRedis } from "./programs.mjs";
import { startServer, WRITE_KEY } from "./server.mjs";
import { call, chance, createAgent, figuresOf, lowPort } from "./traffic.mjs";

const PATH = "/api/v1/behavioral/batch";
const LANES = 8;
const MAX_BATCH = 10;
/** Batches after which a lane's visitors are new ones. */
const VISIT = 12;
const VISITORS = 3;
/** Every so many batches of a lane are sent twice at the same time. */
const TWICE = 11;
const NAMES = [
  "Page Viewed",
  "Page Viewed",
  "Page Viewed",
  "Product Viewed",
  "Product Added",
  "Order Completed",
];

/** The batch of a lane under its number: the same every time it is asked for, so that no list of them need be kept. */
export function batchOf(lane, n, begin) {
  const random = chance(lane * 1_000_003 + n);
  const size = 1 + Math.floor(random() * MAX_BATCH);
  return Array.from({ length: size }, (_, i) => {
    const visitor = `visitor-${lane}-${Math.floor(n / VISIT)}-${Math.floor(random() * VISITORS)}`;
    const name = NAMES[Math.floor(random() * NAMES.length)];
    const product = `p-${Math.floor(random() * 40)}`;
    const shop = {
      product_id: product,
      category: `c-${product.length}${product.at(-1)}`,
      price: Math.floor(random() * 20_000) / 100,
    };
    const order = { order_id: `o-${lane}-${n}-${i}`, revenue: Math.floor(random() * 50_000) / 100 };
    return {
      id: `kill-${lane}-${n}-${i}`,
      schemaVersion: 1,
      name,
      visitorId: visitor,
      sessionId: `${visitor}-session`,
      occurredAt: begin + n * 1000 + i,
      properties: name === "Order Completed" ? order : name === "Page Viewed" ? {} : shop,
      context: {
        page: { url: `https://shop.example/${product}`, path: `/${product}` },
        device: { type: "desktop" },
      },
      consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
    };
  });
}

/** What the acknowledged batches must come to. */
function ledgerOf(lanes, begin) {
  const ids = new Set();
  const byName = {};
  const total = { orders: 0, revenue: 0 };
  lanes.forEach((count, lane) => {
    for (let n = 0; n < count; n++) {
      for (const { id, name, properties } of batchOf(lane, n, begin)) {
        ids.add(id);
        byName[name] = (byName[name] ?? 0) + 1;
        if (name !== "Order Completed") continue;
        total.orders += 1;
        total.revenue += Math.round(properties.revenue * 10_000);
      }
    }
  });
  return { ids, byName, orders: total.orders, revenue: total.revenue / 10_000 };
}

/** Lanes that send batch after batch, each until it got its 2xx, over all deaths of the server. */
function startLanes(port, begin, { pause, lanes }) {
  const agent = createAgent(lanes * 2);
  const acknowledged = new Array(lanes).fill(0);
  const figures = { resent: 0, refused: 0, unexpected: [] };
  let isOver = false;
  const waiting = [];
  const send = async (events) => {
    for (let attempt = 0; ; attempt++) {
      const answer = await call(agent, {
        port,
        path: PATH,
        key: WRITE_KEY,
        body: { events },
        timeout: 60_000,
      }).catch(() => null);
      if (answer !== null && answer.status >= 200 && answer.status < 300) {
        const { rejected, withheld } = JSON.parse(answer.body);
        if (rejected.length + withheld > 0) figures.unexpected.push(answer.body.slice(0, 300));
        return;
      }
      if (answer !== null && answer.status !== 503)
        figures.unexpected.push(`${answer.status} ${answer.body}`);
      if (answer !== null) figures.refused += 1;
      figures.resent += 1;
      await sleep(20 + Math.min(attempt, 10) * 10);
    }
  };
  const lane = async (number) => {
    const random = chance(number + 77);
    for (let n = 0; !isOver; n++) {
      const events = batchOf(number, n, begin);
      await Promise.all(n % TWICE === 5 ? [send(events), send(events)] : [send(events)]);
      acknowledged[number] = n + 1;
      for (const tell of waiting.splice(0)) tell();
      await sleep(random() * 2 * pause);
    }
  };
  const running = Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
  return {
    figures,
    acknowledged,
    /** Resolves with the next acknowledgement. */
    next: () => new Promise((resolve) => waiting.push(resolve)),
    async finish() {
      isOver = true;
      await running;
      agent.destroy();
    },
  };
}

/** Resolves with the work or, after a time, with nothing; the timer does not outlive it. */
async function within(ms, work, what) {
  const timer = new AbortController();
  const late = sleep(ms, "late", { signal: timer.signal }).catch(() => null);
  const outcome = await Promise.race([work, late]);
  timer.abort();
  if (outcome === "late") throw new Error(`${what} took more than ${ms / 1000} s`);
  return outcome;
}

async function onRedis({ save }) {
  const redis = await startRedis(located.redis(), { port: await lowPort(), save, fsync: "always" });
  return {
    settings: { store: "redis", log: "redis", redis: redis.port, lease: 2000, sealed: true },
    crash: () => redis.crash(),
    stop: () => redis.stop(),
  };
}

/** The ports of each configuration (payloads of the log are sealed in all of them), and what is killed beside the server. */
export const CONFIGURATIONS = {
  lmdb: {
    title: "embedded LMDB",
    async make(dir) {
      return { settings: { store: "lmdb", log: "lmdb", dir, sealed: true }, stop: async () => undefined };
    },
  },
  redis: {
    title: "Redis store and log, append-only file with `appendfsync always`",
    make: () => onRedis({ save: true }),
  },
  /** A Redis that keeps nothing on disk loses what it acknowledged when it dies: the campaign must find that out. */
  unsaved: {
    title: "Redis without persistence",
    make: () => onRedis({ save: false }),
  },
  kafka: {
    title: "Redis store, Kafka log (mock cluster)",
    // The mock cluster keeps the newest 5 MB of a partition, folded or not, and makes each new member wait for 3 s: all that is sent in 100
    // lives of the server must fit, or it is the mock that loses it. That it did fit is checked.
    lanes: 2,
    pause: 500,
    keepsAll: true,
    async make() {
      const redis = await startRedis(located.redis(), { port: await lowPort() });
      const kafka = await startKafka(located.kcat());
      const consumer = { sessionTimeoutMs: 3500, heartbeatMs: 100, pollMs: 50 };
      return {
        settings: {
          store: "redis",
          log: "kafka",
          redis: redis.port,
          kafka: { brokers: kafka.brokers, topic: "kills", consumer },
          sealed: true,
        },
        stop: async () => {
          await kafka.stop();
          await redis.stop();
        },
      };
    },
  },
};

/** Why a configuration cannot be run here; null where it can. */
export function missing(name) {
  if (name !== "lmdb" && located.redis() === null) return "no redis-server here";
  if (name === "kafka" && located.kcat() === null) return "no kcat here";
  return null;
}

/** One death: at a random moment while batches are being taken, or (every third) while what they hold is being folded. */
async function die(server, lanes, { kill, random, ports, figures }) {
  const whileFolding = kill % 3 === 2;
  await within(60_000, lanes.next(), "the first acknowledgement after a start");
  if (whileFolding) {
    await within(60_000, server.folding, "the first fold after a start");
    figures.whileFolding += 1;
  }
  await sleep(random() * (whileFolding ? 800 : 1200));
  if (ports.crash !== undefined && kill % 4 === 1) {
    figures.killsOfRedis += 1;
    const back = ports.crash();
    await sleep(random() * 200);
    await server.kill();
    return back;
  }
  await server.kill();
}

/**
 * T8: a server under load is killed again and again; clients send again what got no 2xx. In the end every acknowledged event is there, each
 * has had one effect, and visitors, segments and totals are those of a server that was sent the same once and never died.
 *
 * @param {keyof typeof CONFIGURATIONS} name
 * @param {{ kills: number, onProgress?: (done: number) => void, seed?: number }} options
 */
export async function killCampaign(name, { kills, onProgress = () => undefined, seed = 1 }) {
  const configuration = CONFIGURATIONS[name];
  const dir = mkdtempSync(join(tmpdir(), "attune-kill-"));
  const ports = await configuration.make(dir);
  const random = chance(seed);
  const begin = Date.now() - 12 * 3_600_000;
  const port = await lowPort();
  const settings = { ...ports.settings, port };
  const figures = { kills: 0, whileFolding: 0, killsOfRedis: 0 };
  const restarts = [];
  let server = null;
  const started = Date.now();
  try {
    server = await startServer(settings);
    const { lanes: count = LANES, pause = 25 } = configuration;
    const lanes = startLanes(port, begin, { lanes: count, pause });
    for (let kill = 0; kill < kills; kill++) {
      await die(server, lanes, { kill, random, ports, figures });
      figures.kills += 1;
      const from = performance.now();
      server = await startServer(settings);
      restarts.push(performance.now() - from);
      onProgress(figures.kills);
    }
    await within(60_000, lanes.next(), "the first acknowledgement after the last start");
    await within(120_000, lanes.finish(), "the end of the clients");
    const settling = performance.now();
    await within(600_000, server.ask("settled"), "the fold of what was acknowledged");
    const settledMs = Math.round(performance.now() - settling);
    const shards = await server.ask("shards");
    const dropped = shards.filter(({ first }) => first !== null && first > 1).length;
    const found = await compare(server, lanes.acknowledged, { begin, dir });
    return {
      configuration: configuration.title,
      ...figures,
      seconds: Math.round((Date.now() - started) / 1000),
      restartMs: figuresOf(restarts),
      settledMs,
      resent: lanes.figures.resent,
      ...found,
      problems: [
        ...(configuration.keepsAll && dropped > 0
          ? [`the log itself dropped the beginning of ${dropped} shards: ${JSON.stringify(shards)}`]
          : []),
        ...found.problems,
        ...lanes.figures.unexpected.slice(0, 5),
      ],
    };
  } finally {
    await server?.kill();
    await ports.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

/** The survivor against the ledger, and against a server in memory that is sent the same batches once. */
async function compare(server, acknowledged, { begin, dir }) {
  const ledger = ledgerOf(acknowledged, begin);
  const [seenFile, expectedFile] = [join(dir, "seen.ndjson"), join(dir, "expected.ndjson")];
  const summary = await server.ask("summary");
  const seen = await server.ask("dump", { file: seenFile });
  const reference = await startServer({ store: "memory", log: "memory" });
  const agent = createAgent(8);
  const lane = async (count, number) => {
    for (let n = 0; n < count; n++) {
      const body = { events: batchOf(number, n, begin) };
      const answer = await call(agent, { port: reference.port, path: PATH, key: WRITE_KEY, body });
      if (answer.status !== 200) throw new Error(`the reference answered ${answer.status}`);
    }
  };
  let expected;
  let expectedSummary;
  try {
    await Promise.all(acknowledged.map(lane));
    await reference.ask("settled");
    expected = await reference.ask("dump", { file: expectedFile });
    expectedSummary = await reference.ask("summary");
  } finally {
    agent.destroy();
    await reference.kill();
  }
  const stored = new Set();
  for (const line of readFileSync(seenFile, "utf8").split("\n"))
    if (line !== "")
      for (const event of JSON.parse(line).events) stored.add(event.slice(0, event.lastIndexOf(":")));
  const lost = [...ledger.ids].filter((id) => !stored.has(id));
  const invented = [...stored].filter((id) => !ledger.ids.has(id));
  const differing = differences(seenFile, expectedFile);
  const problems = [];
  const same = (what, is, should) => {
    if (JSON.stringify(is) !== JSON.stringify(should))
      problems.push(`${what}: ${JSON.stringify(is)}, not ${JSON.stringify(should)}`);
  };
  const sorted = (counts) => Object.entries(counts).sort();
  same("acknowledged and lost", lost.slice(0, 5), []);
  same("never sent", invented.slice(0, 5), []);
  same("events counted", summary.events, ledger.ids.size);
  same("counts by name", sorted(summary.byName), sorted(ledger.byName));
  same("orders", summary.conversions.orders, ledger.orders);
  same("revenue", summary.conversions.revenue, ledger.revenue);
  same("conflicts", summary.conflicts, 0);
  same("sessions", summary.sessions, expectedSummary.sessions);
  same("visitors", summary.visitors, expected.visitors);
  same("visitors whose state differs", differing.slice(0, 3), []);
  return {
    acknowledged: ledger.ids.size,
    lost: lost.length,
    invented: invented.length,
    doubleEffects: summary.events - ledger.ids.size,
    orders: ledger.orders,
    revenue: ledger.revenue,
    visitors: seen.visitors,
    statesDiffering: differing.length,
    problems,
  };
}

/** Lines of one dump that the other has not. */
function differences(seenFile, expectedFile) {
  const linesOf = (file) => readFileSync(file, "utf8").split("\n");
  const [seen, expected] = [linesOf(seenFile), linesOf(expectedFile)];
  const known = new Set(expected);
  const differing = seen.filter((line) => !known.has(line));
  return differing.length === 0 && seen.length !== expected.length ? ["a visitor is missing"] : differing;
}
