import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, memorySeries, memoryStore } from "../memory/index.js";
import type { Channel } from "../ports/channel.js";
import type { Log, LogRecord } from "../ports/log.js";
import type { Series } from "../ports/series.js";
import type { AtomicStore, Store } from "../ports/store.js";
import { channelConformance } from "./channel-conformance.js";
import type { TestRunner } from "./conformance.js";
import { readAll } from "./log-cases-record.js";
import { logConformance } from "./log-conformance.js";
import { seriesConformance } from "./series-conformance.js";
import { storeConformance } from "./store-conformance.js";

/** A runner that only collects, so that a suite can be tried on an adapter that is broken on purpose. */
function collector(): {
  runner: TestRunner;
  skipped: string[];
  failures(only?: readonly string[]): Promise<string[]>;
} {
  const cases: { name: string; body: () => Promise<void> }[] = [];
  const skipped: string[] = [];
  const add = (name: string, body: () => Promise<void>): number => cases.push({ name, body });
  const skip = (name: string): number => skipped.push(name);
  return {
    runner: { describe: (_name, body) => body(), it: Object.assign(add, { skip }) },
    skipped,
    async failures(only) {
      const failed: string[] = [];
      for (const { name, body } of cases)
        if (only?.includes(name) ?? true) await body().catch(() => failed.push(name));
      return failed;
    },
  };
}

async function storeFailures(sabotage: (store: AtomicStore) => Partial<AtomicStore>): Promise<string[]> {
  const { runner, failures } = collector();
  storeConformance(runner, {
    name: "sabotaged",
    capabilities: { atomic: true, durable: false },
    async make({ clock }) {
      const store = memoryStore({ clock });
      return { ...store, ...sabotage(store) };
    },
  });
  return failures();
}

/** Only the cases named are run, where any are: others may wait long for what a broken log never does. */
async function logFailures(
  sabotage: (log: Log) => Partial<Log>,
  only?: readonly string[],
): Promise<string[]> {
  const { runner, failures } = collector();
  logConformance(runner, {
    name: "sabotaged",
    capabilities: { durable: false, erase: "delete" },
    async make({ clock }) {
      const log = memoryLog({ clock, shards: 3 });
      return { ...log, ...sabotage(log) };
    },
  });
  return failures(only);
}

describe("the store suite finds a store that", () => {
  it("is right: no failure", async () => {
    expect(await storeFailures(() => ({}))).toEqual([]);
  });
  it("is durable and has no commit: no failure, and no excuse needed", async () => {
    const { runner, failures, skipped } = collector();
    let kept: AtomicStore;
    const open = (): Store => {
      const { commit: _, ...store } = kept;
      // Its records outlive it, which those of a closed memory store do not.
      return { ...store, close: async () => undefined };
    };
    storeConformance(runner, {
      name: "plain",
      capabilities: { atomic: false, durable: true },
      make: async ({ clock }) => {
        kept = memoryStore({ clock });
        return open();
      },
      reopen: async () => open(),
    });
    const [record, commit] = [
      "what is written is there when opened again",
      "records and tokens of a commit are there when opened again",
    ];
    expect(await failures([record, commit])).toEqual([]);
    expect(skipped).toContain(`${commit} (skipped: the adapter is a Store without commit)`);
  });
  it("ignores ifVersion", async () => {
    const failed = await storeFailures((store) => ({ put: (p, s, v) => store.put(p, s, v) }));
    expect(failed).toContain("of 20 concurrent creations exactly one wins");
  });
  it("checks the version before it writes, but not at once", async () => {
    const failed = await storeFailures((store) => ({
      async put(p, s, v, { ifVersion, ...options } = {}) {
        const version = (await store.get(p, s))?.version ?? 0;
        if (ifVersion !== undefined && ifVersion !== version) return { written: false, version };
        return store.put(p, s, v, options);
      },
    }));
    expect(failed).toContain("of 20 concurrent creations exactly one wins");
    expect(failed).toContain("20 concurrent writers that read, add one and retry lose no update");
  });
  it("scans in the order of a locale", async () => {
    const failed = await storeFailures((store) => ({
      async *scan<V>(partition: string) {
        const records = [];
        for await (const record of store.scan<V>(partition)) records.push(record);
        yield* records.sort((a, b) => a.sort.localeCompare(b.sort));
      },
    }));
    expect(failed).toContain("scans in code-unit order, also beyond ASCII");
  });
  it("joins partition and sort key with a slash", async () => {
    const failed = await storeFailures((store) => ({
      put: (p, s, v, options) => store.put("all", `${p}/${s}`, v, options),
      get: async (p, s) => store.get("all", `${p}/${s}`),
    }));
    expect(failed).toContain("T20 names that join to the same text are different records");
  });
  it("commits one by one", async () => {
    const failed = await storeFailures((store) => ({
      async commit(partition, ops, options) {
        for (const op of ops) {
          const result = await store.commit(partition, [op]);
          if (result.status !== "committed") return result;
        }
        return store.commit(partition, [], options);
      },
    }));
    expect(failed).toContain("a commit whose condition fails names the record and writes nothing");
    expect(failed).toContain("of 50 concurrent commits of one token exactly one takes effect");
  });
  it("hides what has expired and never removes it", async () => {
    const failed = await storeFailures(() => ({ sweep: async () => 0 }));
    expect(failed).toContain("sweep removes what has expired and nothing else");
  });
});

describe("the log suite finds a log that", () => {
  it("is right: no failure", async () => {
    expect(await logFailures(() => ({}))).toEqual([]);
  });
  it("commits before the handler is done", async () => {
    const cases = [
      "a failed batch is not committed",
      "stop waits for the batch at hand, and a later consumer goes on behind it",
    ];
    const failed = await logFailures((log) => {
      const consume: Log["consume"] = (group, handler, options) => {
        return log.consume(
          group,
          async (batch) => void handler(batch as never).catch(() => undefined),
          options,
        );
      };
      return { consume };
    }, cases);
    expect(failed).toEqual(cases);
  });
  it("erases too much", async () => {
    const failed = await logFailures((log) => ({
      erase: async (key) => (await log.erase(key)) + (await log.erase("visitor-4")),
    }));
    expect(failed).toContain("erase removes the entries of the key and no others");
  });
  it("gives a position once more when the last entry was erased", async () => {
    const name = "a position does not come again, though the last entry was erased";
    const failed = await logFailures(
      (log) => {
        let erased = 0;
        return {
          erase: async (key) => (erased = await log.erase(key)),
          read: async (shard, after, limit) =>
            (await log.read(shard, after + erased, limit)).map((record) => ({
              ...record,
              position: record.position - erased,
            })) as never,
        };
      },
      [name],
    );
    expect(failed).toEqual([name]);
  });
  it("delivers what was erased", async () => {
    const name = "an erased entry is neither counted as lag nor delivered";
    const failed = await logFailures(
      (log) => {
        const erased: LogRecord[] = [];
        return {
          async erase(key) {
            erased.push(...(await readAll(log)).filter((record) => record.key === key));
            return log.erase(key);
          },
          consume: (group, handler, options) =>
            log.consume(group, (batch) => handler([...batch, ...erased.splice(0)] as never), options),
        };
      },
      [name],
    );
    expect(failed).toEqual([name]);
  });
});

async function seriesFailures(sabotage: (series: Series) => Partial<Series>): Promise<string[]> {
  const { runner, failures } = collector();
  seriesConformance(runner, {
    name: "sabotaged",
    capabilities: { durable: false },
    async make({ clock }) {
      const series = memorySeries({ clock });
      return { ...series, ...sabotage(series) };
    },
  });
  return failures();
}

describe("the series suite finds a series that", () => {
  it("is right: no failure", async () => {
    expect(await seriesFailures(() => ({}))).toEqual([]);
  });
  it("keeps every delivery", async () => {
    let deliveries = 0;
    const failed = await seriesFailures((series) => ({
      write: (points) =>
        series.write(
          points.map((each) => ({ ...each, tags: { ...each.tags, delivery: `${deliveries++}` } })),
        ),
    }));
    expect(failed).toContain("a point written again has one effect");
  });
  it("replaces a point whole", async () => {
    const written = new Map<string, readonly string[]>();
    const failed = await seriesFailures((series) => ({
      async query(query) {
        const rows = await series.query(query);
        return written.get(query.name)?.includes(query.field) === false ? [] : rows;
      },
      async write(points) {
        await series.write(points);
        for (const { name, fields } of points) written.set(name, Object.keys(fields));
      },
    }));
    expect(failed).toContain("a point written again replaces the fields it gives and keeps the others");
  });
  it("begins its windows where the range begins", async () => {
    const failed = await seriesFailures((series) => ({
      query: async (query) =>
        (await series.query(query)).map(({ tags, windows }) => ({
          tags,
          windows: windows.map(({ at, value }) => ({ at: Math.max(at, query.from), value })),
        })),
    }));
    expect(failed).toContain("windows begin at multiples of their length in UTC, wherever the range begins");
  });
  it("takes the end of a range for part of it", async () => {
    const failed = await seriesFailures((series) => ({
      query: (query) => series.query({ ...query, to: query.to + 1 }),
    }));
    expect(failed).toContain("from is within the range, to is not");
  });
});

describe("the channel suite finds a channel that", () => {
  it("lets a throwing listener harm the publisher", async () => {
    const { runner, failures } = collector();
    const listeners = new Set<(frame: never) => void>();
    const channel: Channel = {
      async publish(topic, data) {
        for (const listener of listeners) listener({ type: "message", topic, data } as never);
      },
      async subscribe(_topics, listener) {
        listeners.add(listener);
        return async () => void listeners.delete(listener);
      },
      async close() {
        listeners.clear();
      },
    };
    channelConformance(runner, { name: "sabotaged", make: async () => channel });
    expect(await failures()).toEqual(
      expect.arrayContaining([
        "a throwing listener harms neither the others nor the publisher",
        "topics match exactly, whatever they are called",
      ]),
    );
  });
  it("goes on delivering after it was closed", async () => {
    const { runner, failures } = collector();
    const make = async (): Promise<Channel> => {
      const channel = memoryChannel();
      return {
        ...channel,
        subscribe: (topics, listener) =>
          channel.subscribe<never>(topics, (frame) => void setTimeout(() => listener(frame), 20)),
      };
    };
    channelConformance(runner, { name: "sabotaged", make });
    const name = "a closed channel refuses with ATTUNE_CHANNEL_CLOSED and is silent";
    expect(await failures([name])).toEqual([name]);
  });
});

describe("skips", () => {
  it("are registered with their reason", () => {
    const { runner, skipped } = collector();
    const name = "delivers to every subscriber of the topic, in order";
    channelConformance(runner, {
      name: "x",
      make: async () => memoryChannel(),
      skips: { [name]: "it has no order" },
    });
    expect(skipped).toEqual([`${name} (skipped: it has no order)`]);
  });
  it("must name a case", () => {
    const { runner } = collector();
    expect(() =>
      channelConformance(runner, { name: "x", make: async () => memoryChannel(), skips: { gone: "?" } }),
    ).toThrow(/gone/);
  });
});
