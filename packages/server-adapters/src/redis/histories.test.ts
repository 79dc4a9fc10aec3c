import { crashHistories, logHistories, storeHistories } from "@attune/core/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { redisLog, redisStore } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 20);
const { path } = redisProgram();

describe.skipIf(path === null)("T13 histories on Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(path ?? "");
  }, 30_000);
  afterAll(() => server?.stop());
  const dispose = async (): Promise<void> => void (await server.client.flushall());
  const client = () => server.client;

  storeHistories({ describe, it }, fc, {
    name: "Redis",
    make: async ({ clock }) => redisStore({ client: client(), clock }),
    reopen: async ({ clock }) => redisStore({ client: client(), clock }),
    dispose,
    capabilities: { atomic: true, durable: true },
    runs: HISTORIES,
  });

  logHistories({ describe, it }, fc, {
    name: "Redis",
    make: async ({ clock }) => redisLog({ client: client(), shards: 3, clock }),
    reopen: async ({ clock }) => redisLog({ client: client(), shards: 3, clock }),
    dispose,
    capabilities: { durable: true, erase: "delete" },
    runs: HISTORIES,
  });

  crashHistories({ describe, it }, fc, {
    name: "Redis store and log, opened again after the crash",
    make: async () => ({
      hot: redisStore({ client: client() }),
      log: redisLog({ client: client(), shards: 2 }),
    }),
    reopen: async () => ({
      hot: redisStore({ client: client() }),
      log: redisLog({ client: client(), shards: 2 }),
    }),
    dispose,
    runs: HISTORIES,
  });
});
