import type { Clock } from "@attune/core";
import {
  crashHistories,
  mortalAtomicStore,
  mortalStore,
  storeConformance,
  storeHistories,
} from "@attune/core/testing";
import type { Redis } from "ioredis";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { collect } from "../../test/collect.js";
import { type DynamoForTests, startDynamo } from "../../test/dynamodb.js";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { dynamoStore } from "../dynamodb/index.js";
import { redisLog, redisStore } from "../redis/index.js";
import { type TieredStore, type TieredStoreOptions, tieredStore } from "./index.js";

vi.setConfig({ testTimeout: 120_000 });

/** More of them in the long proof, though not as many as of each tier by itself: the durable one is a program of its own, in JavaScript. */
const HISTORIES = Math.min(500, Number(process.env.ATTUNE_HISTORIES ?? 5));
/** Hundreds of writes to one partition, one after the other, of three steps each. */
const LONG = [
  "records can be deleted while they are scanned",
  "600 random operations agree with a model",
  "scans thousands of records whole, and can be left half-way",
  "limit passes over expired records without counting them",
];
const isLongProof = process.env.ATTUNE_HISTORIES !== undefined;
const skips = isLongProof
  ? {}
  : Object.fromEntries(LONG.map((name) => [name, "long; in the long proof, ATTUNE_HISTORIES"]));

const { path, reason } = redisProgram();

describe.skipIf(path === null)(
  `Redis over dynalite${reason === null ? "" : ` (left out: ${reason})`}`,
  () => {
    let redis: RedisServer;
    let dynamo: DynamoForTests;
    let table = "";
    beforeAll(async () => {
      [redis, dynamo] = await Promise.all([startRedis(path ?? ""), startDynamo()]);
    }, 30_000);
    afterAll(async () => {
      await Promise.all([redis?.stop(), dynamo?.stop()]);
    });

    const open = (clock?: Clock, options: Partial<TieredStoreOptions> = {}): TieredStore => {
      const given = clock === undefined ? {} : { clock };
      return tieredStore({
        hot: redisStore({ client: redis.client, ...given }),
        durable: dynamoStore({ client: dynamo.direct(), table, ...given }),
        ...given,
        ...options,
      });
    };
    const fresh = async (clock?: Clock): Promise<TieredStore> => {
      await redis.client.flushall();
      table = await dynamo.table();
      return open(clock);
    };
    const lose = async (): Promise<void> => void (await redis.client.flushall());

    const options = {
      name: "tiered, Redis over dynalite, all of Redis is lost between two openings",
      make: ({ clock }: { clock: Clock }) => fresh(clock),
      reopen: async ({ clock }: { clock: Clock }) => {
        await lose();
        return open(clock);
      },
      capabilities: { atomic: true, durable: true },
    };
    storeConformance({ describe, it }, { ...options, skips });
    storeHistories({ describe, it }, fc, { ...options, runs: HISTORIES, maxSteps: 25 });

    const redisPort = () => redisStore({ client: redis.client, prefix: "hot" });
    const dynamoPort = () => dynamoStore({ client: dynamo.direct(), table });
    const backEnd = () => ({
      hot: tieredStore({ hot: redisPort(), durable: dynamoPort(), patienceMs: 50 }),
      log: redisLog({ client: redis.client, prefix: "log", shards: 2 }),
    });
    crashHistories({ describe, it }, fc, {
      name: "tiered, Redis over dynalite, and a log on Redis; what Redis had of the store is lost with the process",
      async make() {
        await redis.client.flushall();
        table = await dynamo.table();
        return backEnd();
      },
      async reopen() {
        const keys = await redis.client.keys("hot*");
        if (keys.length > 0) await redis.client.del(keys);
        return backEnd();
      },
      mortalHot: (burn) =>
        tieredStore({
          hot: mortalAtomicStore(redisPort(), burn),
          durable: mortalStore(dynamoPort(), burn),
          patienceMs: 50,
        }),
      writes: 300,
      runs: HISTORIES,
      historyMs: 3000,
    });

    it("gives every record back with its version after FLUSHALL, without being opened again", async () => {
      const store = await fresh();
      for (let n = 1; n <= 3; n++) await store.put("p", "a", { n });
      await store.commit("p", [{ op: "put", sort: "b", value: 1 }], { once: "token" });
      await lose();
      expect(await store.get("p", "a")).toEqual({ partition: "p", sort: "a", value: { n: 3 }, version: 3 });
      await lose();
      expect(await store.commit("p", [], { once: "token" })).toEqual({ status: "duplicate" });
      await lose();
      expect(await store.put("p", "a", 4, { ifVersion: 3 })).toEqual({ written: true, version: 4 });
      expect((await collect(store.scan("p"))).map(({ version }) => version)).toEqual([4, 1]);
      await store.close();
    });

    it("restores a Redis that came back with an older state", async () => {
      const store = await fresh();
      await store.put("p", "a", 1);
      await store.put("q", "a", 1);
      await store.put("gone", "a", 1);
      const dumps = await dump(redis.client);
      await store.put("p", "a", 2);
      await store.deletePartition("gone");
      await lose();
      for (const [key, bytes] of dumps) await redis.client.restore(key, 0, bytes);
      expect((await store.get("p", "a"))?.value).toBe(1);
      expect(await store.restore()).toEqual({ partitions: 3, filled: 2 });
      expect((await store.get("p", "a"))?.value).toBe(2);
      expect(await store.get("gone", "a")).toBeNull();
      await store.close();
    });

    it("a write over an older Redis puts it right by itself", async () => {
      const store = await fresh();
      await store.put("p", "a", 1);
      const dumps = await dump(redis.client);
      await store.put("p", "a", 2);
      await lose();
      for (const [key, bytes] of dumps) await redis.client.restore(key, 0, bytes);
      expect(await store.put("p", "b", 1)).toEqual({ written: true, version: 1 });
      expect(await store.get("p", "a")).toMatchObject({ value: 2, version: 2 });
      await store.close();
    });

    it("two processes count to 40 while Redis is emptied again and again", async () => {
      const store = await fresh();
      const stores = [store, open(undefined, { patienceMs: 50 })];
      let isOver = false;
      let counted = 0;
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      const chaos = (async () => {
        while (!isOver) {
          const before = counted;
          await pause(40);
          // On a slow machine nothing would ever be counted between two losses.
          while (counted === before && !isOver) await pause(5);
          await lose();
        }
      })();
      let latest = 0;
      const watch = (async () => {
        while (!isOver) {
          const [a, b] = await store.getMany<number>(["a", "b"].map((sort) => ({ partition: "p", sort })));
          expect(a?.value).toBe(b?.value);
          expect(a?.version ?? 0).toBeGreaterThanOrEqual(latest);
          latest = a?.version ?? 0;
        }
      })();
      try {
        await Promise.all(
          stores.map(async (each, writer) => {
            for (let n = 0; n < 20; n++) {
              await count(each, `${writer}/${n}`);
              counted += 1;
            }
          }),
        );
      } finally {
        isOver = true;
      }
      await Promise.all([chaos, watch]);
      expect((await store.get("p", "a"))?.value).toBe(40);
      expect((await collect(store.scan("p", { prefix: "e/" }))).length).toBe(40);
      await Promise.all(stores.map((each) => each.close()));
    });

    it("what a commit costs", async () => {
      const store = tieredStore({
        hot: redisStore({ client: redis.client }),
        durable: dynamoStore({ client: dynamo.client(), table: await dynamo.table() }),
      });
      await store.commit("p", three(0));
      dynamo.seen();
      await store.commit("p", three(1));
      const operations = dynamo.seen().map(({ operation }) => operation);
      // The head, three records (two of them replaced, one new), the head cleared.
      expect(operations.sort()).toEqual(["PutItem", "UpdateItem", "UpdateItem", "UpdateItem", "UpdateItem"]);
      await Promise.all(["a", "b", "c"].map((sort) => store.get("p", sort)));
      expect(dynamo.seen()).toEqual([]);
      await store.close();
    });
  },
);

const three = (n: number): { op: "put"; sort: string; value: number }[] =>
  ["a", "b", `e/${n}`].map((sort) => ({ op: "put", sort, value: n }));

async function dump(client: Redis): Promise<[string, Buffer][]> {
  const keys = await client.keys("*");
  return Promise.all(
    keys.map(async (key): Promise<[string, Buffer]> => [key, (await client.dumpBuffer(key)) as Buffer]),
  );
}

async function count(store: TieredStore, id: string): Promise<void> {
  for (;;) {
    const [a, b] = await store.getMany<number>(["a", "b"].map((sort) => ({ partition: "p", sort })));
    const { status } = await store.commit(
      "p",
      [
        { op: "put", sort: "a", value: (a?.value ?? 0) + 1, ifVersion: a?.version ?? 0 },
        { op: "put", sort: "b", value: (b?.value ?? 0) + 1, ifVersion: b?.version ?? 0 },
        { op: "put", sort: `e/${id}`, value: 1, ifVersion: 0 },
      ],
      { once: id },
    );
    if (status !== "conflict") return;
  }
}
