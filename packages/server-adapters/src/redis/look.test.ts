import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, redisProgram, startRedis } from "../../test/redis-server.js";
import { redisChannel, redisLog, redisStore } from "./index.js";

const { path } = redisProgram();
/** So seldom that whatever comes sooner was told of. */
const SELDOM_MS = 60_000;

const event = (n: number) => ({
  id: `look-${n}`,
  schemaVersion: 1,
  name: "Page Viewed",
  visitorId: `look-visitor-${n}`,
  sessionId: `look-session-${n}`,
  occurredAt: Date.now(),
  properties: {},
  context: { page: { url: "https://shop.example/", path: "/" } },
  consent: { purposes: ["necessary", "analytics"], policyVersion: "1" },
});

describe.skipIf(path === null)("a door and a worker in processes of their own, over Redis", () => {
  let server: RedisServer;
  const services: PersonalizationService[] = [];
  const ports: { close(): Promise<void> }[] = [];
  beforeAll(async () => {
    server = await startRedis(path ?? "");
  }, 30_000);
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
    await Promise.all(ports.splice(0).map((port) => port.close()));
    await server.client.flushall();
  });
  afterAll(() => server?.stop());

  function service(worker: boolean): PersonalizationService {
    const { client } = server;
    const hot = redisStore({ client });
    const log = redisLog({ client, poll: SELDOM_MS });
    const channel = redisChannel({ client });
    ports.push(log, channel, hot);
    const made = createPersonalizationService({ stores: { hot }, log, channel, worker });
    services.push(made);
    return made;
  }

  it("what the door appends is folded at once, and not when the worker looks again", async () => {
    service(true);
    const door = service(false);
    let n = 0;
    // Until both have met on the channel.
    await expect
      .poll(async () => (await door.ingest([event(++n)], { waitMs: 200 })).outcomes, { timeout: 10_000 })
      .toEqual({ 0: "folded" });
    for (const last = n + 20; n < last; n++) {
      const { outcomes } = await door.ingest([event(n + 1)], { waitMs: 10_000 });
      expect(outcomes, String(n)).toEqual({ 0: "folded" });
    }
  });
});
