import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, memorySeries, memoryStore } from "../../memory/index.js";
import type { Channel } from "../../ports/channel.js";
import type { Log } from "../../ports/log.js";
import { createPersonalizationService } from "../create-service.js";
import { WORK } from "../layout/partitions.js";
import { sample } from "../service.test.suite.js";

describe("a service whose consumer does not end as it should", () => {
  it("says so when it is closed, and leaves nothing open all the same", async () => {
    const [hot, series, innerLog, innerChannel] = [
      memoryStore(),
      memorySeries(),
      memoryLog(),
      memoryChannel(),
    ];
    let subscriptions = 0;
    const channel: Channel = {
      ...innerChannel,
      async subscribe(topics, listener) {
        const leave = await innerChannel.subscribe(topics, listener);
        subscriptions++;
        return async () => {
          subscriptions--;
          await leave();
        };
      },
    };
    const log: Log = {
      ...innerLog,
      async consume(...args) {
        const consumer = await innerLog.consume(...args);
        return {
          async stop() {
            await consumer.stop();
            throw new Error("The log is away.");
          },
        };
      },
    };
    const service = createPersonalizationService({ stores: { hot }, log, channel, series });
    await service.ingest([sample()], { waitMs: 10_000 });
    expect(subscriptions).toBe(2);
    await expect(service.close()).rejects.toThrow("The log is away.");
    expect(subscriptions).toBe(0);
    for await (const { sort } of hot.scan(WORK)) expect(sort).not.toMatch(/^w\//);
    expect(
      await series.query({
        name: "attune_visitors",
        field: "count",
        from: 0,
        to: Date.now() + 60_000,
        windowMs: 60_000,
        aggregate: "sum",
      }),
    ).toHaveLength(1);
  });
});
