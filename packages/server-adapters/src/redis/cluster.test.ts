import { channelConformance, logConformance, storeConformance } from "@attune/core/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type RedisCluster, startCluster } from "../../test/redis-cluster.js";
import { redisProgram } from "../../test/redis-server.js";
import { redisChannel, redisLog, redisStore } from "./index.js";

const { path, reason } = redisProgram();

describe.skipIf(path === null)(`Redis Cluster${reason === null ? "" : ` (left out: ${reason})`}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster(path ?? "");
  }, 60_000);
  afterAll(() => cluster?.stop());
  const dispose = (): Promise<void> => cluster.flush();

  storeConformance(
    { describe, it },
    {
      name: "Redis Cluster",
      make: async ({ clock }) => redisStore({ client: cluster.client, clock }),
      reopen: async ({ clock }) => redisStore({ client: cluster.client, clock }),
      dispose,
      capabilities: { atomic: true, durable: true },
    },
  );

  logConformance(
    { describe, it },
    {
      name: "Redis Cluster",
      make: async ({ clock }) => redisLog({ client: cluster.client, clock }),
      reopen: async ({ clock }) => redisLog({ client: cluster.client, clock }),
      dispose,
      capabilities: { durable: true, erase: "delete" },
    },
  );

  channelConformance(
    { describe, it },
    { name: "Redis Cluster, sharded", make: async () => redisChannel({ client: cluster.client }) },
  );
  channelConformance(
    { describe, it },
    {
      name: "Redis Cluster, plain",
      make: async () => redisChannel({ client: cluster.connect({ shardedSubscribers: false }) }),
    },
  );
});
