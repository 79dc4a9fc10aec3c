import { channelConformance, logConformance, storeConformance } from "@attune/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { redisChannel, redisLog, redisStore } from "./index.js";

const { path, reason } = redisProgram();

describe.skipIf(path === null)(`Redis${reason === null ? "" : ` (left out: ${reason})`}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(path ?? "");
  }, 30_000);
  afterAll(() => server?.stop());
  const dispose = async (): Promise<void> => void (await server.client.flushall());

  storeConformance(
    { describe, it },
    {
      name: "Redis",
      make: async ({ clock }) => redisStore({ client: server.client, clock }),
      reopen: async ({ clock }) => redisStore({ client: server.client, clock }),
      dispose,
      capabilities: { atomic: true, durable: true },
    },
  );

  logConformance(
    { describe, it },
    {
      name: "Redis",
      make: async ({ clock }) => redisLog({ client: server.client, clock }),
      reopen: async ({ clock }) => redisLog({ client: server.client, clock }),
      dispose,
      capabilities: { durable: true, erase: "delete" },
    },
  );

  channelConformance(
    { describe, it },
    { name: "Redis", make: async () => redisChannel({ client: server.client }) },
  );

  it("a log that is only read makes nothing, and its number of shards is still free", async () => {
    const looked = redisLog({ client: server.client, name: "new", shards: 3 });
    expect(await looked.read(0, 0, 1)).toEqual([]);
    await looked.close();
    const made = redisLog({ client: server.client, name: "new", shards: 5 });
    await made.append([{ key: "a", value: 1 }]);
    await made.close();
    const wrong = redisLog({ client: server.client, name: "new", shards: 3 });
    await expect(wrong.read(0, 0, 1)).rejects.toMatchObject({ code: "ATTUNE_LOG_SHARDS" });
    await wrong.close();
  });
});
