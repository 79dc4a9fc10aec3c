import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbLog, lmdbStore } from "@attune/server-adapters/lmdb";

// The very copy that the adapter stands on.
const { open } = createRequire(new URL("../packages/server-adapters/package.json", import.meta.url))("lmdb");

const EVENTS = 48_000;
const BATCH = 100;
/** Batches on their way at the same time, as from as many requests. */
const LANES = 16;
const TRANSACTION = 1000;
const COMMITS = 2000;
const COMMIT_LANES = 64;
/** They take turns, so that noise meets all alike; the best counts. */
const ROUNDS = 7;

const hex = (value) => value.toString(16).padStart(12, "0");

/** An event of 959 bytes, as the service appends it; visitors stay for 32 events. */
function event(index) {
  const visitor = hex(index >> 5);
  const path = `/product/fjell-kettle-${(index >> 2) % 90}`;
  const value = {
    id: `0192f3a4-0000-7abc-8def-${hex(index)}`,
    schemaVersion: 1,
    site: "default",
    visitorId: `0192f3a4-1111-7abc-8def-${visitor}`,
    sessionId: `0192f3a4-2222-7abc-8def-${visitor}`,
    deviceId: `0192f3a4-3333-7abc-8def-${visitor}`,
    seq: index,
    occurredAt: 1_795_000_000_000 + index,
    receivedAt: 1_795_000_001_000 + index,
    tzOffset: 60,
    name: "Product Viewed",
    properties: {
      product_id: "fjell-kettle",
      category: "kitchen",
      brand: "Fjell",
      price: 79,
      currency: "EUR",
    },
    context: {
      page: {
        url: `https://shop.example${path}`,
        path,
        referrer: "https://shop.example",
        title: "Halden Goods",
      },
      viewport: { width: 1440, height: 900 },
      device: { type: "desktop" },
      language: "en-GB",
      campaign: { source: "newsletter", medium: "email", name: "autumn-kitchen" },
    },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "2026-11" },
    note: "",
  };
  value.note = "enamel, dark green, one litre. ".repeat(8).slice(0, 959 - JSON.stringify(value).length);
  return { key: `default/v/k1.0192f3a4-1111-7abc-8def-${visitor}`, value };
}

const entries = Array.from({ length: EVENTS }, (_, index) => event(index));
/** What the log writes for them. */
const row = ({ key, value }) => JSON.stringify([1_795_000_001_000, key, value]);
const rows = entries.map((entry) => Buffer.from(row(entry)));

/** Keys like those of the log, positions in one shard. */
function keyOf(position) {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt16BE(0, 0);
  key.writeUIntBE(position, 2, 6);
  key.writeUInt32BE(position, 8);
  return key;
}

/** Runs `work` on a bare database; what it takes, seconds. */
async function bare(path, work) {
  const root = open({
    path: join(path, "bare.mdb"),
    noSubdir: true,
    maxDbs: 8,
    encoding: "binary",
    keyEncoding: "binary",
  });
  const database = root.openDB({ name: "records", encoding: "binary", keyEncoding: "binary" });
  const began = performance.now();
  await work(root, database);
  const seconds = (performance.now() - began) / 1000;
  await root.close();
  return seconds;
}

async function lanes(count, width, work) {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: width }, lane));
  return (performance.now() - began) / 1000;
}

const putRows = (bytesOf) => async (root, database) => {
  for (let at = 0; at < EVENTS; at += TRANSACTION) {
    const bytes = entries.slice(at, at + TRANSACTION).map((_, i) => bytesOf(at + i));
    await root.transaction(() => bytes.forEach((one, i) => database.putSync(keyOf(at + i), one)));
  }
};

async function append(path) {
  const log = lmdbLog({ path });
  const seconds = await lanes(EVENTS / BATCH, LANES, (n) =>
    log.append(entries.slice(n * BATCH, (n + 1) * BATCH)),
  );
  await log.close();
  return seconds;
}

/** An event and its visitor's state in one commit. */
async function commit(path, width) {
  const store = lmdbStore({ path });
  const seconds = await lanes(COMMITS, width, async (n) => {
    const { key, value } = entries[n];
    await store.commit(key, [
      { op: "put", sort: `e/${value.id}`, value },
      { op: "put", sort: "state", value: { n } },
    ]);
  });
  await store.close();
  return seconds;
}

const cases = {
  bare: [
    EVENTS,
    (path) =>
      bare(
        path,
        putRows((i) => rows[i]),
      ),
  ],
  text: [
    EVENTS,
    (path) =>
      bare(
        path,
        putRows((i) => Buffer.from(row(entries[i]))),
      ),
  ],
  append: [EVENTS, append],
  bareOne: [
    COMMITS,
    (path) =>
      bare(path, async (root, database) => {
        for (let n = 0; n < COMMITS; n++)
          await root.transaction(() => {
            database.putSync(keyOf(n), rows[n]);
            database.putSync(keyOf(1e9), rows[0].subarray(0, 8));
          });
      }),
  ],
  one: [COMMITS, (path) => commit(path, 1)],
  many: [COMMITS, (path) => commit(path, COMMIT_LANES)],
};

export async function run() {
  const best = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, [count, measure]] of Object.entries(cases)) {
      const path = mkdtempSync(join(tmpdir(), "attune-bench-"));
      try {
        best[name] = Math.max(best[name] ?? 0, count / (await measure(path)));
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    }
  }
  const share = (name, of) => `${Math.round((best[name] / best[of]) * 100)} %`;
  const figure = (label, name, unit, ratio) => {
    return { label, value: Math.round(best[name]), unit, ...(ratio && { ratio }) };
  };
  return {
    name: `LMDB: events of 959 B, ${rows[0].length} B each with key and time`,
    rows: [
      figure(`bare lmdb, puts of the same bytes in transactions of ${TRANSACTION}`, "bare", "events/s"),
      figure("bare lmdb, the same from objects (JSON.stringify)", "text", "events/s", share("text", "bare")),
      figure(
        `lmdbLog.append, batches of ${BATCH}, ${LANES} at a time`,
        "append",
        "events/s",
        `${share("append", "bare")} of bare, ${share("append", "text")} of bare from objects`,
      ),
      figure("bare lmdb, one transaction of two puts after another", "bareOne", "commits/s"),
      figure(
        "lmdbStore.commit, event and state, one after another",
        "one",
        "commits/s",
        share("one", "bareOne"),
      ),
      figure(`lmdbStore.commit, ${COMMIT_LANES} at a time`, "many", "commits/s"),
    ],
    checks: [
      {
        label: "append against bare puts",
        ok: best.append / best.bare >= 0.6,
        target: "≥ 60 %",
        seen: share("append", "bare"),
      },
    ],
  };
}
