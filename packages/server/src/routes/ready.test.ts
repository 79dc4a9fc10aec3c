import { Redis } from "ioredis";
import { redisChannel, redisLog, redisStore } from "@attune/server-adapters/redis";
import { describe, expect, it } from "vitest";
import { redisProgram, startRedis } from "../../../server-adapters/test/redis-server.js";
import { startTestServer } from "../testing/start.js";

const program = redisProgram();

describe.skipIf(program.path === null)(
  `readiness on a real Redis${program.reason ? `: ${program.reason}` : ""}`,
  () => {
    it("is red within 5 s of Redis being killed, component by component, and green again when it is back", async () => {
      const redis = await startRedis(program.path as string);
      const clients = [0, 1, 2].map(() => new Redis(redis.port, "127.0.0.1", { maxRetriesPerRequest: null }));
      for (const client of clients) client.on("error", () => undefined);
      const [one, two, three] = clients as [Redis, Redis, Redis];
      const [hot, log, channel] = [
        redisStore({ client: one }),
        redisLog({ client: two }),
        redisChannel({ client: three }),
      ];
      const at = await startTestServer({ stores: { hot }, log, channel });
      const ready = async () => {
        const response = await at.call("/health/ready", { key: null });
        return { status: response.status, ...(await response.json()) };
      };
      try {
        expect(await ready()).toMatchObject({
          status: "ok",
          components: { hot: "ok", log: "ok", channel: "ok" },
        });
        await redis.kill();
        const killed = performance.now();
        await expect.poll(async () => (await ready()).status, { timeout: 5000, interval: 50 }).toBe("failed");
        expect(performance.now() - killed).toBeLessThan(5000);
        expect((await ready()).components).toMatchObject({ hot: "failed", log: "failed", channel: "failed" });
        expect((await at.call("/health/live", { key: null })).status).toBe(200);
        await redis.restart();
        await expect.poll(async () => (await ready()).status, { timeout: 10_000 }).toBe("ok");
      } finally {
        await at.close();
        await Promise.all([hot.close(), log.close(), channel.close()]);
        for (const client of clients) client.disconnect();
        await redis.stop();
      }
    });
  },
);
