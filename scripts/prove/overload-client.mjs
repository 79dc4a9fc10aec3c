import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { call, createAgent, figuresOf } from "./traffic.mjs";

/**
 * Whoever sends, in a process of its own. Runs the steps that the parent asks for and answers each with what became of it:
 * `{ lanes, seconds }` sends batch after batch and waits for each until it is folded, `{ rate, seconds }` sends so many batches a second
 * whatever becomes of those before.
 */
const { port, writeKey, batch: size, visitors } = JSON.parse(process.argv[2]);
const PATH = "/api/v1/behavioral/batch";
const WAIT_MS = 20_000;
const TICK_MS = 5;
/** As many as a server's clients keep open; more than are answered at once, so that a refusal waits for none of them. */
const CONNECTIONS = 512;
const agent = createAgent(CONNECTIONS);
const run = Date.now().toString(36);
let number = 0;

function batchOf(n) {
  const visitor = `visitor-0123456789-${n % visitors}`;
  return Array.from({ length: size }, (_, i) => ({
    id: `${run}-${n}-${i}`,
    schemaVersion: 1,
    name: "Product Viewed",
    visitorId: visitor,
    sessionId: `${visitor}-session`,
    occurredAt: Date.now(),
    properties: { product_id: `p-${i}`, category: "kitchen", price: 79 },
    context: { page: { url: "https://shop.example/p", path: "/p" }, device: { type: "desktop" } },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
  }));
}

const fresh = () => ({
  sent: 0,
  /** Numbers of the batches that got their 2xx, and of those whose answer never came. */
  acknowledged: [],
  unknown: [],
  refused: {},
  unexpected: [],
  acknowledgedMs: [],
  refusedMs: [],
  withoutRetryAfter: 0,
});

async function send(figures, query) {
  const n = number++;
  const body = { events: batchOf(n) };
  figures.sent += 1;
  let began = performance.now();
  // From when it is sent: what waits for a connection of its own client waits for no server.
  const onConnected = () => {
    began = performance.now();
  };
  try {
    const {
      status,
      body: text,
      headers,
    } = await call(agent, { port, path: PATH + query, key: writeKey, body, onConnected });
    const took = performance.now() - began;
    if (status === 200 && JSON.parse(text).accepted === size) {
      figures.acknowledged.push(n);
      figures.acknowledgedMs.push(took);
    } else if (status === 429 || status === 503) {
      figures.refused[status] = (figures.refused[status] ?? 0) + 1;
      figures.refusedMs.push(took);
      if (!(Number(headers["retry-after"]) >= 1)) figures.withoutRetryAfter += 1;
    } else if (figures.unexpected.length < 5) figures.unexpected.push(`${status} ${text.slice(0, 200)}`);
  } catch (error) {
    figures.unknown.push(n);
    if (figures.unexpected.length < 5) figures.unexpected.push(error.message);
  }
}

/**
 * Has all connections open and taken in. A process of Node takes in one new connection with each turn of its event loop, so that hundreds
 * which come while it is busy would wait for seconds, and what is measured here would be that.
 */
async function connect() {
  const ask = () => call(agent, { port, path: "/health/live", method: "GET", key: writeKey });
  await Promise.all(Array.from({ length: CONNECTIONS }, ask));
}

async function closedLoop(figures, { lanes, until }) {
  const lane = async () => {
    while (performance.now() < until) await send(figures, `?wait=${WAIT_MS}`);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

async function openLoop(figures, { rate, until }) {
  const underWay = new Set();
  const began = performance.now();
  for (let due = 0; performance.now() < until; ) {
    for (; due < ((performance.now() - began) / 1000) * rate; due++) {
      const sending = send(figures, "").finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
    await sleep(TICK_MS);
  }
  const tookMs = performance.now() - began;
  await Promise.all(underWay);
  return tookMs;
}

process.on("message", async ({ rate, lanes, seconds }) => {
  await connect();
  const figures = fresh();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const began = performance.now();
  const until = began + seconds * 1000;
  const took =
    rate === undefined
      ? await closedLoop(figures, { lanes, until })
      : await openLoop(figures, { rate, until });
  const tookMs = took ?? performance.now() - began;
  delay.disable();
  const { acknowledgedMs, refusedMs, ...rest } = figures;
  process.send({
    ...rest,
    run,
    tookMs,
    acknowledgedMs: figuresOf(acknowledgedMs),
    refusedMs: figuresOf(refusedMs),
    clientDelayP99Ms: Math.round(delay.percentile(99) / 1e4) / 100,
  });
});
process.on("disconnect", () => process.exit());
process.send("ready");
