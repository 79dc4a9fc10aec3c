import { fork } from "node:child_process";
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";

const BATCH = 100;
const WARM_UP = 1.5;
const SECONDS = 3;
const ROUNDS = 3;
const CONNECTIONS = 8;

const PRODUCTS = [
  "kettle",
  "lamp",
  "stool",
  "rug",
  "knife",
  "pot",
  "shelf",
  "towel",
  "basket",
  "mirror",
  "clock",
  "vase",
];
/** What happens on a product page, as the browser client reports it. */
const ON_PAGE = [
  [
    "Product Viewed",
    { position: 3, list: "category", variant: "enamel, dark green, one litre", available: true },
  ],
  [
    "Page Scrolled",
    { depth: 0.62, pageHeight: 4120, direction: "down", section: "details and measures", reached: true },
  ],
  ["Page Engaged", { activeMs: 4210, totalMs: 9230, inputs: 3, mode: "pointer and keyboard", focused: true }],
  ["Element Clicked", { position: 2, zone: "gallery", label: "Show the picture from above", primary: false }],
];
const hex = (value) => value.toString(16).padStart(12, "0");

/** An event of about 950 bytes, as a page sends it: visitors stay for 32 events, on each page for four. */
function event(index, at) {
  const visitor = index >> 5;
  const page = index >> 2;
  const product = PRODUCTS[(page * 7) % PRODUCTS.length];
  const [name, details] = ON_PAGE[index & 3];
  const path = `/product/fjell-${product}-${page % 90}`;
  return {
    id: `0192f3a4-${(index & 0xffff).toString(16).padStart(4, "0")}-7abc-8def-${hex(index)}`,
    schemaVersion: 1,
    visitorId: `0192f3a4-1111-7abc-8def-${hex(visitor)}`,
    sessionId: `0192f3a4-2222-7abc-8def-${hex(visitor)}`,
    deviceId: `0192f3a4-3333-7abc-8def-${hex(visitor)}`,
    seq: index,
    occurredAt: at,
    tzOffset: 60,
    name,
    properties: {
      product_id: `fjell-${product}`,
      name: `Fjell ${product}`,
      category: "kitchen",
      brand: "Fjell",
      price: 79,
      currency: "EUR",
      ...details,
    },
    context: {
      page: {
        url: `https://shop.example${path}`,
        path,
        referrer: "https://shop.example",
        title: `Fjell ${product} · Halden Goods`,
      },
      viewport: { width: 1440, height: 900 },
      device: { type: "desktop" },
      language: "en-GB",
      campaign: { source: "newsletter", medium: "email", name: "autumn-kitchen" },
    },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "2026-11" },
  };
}

/** Batches made beforehand, so that the client costs as little as may be. */
function bodies(count) {
  const at = Date.now();
  return Array.from({ length: count }, (_, batch) =>
    Buffer.from(
      JSON.stringify({
        sentAt: at,
        events: Array.from({ length: BATCH }, (_, i) => event(batch * BATCH + i, at - 1000 + i)),
      }),
    ),
  );
}

function start(script, ...args) {
  const child = fork(fileURLToPath(new URL(`./servers/${script}`, import.meta.url)), args);
  return new Promise((resolve, reject) => {
    child.once("message", ({ port }) => resolve({ child, port }));
    child.once("exit", (code) => reject(new Error(`${script} ended with ${code}`)));
  });
}

function post(agent, port, path, body) {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent,
        port,
        host: "127.0.0.1",
        method: "POST",
        path,
        headers: {
          "content-type": "application/json",
          "content-length": body.length,
          authorization: "Bearer wk_bench",
        },
      },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode, body: Buffer.concat(chunks).toString() }),
        );
      },
    );
    call.on("error", reject);
    call.end(body);
  });
}

/** Events a second, and the processor time that the server spends on one, microseconds. */
async function load({ child, port }, path, batches) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const used = () =>
    new Promise((resolve) => {
      child.once("message", ({ cpu }) => resolve(cpu));
      child.send("usage");
    });
  let next = 0;
  let accepted = 0;
  const lane = async (until) => {
    while (performance.now() < until) {
      const answer = await post(agent, port, path, batches[next++ % batches.length]);
      if (answer.status >= 300) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`);
      const taken = JSON.parse(answer.body).accepted;
      accepted += taken;
    }
  };
  const lanes = (seconds) =>
    Promise.all(Array.from({ length: CONNECTIONS }, () => lane(performance.now() + seconds * 1000)));
  await lanes(WARM_UP);
  accepted = 0;
  const before = await used();
  const began = performance.now();
  await lanes(SECONDS);
  const rate = accepted / ((performance.now() - began) / 1000);
  const cost = ((await used()) - before) / accepted;
  agent.destroy();
  return { rate, cost };
}

async function measure(path, batches, script, ...args) {
  const server = await start(script, ...args);
  server.child.removeAllListeners("exit");
  try {
    return await load(server, path, batches);
  } finally {
    server.child.kill("SIGKILL");
  }
}

/** Server and client are two processes and want a core each. They take turns, so that noise meets all alike; the best round counts. */
export async function run() {
  const batches = bodies(800);
  const best = { bare: null, door: null, fold: null };
  const keep = (name, result) => {
    if (best[name] === null || result.rate > best[name].rate) best[name] = result;
  };
  for (let round = 0; round < ROUNDS; round++) {
    keep("bare", await measure("/", batches, "bare.mjs"));
    keep("door", await measure("/api/v1/behavioral/batch", batches, "attune.mjs", "door"));
    keep("fold", await measure("/api/v1/behavioral/batch", batches, "attune.mjs", "fold"));
  }
  const { bare, door, fold } = best;
  const share = ({ rate }) => `${Math.round((rate / bare.rate) * 100)} % of bare`;
  const row = (label, result, ratio) => ({
    label: `${label} (${result.cost.toFixed(1)} µs of processor time each)`,
    value: Math.round(result.rate),
    unit: "events/s",
    ...(ratio && { ratio }),
  });
  return {
    name: `HTTP ingestion, batches of ${BATCH} (~${Math.round(batches[0].length / BATCH)} B an event), one server process`,
    rows: [
      row("bare node:http, JSON.parse only", bare),
      row("Attune: auth, validation, consent, append", door, share(door)),
      row("Attune: the same, and the fold in the same process", fold, share(fold)),
    ],
    checks: [
      { label: "door against bare", ok: door.rate / bare.rate >= 0.4, target: "≥ 40 %", seen: share(door) },
    ],
  };
}
