import { Agent, request } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { call, chance, figuresOf } from "./traffic.mjs";

/**
 * Simulated visitors in a process of their own: each has its session, its connection, and the first `readers` of them a live stream as
 * well: of its own session, or of the whole site where `whole` is set. With every tenth event begins another session, and every second time it is somebody new's. They send when they are due, whatever became of what they sent before (an open loop). Runs the steps that the parent asks for,
 * `{ rate, seconds }`, and answers each with its figures.
 */
const { port, visitors: count, readers, whole, writeKey, secretKey, slots } = JSON.parse(process.argv[2]);
/** Of ten events one begins a session, two are waited for until they are folded, and after one other decisions are asked for. */
const [FIRST, WAITED, DECIDED] = [0, [3, 8], 5];
const WAIT_MS = 20_000;
const NAMES = ["Page Viewed", "Page Scrolled", "Product Viewed", "Page Engaged", "Element Clicked"];
const hex = (value) => value.toString(16).padStart(12, "0");
const random = chance(4);
const run = Date.now();

let figures = null;
const fresh = () => ({
  ingest: [],
  sessions: [],
  processed: [],
  pushed: [],
  decisions: [],
  calls: 0,
  errors: 0,
  cutStreams: 0,
  unseen: 0,
  firstErrors: [],
});
function failed(what) {
  figures.errors += 1;
  if (figures.firstErrors.length < 5) figures.firstErrors.push(what);
}

const visitorId = (number) => `0192f3a4-1111-7abc-8def-${hex(number)}`;
const sessionId = (number) => `0192f3a4-2222-7abc-8def-${hex(number)}`;
const connection = () => new Agent({ keepAlive: true, maxSockets: 1 });

const visitors = Array.from({ length: count }, (_, i) => ({
  number: i,
  id: visitorId(i),
  session: sessionId(i),
  agent: connection(),
  sent: 0,
  /** Sessions that this one began. */
  begun: 0,
  /** Calls that are under way. */
  busy: 0,
  /** Events on their way to this visitor's own stream, by id: when they were sent. */
  pending: new Map(),
  stream: null,
}));

function eventOf(visitor) {
  const n = visitor.sent++;
  const product = `fjell-${(n * 7) % 40}`;
  return {
    id: `load-${run}-${visitor.number}-${n}`,
    schemaVersion: 1,
    visitorId: visitor.id,
    sessionId: visitor.session,
    seq: n,
    occurredAt: Date.now(),
    sentAt: Date.now(),
    tzOffset: 60,
    name: NAMES[n % NAMES.length],
    properties: { product_id: product, category: "kitchen", price: 79, depth: 0.4, activeMs: 4000 },
    context: {
      page: {
        url: `https://shop.example/product/${product}`,
        path: `/product/${product}`,
        referrer: "https://shop.example",
        title: `Fjell ${product}`,
      },
      device: { type: "desktop" },
      language: "en-GB",
    },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
  };
}

async function timed(visitor, into, { path, key, body, isRight }) {
  figures.calls += 1;
  visitor.busy += 1;
  const began = performance.now();
  try {
    const answer = await call(visitor.agent, { port, path, key, body });
    const took = performance.now() - began;
    if (answer.status >= 300 || !isRight(answer))
      return failed(`${path}: ${answer.status} ${answer.body.slice(0, 200)}`);
    into.push(took);
  } catch (error) {
    failed(`${path}: ${error.message}`);
  } finally {
    visitor.busy -= 1;
  }
}

/** Another session, after the pause that makes one: with a connection that is to be opened, and every second time of somebody new. */
function beginSession(visitor) {
  visitor.begun += 1;
  const number = visitor.number + count * visitor.begun;
  visitor.session = sessionId(number);
  if (visitor.begun % 2 === 1) visitor.id = visitorId(number);
  if (visitor.busy > 0) return;
  visitor.agent.destroy();
  visitor.agent = connection();
}

const decided = ({ decisions }) => decisions !== null && decisions !== undefined;

async function act(visitor) {
  const turn = (visitor.number + visitor.sent) % 10;
  if (turn === FIRST) {
    beginSession(visitor);
    if (visitor.number < readers && !whole) await openStream(visitor).catch((error) => failed(error.message));
  }
  const event = eventOf(visitor);
  const waits = WAITED.includes(turn);
  if (visitor.stream !== null) visitor.pending.set(event.id, performance.now());
  if (turn === FIRST) {
    await timed(visitor, figures.sessions, {
      path: `/api/v1/behavioral/events?wait=${WAIT_MS}&slots=${slots.join(",")}`,
      key: writeKey,
      body: event,
      isRight: ({ body }) => JSON.parse(body).processed === true && decided(JSON.parse(body)),
    });
    return;
  }
  await timed(visitor, waits ? figures.processed : figures.ingest, {
    path: `/api/v1/behavioral/events?wait=${waits ? WAIT_MS : 0}`,
    key: writeKey,
    body: event,
    isRight: ({ body }) => !waits || JSON.parse(body).processed === true,
  });
  if (turn !== DECIDED) return;
  await timed(visitor, figures.decisions, {
    path: "/api/v1/decisions",
    key: writeKey,
    body: { visitor: { id: visitor.id, consent: { necessary: true, personalization: true } }, slots },
    isRight: ({ body }) => decided(JSON.parse(body)),
  });
}

/** A reader of the whole site is sent everybody's frames; it looks for its own only. */
function read(visitor, chunk) {
  if (visitor.pending.size === 0) return;
  const text = visitor.rest + chunk.toString("latin1");
  for (const [id, at] of visitor.pending) {
    if (!text.includes(id)) continue;
    visitor.pending.delete(id);
    figures.pushed.push(performance.now() - at);
  }
  visitor.rest = text.slice(-100);
}

function openStream(visitor) {
  const before = visitor.stream;
  visitor.stream = null;
  // What of the last session is still under way comes on no stream any more.
  visitor.pending.clear();
  before?.destroy();
  visitor.rest = "";
  const path = `/api/v1/behavioral/stream${whole ? "" : `?sessionId=${visitor.session}`}`;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${secretKey}` };
    const outgoing = request({ agent: false, host: "127.0.0.1", port, path, headers }, (response) => {
      if (response.statusCode !== 200) return reject(new Error(`the stream answered ${response.statusCode}`));
      visitor.stream = response;
      response.on("data", (chunk) => read(visitor, chunk));
      const cut = () => {
        if (visitor.stream !== response) return;
        visitor.stream = null;
        visitor.pending.clear();
        if (figures !== null) figures.cutStreams += 1;
      };
      response.on("close", cut);
      response.on("error", cut);
      resolve();
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

async function step({ rate, seconds }) {
  for (const visitor of visitors.slice(0, readers)) if (visitor.stream === null) await openStream(visitor);
  figures = fresh();
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const every = (count / rate) * 1000;
  const began = performance.now();
  const until = began + seconds * 1000;
  const underWay = new Set();
  const due = visitors
    .map((visitor) => ({ visitor, at: began + random() * every }))
    .sort((a, b) => a.at - b.at);
  let sent = 0;
  // The queue keeps its order: each visitor comes again after the same time.
  for (let head = 0; ; head++) {
    const { visitor, at } = due[head];
    if (at >= until) break;
    const wait = at - performance.now();
    if (wait > 1) await sleep(wait);
    sent += 1;
    const acting = act(visitor).finally(() => underWay.delete(acting));
    underWay.add(acting);
    due.push({ visitor, at: at + every });
  }
  const tookMs = performance.now() - began;
  await Promise.all(underWay);
  const last = performance.now() + 10_000;
  while (performance.now() < last && visitors.some(({ pending }) => pending.size > 0)) await sleep(20);
  delay.disable();
  for (const { pending } of visitors) {
    figures.unseen += pending.size;
    pending.clear();
  }
  const { ingest, sessions, processed, pushed, decisions, ...counts } = figures;
  figures = fresh();
  return {
    rate,
    seconds,
    sentPerSecond: Math.round((sent / tookMs) * 1000),
    ...counts,
    errorRate: (counts.errors + counts.unseen + counts.cutStreams) / Math.max(1, counts.calls),
    ingestMs: figuresOf(ingest),
    sessionsMs: figuresOf(sessions),
    processedMs: figuresOf(processed),
    pushedMs: figuresOf(pushed),
    decisionsMs: figuresOf(decisions),
    clientDelayP99Ms: Math.round(delay.percentile(99) / 1e4) / 100,
  };
}

process.on("message", async (asked) => process.send(await step(asked)));
process.on("disconnect", () => process.exit());
process.send("ready");
