import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shardOf } from "@attune/core/memory";
import {
  crashHistories,
  createFakeClock,
  logConformance,
  logHistories,
  seriesConformance,
  seriesHistories,
  storeConformance,
  storeHistories,
} from "@attune/core/testing";
import fc from "fast-check";
import { open } from "lmdb";
import { afterEach, describe, expect, it } from "vitest";
import { decodeText, encodeText } from "../shared/text.js";
import { lmdbLog, lmdbSeries, lmdbStore } from "./index.js";
import { recordKey, splitKey } from "./keys.js";
import { openRoot } from "./roots.js";
import { pointKey, timeOf } from "./series-points.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 40);

let path = "";
const fresh = (): string => {
  path = mkdtempSync(join(tmpdir(), "attune-lmdb-"));
  return path;
};
const dispose = async (): Promise<void> => rmSync(path, { recursive: true, force: true });

storeConformance(
  { describe, it },
  {
    name: "LMDB",
    make: async ({ clock }) => lmdbStore({ path: fresh(), clock }),
    reopen: async ({ clock }) => lmdbStore({ path, clock }),
    dispose,
    capabilities: { atomic: true, durable: true },
  },
);

logConformance(
  { describe, it },
  {
    name: "LMDB",
    make: async ({ clock }) => lmdbLog({ path: fresh(), clock }),
    reopen: async ({ clock }) => lmdbLog({ path, clock }),
    dispose,
    capabilities: { durable: true, erase: "delete" },
  },
);

storeHistories({ describe, it }, fc, {
  name: "LMDB",
  make: async ({ clock }) => lmdbStore({ path: fresh(), clock }),
  reopen: async ({ clock }) => lmdbStore({ path, clock }),
  dispose,
  capabilities: { atomic: true, durable: true },
  runs: HISTORIES,
});

logHistories({ describe, it }, fc, {
  name: "LMDB",
  make: async ({ clock }) => lmdbLog({ path: fresh(), shards: 3, clock }),
  reopen: async ({ clock }) => lmdbLog({ path, clock }),
  dispose,
  capabilities: { durable: true, erase: "delete" },
  runs: HISTORIES,
});

crashHistories({ describe, it }, fc, {
  name: "LMDB store and log, opened again after the crash",
  make: async () => ({ hot: lmdbStore({ path: fresh() }), log: lmdbLog({ path, shards: 2 }) }),
  reopen: async () => ({ hot: lmdbStore({ path }), log: lmdbLog({ path }) }),
  dispose,
  runs: HISTORIES,
});
seriesHistories({ describe, it }, fc, {
  name: "LMDB",
  make: async ({ clock }) => lmdbSeries({ path: fresh(), clock }),
  reopen: async ({ clock }) => lmdbSeries({ path, clock }),
  dispose,
  capabilities: { durable: true },
  runs: HISTORIES,
});

seriesConformance(
  { describe, it },
  {
    name: "LMDB",
    make: async ({ clock }) => lmdbSeries({ path: fresh(), clock }),
    reopen: async ({ clock }) => lmdbSeries({ path, clock }),
    dispose,
    capabilities: { durable: true },
  },
);

describe("a file that is none of LMDB's", () => {
  it.each([
    ["log", lmdbLog],
    ["store", lmdbStore],
    ["series", lmdbSeries],
  ] as const)("is refused with a code, and left as it is (%s)", (name, open) => {
    const file = join(fresh(), `${name}.mdb`);
    for (const text of ["no database", "x".repeat(20_000)]) {
      writeFileSync(file, text);
      expect(() => open({ path })).toThrow(
        expect.objectContaining({ code: `ATTUNE_${name.toUpperCase()}_BROKEN` }),
      );
      expect(readFileSync(file, "utf8")).toBe(text);
    }
    return dispose();
  });
});

describe("keys", () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .array(
        fc.constantFrom(
          "\u0000",
          "\u0001",
          "\u0002",
          "a",
          "\u00e9",
          "\ud7ff",
          "\ud83d",
          "\ude00",
          "\ufb01",
          "\uffff",
        ),
      )
      .map((units) => units.join("")),
  );

  it("come back as the strings they were", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(decodeText(encodeText(text))).toBe(text);
      }),
    );
    fc.assert(
      fc.property(anyText, anyText, (partition, sort) => {
        expect(splitKey(recordKey(partition, sort))).toEqual({ partition, sort });
      }),
    );
  });

  it("compare as pairs of strings do, by code unit", () => {
    const sign = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    fc.assert(
      fc.property(anyText, anyText, anyText, anyText, (p, s, q, t) => {
        expect(recordKey(p, s).compare(recordKey(q, t))).toBe(sign(p, q) || sign(s, t));
      }),
      { numRuns: 500 },
    );
  });
});

describe("lmdb series", () => {
  afterEach(dispose);
  const query = { name: "m", field: "f", from: -1e15, to: 1e15, windowMs: 1000, aggregate: "count" } as const;

  it("keeps the order of times of any sign", () => {
    const whole = fc.maxSafeInteger();
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        expect(pointKey(7, a).compare(pointKey(7, b))).toBe(Math.sign(a - b));
        expect(timeOf(pointKey(7, a))).toBe(a);
      }),
    );
  });

  it("does not show what has outlived its retention, and lets go of it with its line", async () => {
    const clock = createFakeClock(0);
    const series = lmdbSeries({ path: fresh(), clock, retentionMs: 10_000 });
    for (let i = 0; i < 300; i++) {
      await series.write([{ name: "m", at: clock.now(), tags: { n: String(i) }, fields: { f: 1 } }]);
      clock.advance(100);
    }
    expect(await series.query({ ...query, by: ["n"] })).toHaveLength(100);
    clock.advance(10_000);
    expect(await series.query(query)).toEqual([]);
    await series.write([{ name: "m", at: clock.now(), fields: { f: 1 } }]);
    await series.close();
    const forever = lmdbSeries({ path });
    expect(await forever.query({ ...query, by: ["n"] })).toEqual([
      { tags: { n: "" }, windows: [{ at: 40_000, value: 1 }] },
    ]);
    await forever.close();
  });

  it("a drop reaches points many steps away", async () => {
    const series = lmdbSeries({ path: fresh() });
    await series.write(Array.from({ length: 5000 }, (_, at) => ({ name: "m", at, fields: { f: 1 } })));
    await series.drop(4999);
    expect(await series.query(query)).toEqual([{ tags: {}, windows: [{ at: 4000, value: 1 }] }]);
    await series.close();
  });
});

describe("lmdb files", () => {
  afterEach(dispose);

  it.skipIf(process.platform === "win32")("a directory that is made is its owner's alone", async () => {
    const store = lmdbStore({ path: join(fresh(), "made") });
    await store.close();
    expect(statSync(join(path, "made")).mode & 0o777).toBe(0o700);
  });

  it("store and log share one directory", async () => {
    const store = lmdbStore({ path: fresh() });
    const log = lmdbLog({ path, flush: true });
    await Promise.all([store.put("p", "s", 1), log.append([{ key: "k", value: 1 }])]);
    expect((await store.get("p", "s"))?.value).toBe(1);
    expect(await log.lag("g")).toBe(1);
    await Promise.all([store.close(), log.close()]);
  });

  it("a partition goes with its tokens: what is committed meanwhile has both its records and its token, or neither", async () => {
    const store = lmdbStore({ path: fresh() });
    const ops = [{ op: "put", sort: "s", value: 1 }] as const;
    for (let turns = 0; turns < 20; turns++) {
      await store.commit("p", ops, { once: "before" });
      const removing = store.deletePartition("p");
      for (let n = 0; n < turns; n++) await new Promise((resolve) => setImmediate(resolve));
      await store.commit("p", ops, { once: "meanwhile" });
      await removing;
      const isThere = (await store.get("p", "s")) !== null;
      const again = await store.commit("p", ops, { once: "meanwhile" });
      expect(again.status, `after ${turns} turns`).toBe(isThere ? "duplicate" : "committed");
      await store.deletePartition("p");
    }
    await store.close();
  });

  it("may be opened again in this process while writes are on their way", async () => {
    const one = lmdbStore({ path: fresh() });
    let written = 0;
    const writes = Array.from({ length: 200 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n));
      await one.put("p", `s${n}`, "x".repeat(2000));
      written++;
    });
    for (let n = 0; n < 50; n++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      const two = lmdbStore({ path });
      await two.put("q", "s", n);
      await two.close();
    }
    await Promise.all(writes);
    expect(written).toBe(200);
    expect((await one.get("q", "s"))?.version).toBe(50);
    await one.close();
  });

  it("write down where consumers have come to with the next append, and soon where none comes", async () => {
    const log = lmdbLog({ path: fresh() });
    let handled = 0;
    await log.consume("g", async (batch) => {
      handled += batch.length;
    });
    const { root, release } = openRoot(path, "log");
    const commits = (): number => (root.getStats() as { lastTxnId: number }).lastTxnId;
    const append = async (n: number): Promise<void> => {
      await log.append([{ key: "k", value: n }]);
      await expect.poll(() => handled, { interval: 1 }).toBe(n);
    };
    // The first one takes the lease.
    await append(1);
    await expect.poll(() => log.lag("g")).toBe(0);
    const before = commits();
    for (let n = 2; n <= 51; n++) await append(n);
    // One each; a slow machine may take longer for some of them than a position waits.
    expect(commits() - before).toBeLessThan(80);
    await expect.poll(() => log.lag("g")).toBe(0);
    await append(52);
    await log.close();
    const again = lmdbLog({ path });
    expect(await again.lag("g")).toBe(0);
    await again.close();
    await release();
  });

  it("of a newer layout are refused", async () => {
    const root = open({
      path: join(fresh(), "store.mdb"),
      noSubdir: true,
      maxDbs: 8,
      encoding: "string",
      keyEncoding: "binary",
    });
    root
      .openDB({ name: "meta", encoding: "string", keyEncoding: "binary" })
      .putSync(Buffer.from("schema"), "2");
    await root.close();
    expect(() => lmdbStore({ path })).toThrow(expect.objectContaining({ code: "ATTUNE_STORE_SCHEMA" }));
  });

  it("of a log in layout 1 go on as they are", async () => {
    const root = open({
      path: join(fresh(), "log.mdb"),
      noSubdir: true,
      maxDbs: 8,
      encoding: "string",
      keyEncoding: "binary",
    });
    const database = (name: string) => root.openDB({ name, encoding: "string", keyEncoding: "binary" });
    const [meta, records, groups] = [database("meta"), database("records"), database("groups")];
    const facts = { schema: "1", shards: "2", positions: "150,3" };
    for (const [name, text] of Object.entries(facts)) meta.putSync(Buffer.from(name), text);
    // Shard, position, a hash of the key; the record at 77 was erased, and the last of shard 1.
    const put = (shard: number, position: number, appendedAt: number): void => {
      const key = Buffer.alloc(12, 0x5a);
      key.writeUInt16BE(shard, 0);
      key.writeUIntBE(position, 2, 6);
      records.putSync(key, JSON.stringify([appendedAt, `k${position % 3}`, { position }]));
    };
    for (let position = 1; position <= 150; position++) if (position !== 77) put(0, position, 1000);
    put(1, 1, 1000);
    put(1, 2, 2000);
    groups.putSync(recordKey("g", "0"), "100");
    groups.putSync(recordKey("g", "1"), "0");
    await root.close();

    for (let times = 0; times < 2; times++) {
      const log = lmdbLog({ path });
      expect(await log.lag("g")).toBe(52);
      const first = await log.read<{ position: number }>(0, 0, 1000);
      const positions = Array.from({ length: 150 }, (_, i) => i + 1).filter((position) => position !== 77);
      expect(first.map(({ position }) => position)).toEqual(positions);
      expect(first.every(({ position, value }) => value.position === position)).toBe(true);
      expect(await log.read(1, 1, 9)).toEqual([
        { shard: 1, position: 2, appendedAt: 2000, key: "k2", value: { position: 2 } },
      ]);
      await log.close();
    }
    const log = lmdbLog({ path });
    const own = ["k0", "k1", "k2"].find((key) => shardOf(key, 2) === 0) as string;
    const before = await log.read(0, 0, 1000);
    expect(await log.erase(own)).toBe(before.filter(({ key }) => key === own).length);
    expect((await log.read(0, 0, 1000)).filter(({ key }) => key === own)).toEqual([]);
    for (const key of ["a", "b", "c", "d"]) await log.append([{ key, value: 0 }]);
    expect((await log.read(0, 148, 99)).at(-1)?.position).toBeGreaterThan(150);
    expect((await log.read(1, 2, 99))[0]?.position).toBe(4);
    await log.close();
  });

  it("of a log keep their number of shards", async () => {
    await lmdbLog({ path: fresh(), shards: 3 }).close();
    expect(() => lmdbLog({ path, shards: 4 })).toThrow(
      expect.objectContaining({ code: "ATTUNE_LOG_SHARDS" }),
    );
    const log = lmdbLog({ path });
    expect(log.capabilities.shards).toBe(3);
    await log.close();
  });

  it("a consumer that comes while its log is being closed is refused, and leaves nothing that goes on", async () => {
    const log = lmdbLog({ path: fresh() });
    await log.append([{ key: "k", value: 1 }]);
    const errors: unknown[] = [];
    const coming = log.consume("g", async () => undefined, { onError: (error) => errors.push(error) });
    await Promise.all([expect(coming).rejects.toMatchObject({ code: "ATTUNE_LOG_CLOSED" }), log.close()]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(errors).toEqual([]);
  });

  it("a position never comes again, even if the last record was erased", async () => {
    const log = lmdbLog({ path: fresh(), shards: 1 });
    await log.append([{ key: "a", value: 1 }]);
    await log.append([{ key: "b", value: 2 }]);
    await log.erase("b");
    await log.append([{ key: "c", value: 3 }]);
    expect((await log.read(0, 0, 9)).map(({ position }) => position)).toEqual([1, 3]);
    await log.close();
  });

  it("a key is told apart from a value that holds its text when it is erased", async () => {
    const [one, two] = ["a", "b"] as const;
    const log = lmdbLog({ path: fresh(), shards: 1 });
    await log.append([
      { key: one, value: { mentions: two } },
      { key: two, value: { mentions: one } },
    ]);
    await log.append([{ key: two, value: { mentions: one } }]);
    expect(await log.erase(one)).toBe(1);
    expect((await log.read(0, 0, 9)).map(({ key, position }) => [key, position])).toEqual([
      [two, 2],
      [two, 3],
    ]);
    await log.close();
  });

  it("an entry in the middle of what was appended together can be erased, and a batch can end there", async () => {
    const log = lmdbLog({ path: fresh(), shards: 1 });
    await log.append(Array.from({ length: 200 }, (_, n) => ({ key: `k${n % 5}`, value: n })));
    expect(await log.erase("k4")).toBe(40);
    const seen: unknown[] = [];
    await log.consume("g", async (batch) => void seen.push(...batch.map(({ value }) => value)), {
      maxBatch: 7,
    });
    await expect.poll(() => log.lag("g")).toBe(0);
    expect(seen).toEqual(Array.from({ length: 200 }, (_, n) => n).filter((n) => n % 5 !== 4));
    expect(await log.committed("g", 0)).toBe(199);
    await log.close();
  });

  it("an erasure reaches entries many steps apart", async () => {
    const log = lmdbLog({ path: fresh(), shards: 1 });
    const batch = Array.from({ length: 6000 }, (_, n) => ({
      key: n % 1000 === 0 ? "subject" : `k${n}`,
      value: n,
    }));
    await log.append(batch);
    expect(await log.erase("subject")).toBe(6);
    expect(await log.lag("g")).toBe(5994);
    await log.close();
  });
});
