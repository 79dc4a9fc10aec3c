import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { channelConformance } from "../testing/channel-conformance.js";
import { createFakeClock } from "../testing/fake-clock.js";
import { logConformance } from "../testing/log-conformance.js";
import { logHistories } from "../testing/log-histories.js";
import { seriesConformance } from "../testing/series-conformance.js";
import { seriesHistories } from "../testing/series-histories.js";
import { storeConformance } from "../testing/store-conformance.js";
import { storeHistories } from "../testing/store-histories.js";
import { cloneJson } from "./clone.js";
import { memoryChannel, memoryLog, memorySeries, memoryStore } from "./index.js";
import { sortedKeys } from "./sorted-keys.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 60);

/** Back-offs without the wait. */
const soon = (callback: () => void): (() => void) => {
  const handle = setImmediate(callback);
  return () => clearImmediate(handle);
};

storeConformance(
  { describe, it },
  {
    name: "memory",
    make: async ({ clock }) => memoryStore({ clock }),
    capabilities: { atomic: true, durable: false },
  },
);

storeHistories({ describe, it }, fc, {
  name: "memory",
  make: async ({ clock }) => memoryStore({ clock }),
  capabilities: { atomic: true, durable: false },
  runs: HISTORIES,
});

logHistories({ describe, it }, fc, {
  name: "memory",
  make: async ({ clock }) => memoryLog({ clock, shards: 3, timer: soon }),
  capabilities: { durable: false, erase: "delete" },
  runs: HISTORIES,
});

seriesHistories({ describe, it }, fc, {
  name: "memory",
  make: async ({ clock }) => memorySeries({ clock }),
  capabilities: { durable: false },
  runs: HISTORIES,
});

logConformance(
  { describe, it },
  {
    name: "memory",
    make: async ({ clock }) => memoryLog({ clock }),
    capabilities: { durable: false, erase: "delete" },
  },
);

logConformance(
  { describe, it },
  {
    name: "memory, one shard",
    make: async ({ clock }) => memoryLog({ clock, shards: 1 }),
    capabilities: { durable: false, erase: "delete" },
  },
);

channelConformance({ describe, it }, { name: "memory", make: async () => memoryChannel() });

seriesConformance(
  { describe, it },
  {
    name: "memory",
    make: async ({ clock }) => memorySeries({ clock }),
    capabilities: { durable: false },
  },
);

describe("memorySeries", () => {
  const query = { name: "m", field: "f", from: 0, to: 1e9, windowMs: 1000, aggregate: "count" } as const;

  it("does not show what has outlived its retention, and lets go of it", async () => {
    const clock = createFakeClock(0);
    const series = memorySeries({ clock, retentionMs: 10_000 });
    for (let i = 0; i < 1000; i++) {
      await series.write([{ name: "m", at: clock.now(), tags: { n: String(i) }, fields: { f: 1 } }]);
      clock.advance(100);
    }
    const rows = await series.query({ ...query, by: ["n"] });
    expect(rows).toHaveLength(100);
    clock.advance(10_000);
    expect(await series.query(query)).toEqual([]);
    // What was let go of does not come back with an earlier time.
    await series.write([{ name: "m", at: clock.now(), fields: { f: 1 } }]);
    clock.set(0);
    expect((await series.query(query)).flatMap(({ windows }) => windows)).toHaveLength(1);
  });
});

describe("memoryLog", () => {
  it("keeps about `retain` settled records, and all that a group still needs", async () => {
    const log = memoryLog({ shards: 1, retain: 100 });
    const batch = Array.from({ length: 100 }, (_, n) => ({ key: "k", value: n }));
    for (let i = 0; i < 50; i++) await log.append(batch);
    expect((await log.read(0, 0, 10_000)).length).toBeLessThan(300);
    const consumer = await log.consume("slow", () => Promise.reject(new Error("stuck")));
    for (let i = 0; i < 20; i++) await log.append(batch);
    expect((await log.read(0, 0, 10_000)).length).toBeGreaterThan(2000);
    await consumer.stop();
    await log.close();
  });

  it("doubles the back-off of a failing batch up to ten seconds", async () => {
    const waits: number[] = [];
    const log = memoryLog({
      shards: 1,
      timer(callback, ms) {
        waits.push(ms);
        const handle = setTimeout(callback, 0);
        return () => clearTimeout(handle);
      },
    });
    await log.append([{ key: "k", value: 1 }]);
    let calls = 0;
    await log.consume("group", async () => {
      if (++calls <= 10) throw new Error("again");
    });
    await expect.poll(() => log.lag("group")).toBe(0);
    expect(waits).toEqual([50, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
    await log.close();
  });

  it("goes on when a listener for errors throws", async () => {
    const log = memoryLog({ shards: 1 });
    let calls = 0;
    const handler = async (): Promise<void> => {
      if (++calls === 1) throw new Error("first");
    };
    const onError = (): void => {
      throw new Error("the listener's own");
    };
    await log.consume("group", handler, { onError });
    await log.append([{ key: "k", value: 1 }]);
    await expect.poll(() => calls).toBe(2);
    await log.close();
  });
});

describe("memoryChannel", () => {
  it("reports what a listener rejects with by a promise that is not the platform's", async () => {
    const reports: unknown[] = [];
    const channel = memoryChannel({ report: (error) => void reports.push(error) });
    await channel.subscribe(["a"], () => ({
      then: (_done: unknown, failed: (error: unknown) => void) => failed("own"),
    }));
    await channel.publish("a", 1);
    await expect.poll(() => reports).toEqual(["own"]);
  });

  it("reports what a listener throws", async () => {
    const reported: unknown[] = [];
    const channel = memoryChannel({ report: (error) => reported.push(error) });
    await channel.subscribe(["a"], () => {
      throw new Error("own");
    });
    await channel.publish("a", 1);
    expect(reported).toHaveLength(1);
  });
});

describe("cloneJson", () => {
  it("equals a round trip through JSON text", () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), (value) => {
        const text = JSON.stringify({ value });
        expect(JSON.stringify({ value: cloneJson(value) ?? undefined })).toBe(
          JSON.stringify({ value: (JSON.parse(text) as { value?: unknown }).value ?? undefined }),
        );
      }),
    );
  });

  it("shares nothing with its source", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const before = JSON.stringify(value);
        const copy = cloneJson({ value }) as { value: unknown };
        expect(copy.value).toEqual(JSON.parse(before));
        if (typeof value === "object" && value !== null) expect(copy.value).not.toBe(value);
      }),
    );
  });

  it("keeps dates as JSON does and refuses a BigInt", () => {
    expect(cloneJson({ at: new Date(0) })).toEqual({ at: "1970-01-01T00:00:00.000Z" });
    expect(() => cloneJson({ n: 1n })).toThrow(expect.objectContaining({ code: "ATTUNE_STORE_VALUE" }));
  });
});

describe("sortedKeys", () => {
  it("agrees with a set that is sorted each time", () => {
    const step = fc.record({
      op: fc.constantFrom("add", "remove", "list"),
      key: fc.integer({ min: 0, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const keys = sortedKeys();
        const model = new Set<string>();
        const check = (): void =>
          expect(keys.list().filter((key) => model.has(key))).toEqual([...model].sort());
        for (const { op, key: number } of steps) {
          const key = `k${number}`;
          if (op === "list") check();
          else if (op === "add" && !model.has(key)) {
            keys.add(key);
            model.add(key);
          } else if (op === "remove" && model.delete(key)) keys.remove(key);
        }
        check();
      }),
    );
  });

  it("does not grow under churn when nobody asks for order", () => {
    const keys = sortedKeys();
    for (let i = 0; i < 10_000; i++) {
      keys.add(`k${i}`);
      keys.remove(`k${i}`);
    }
    expect(keys.list().length).toBeLessThan(100);
  });
});

describe("createFakeClock", () => {
  it("stands still until it is moved", () => {
    const clock = createFakeClock(1000);
    clock.advance(500);
    expect(clock.now()).toBe(1500);
    clock.set(10);
    expect(clock.now()).toBe(10);
  });
});
