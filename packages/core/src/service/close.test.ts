import { describe, expect, it, vi } from "vitest";
import { memoryLog, memorySeries, memoryStore } from "../memory/index.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "./create-service.js";
import { ROLLUPS } from "./layout/partitions.js";
import { sample } from "./service.test.suite.js";

describe("close", () => {
  /** A log whose consumer says how often it was stopped, and takes it once. */
  function counting(): { log: Log; stops(): number } {
    const inner = memoryLog({ shards: 1 });
    let stops = 0;
    const log: Log = {
      ...inner,
      async consume(...args) {
        const consumer = await inner.consume(...(args as Parameters<Log["consume"]>));
        return {
          ...consumer,
          stop: () => (++stops === 1 ? consumer.stop() : Promise.reject(new Error("stopped before"))),
        };
      },
    };
    return { log, stops: () => stops };
  }

  it("ends once, however often it is called, also while an ingest is under way", async () => {
    const { log, stops } = counting();
    const hot = memoryStore();
    const service = createPersonalizationService({ stores: { hot }, log });
    const under = service.ingest([sample()], { waitMs: 10 });
    await Promise.all([service.close(), service.close()]);
    await service.close();
    expect(stops()).toBe(1);
    expect((await under).accepted).toBe(1);
    const next = createPersonalizationService({ stores: { hot }, log: { ...log } });
    await next.settled();
    expect((await next.summary()).events).toBe(1);
    await next.close().catch(() => undefined);
  });

  it("does not wait for ever for a store that answers no more", async () => {
    const inner = memoryStore();
    let silent = false;
    const hot: AtomicStore = {
      ...inner,
      delete: (...args) => (silent ? new Promise<never>(() => undefined) : inner.delete(...args)),
    };
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog({ shards: 1 }) });
    await service.ingest([sample()], { waitMs: 5000 });
    silent = true;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      let closed = false;
      const closing = service.close().then(() => {
        closed = true;
      });
      await vi.advanceTimersByTimeAsync(9_000);
      expect(closed).toBe(false);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(closed).toBe(true);
      await closing;
    } finally {
      vi.useRealTimers();
    }
  });

  it("during start ends what has begun meanwhile", async () => {
    const { log, stops } = counting();
    let go = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const late: Log = {
      ...log,
      committed: async (...args) => {
        await gate;
        return log.committed(...args);
      },
    };
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: late });
    const closed = service.close();
    go();
    await closed;
    expect(stops()).toBe(1);
  });
});

describe("a log that cannot be consumed yet", () => {
  it("does not make each try to start look for what is left to write into the series", async () => {
    const inner = memoryStore();
    let looked = 0;
    const hot: AtomicStore = {
      ...inner,
      scan(partition, ...range) {
        if (partition === ROLLUPS) looked++;
        return inner.scan(partition, ...range);
      },
    };
    const log = memoryLog({ shards: 1 });
    let tries = 0;
    const failing: Log = {
      ...log,
      consume: (...args) =>
        ++tries < 4
          ? Promise.reject(new Error("not yet"))
          : log.consume(...(args as Parameters<Log["consume"]>)),
    };
    const service = createPersonalizationService({
      stores: { hot },
      log: failing,
      series: memorySeries(),
      report: () => undefined,
    });
    expect((await service.ingest([sample()], { waitMs: 20_000 })).outcomes).toEqual({ 0: "folded" });
    await service.close();
    expect([tries, looked]).toEqual([4, 1]);
  }, 30_000);
});
