import { describe, expect, it } from "vitest";
import { redisProgram, startRedis } from "../../../../server-adapters/test/redis-server.js";
import { warnOfRedis } from "./redis-advice.js";

const REDIS = redisProgram();

describe("advice on the Redis of a configuration", () => {
  it.skipIf(REDIS.path === null)(
    "is asked of a server also where the same address is named as a cluster",
    async () => {
      const redis = await startRedis(REDIS.path ?? "", ["--appendonly", "no"]);
      const hot = { kind: "redis", url: `redis://127.0.0.1:${redis.port}` } as const;
      const codes: unknown[] = [];
      try {
        await warnOfRedis(
          { hot, log: { ...hot, cluster: true }, channel: { kind: "memory" } },
          (error) => void codes.push((error as { code?: unknown }).code),
        );
        expect(codes).toEqual(["ATTUNE_REDIS_NOT_DURABLE"]);
      } finally {
        await redis.stop();
      }
    },
    30_000,
  );
});
