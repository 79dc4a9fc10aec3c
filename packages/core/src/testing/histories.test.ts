import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryLog, memorySeries, memoryStore } from "../memory/index.js";
import type { Log, LogRecord } from "../ports/log.js";
import type { Series } from "../ports/series.js";
import type { AtomicStore } from "../ports/store.js";
import type { TestRunner } from "./conformance.js";
import { type CrashPorts, crashHistories } from "./crash-histories.js";
import { readAll } from "./log-cases-record.js";
import { logHistories } from "./log-histories.js";
import { seriesHistories } from "./series-histories.js";
import { storeHistories } from "./store-histories.js";

/** Enough to come upon what is sought, with a seed so that it does each time. */
const ENOUGH = { runs: 500, seed: 7 };

/** What the one test says that a history suite registers; nothing where it passes. */
async function verdict(suite: (runner: TestRunner) => void): Promise<string> {
  const bodies: (() => Promise<void>)[] = [];
  const add = (_name: string, body: () => Promise<void>): number => bodies.push(body);
  suite({ describe: (_name, body) => body(), it: Object.assign(add, { skip: () => undefined }) });
  const texts = await Promise.all(
    bodies.map((body) =>
      body().then(
        () => "",
        (error: Error) => `${error.message}\n${(error.cause as Error | undefined)?.message ?? ""}`,
      ),
    ),
  );
  return texts.join("\n");
}

const ofStore = (sabotage: (store: AtomicStore) => Partial<AtomicStore>): Promise<string> =>
  verdict((runner) =>
    storeHistories(runner, fc, {
      name: "sabotaged",
      capabilities: { atomic: true, durable: false },
      async make({ clock }) {
        const store = memoryStore({ clock });
        return { ...store, ...sabotage(store) };
      },
      ...ENOUGH,
    }),
  );

describe("T13 the histories of a store find one that", () => {
  it("is right: nothing", async () => {
    expect(await ofStore(() => ({}))).toBe("");
  });

  it("keeps tokens when a partition is deleted, and show three calls that do it", async () => {
    const text = await ofStore((store) => ({
      async deletePartition(partition) {
        let count = 0;
        for await (const { sort } of store.scan(partition)) if (await store.delete(partition, sort)) count++;
        return count;
      },
    }));
    expect(text).toMatch(
      /Counterexample: \[\[commit\("(.+)", \[\], \{"once":"(once-\d)"\}\),deletePartition\("\1"\),commit\("\1", \[\], \{"once":"\2"\}\)/,
    );
    expect(text).toMatch(/step 3, commit\(.*\): status: expected "committed", got "duplicate"/);
  });

  it("takes an expired record's version for a living one's", async () => {
    const text = await ofStore((store) => {
      const highest = new Map<string, number>();
      return {
        async put(partition, sort, value, options) {
          const result = await store.put(partition, sort, value, options);
          const key = JSON.stringify([partition, sort]);
          const version = Math.max(result.version, (highest.get(key) ?? 0) + 1);
          if (result.written) highest.set(key, version);
          return result.written ? { ...result, version } : result;
        },
      };
    });
    expect(text).toContain("Counterexample");
  });

  it("lets a reversed scan begin at the end of its range", async () => {
    const text = await ofStore((store) => ({
      scan: (partition, range = {}) =>
        store.scan(
          partition,
          range.reverse && range.to !== undefined ? { ...range, to: `${range.to}\u0000` } : range,
        ),
    }));
    expect(text).toMatch(/scan\(.*"to":.*"reverse":true\}\): records: expected/);
  });
});

describe("T13 the histories of a log find one that", () => {
  const ofLog = (sabotage: (log: Log) => Partial<Log>): Promise<string> =>
    verdict((runner) =>
      logHistories(runner, fc, {
        name: "sabotaged",
        capabilities: { durable: false, erase: "delete" },
        async make({ clock }) {
          const log = memoryLog({ clock, shards: 2 });
          return { ...log, ...sabotage(log) };
        },
        ...ENOUGH,
      }),
    );

  it("commits what a handler refused", async () => {
    const text = await ofLog((log) => ({
      consume: (group, handler, options) =>
        log.consume(group, (batch) => handler(batch as never).catch(() => undefined), options),
    }));
    expect(text).toMatch(/consume\(.*\): (committed|lag|the batch)/);
  });

  it("trims what a group has yet to read", async () => {
    const text = await ofLog((log) => {
      const hidden = new Set<string>();
      const read = async <V>(shard: number, after: number, limit: number): Promise<LogRecord<V>[]> =>
        (await log.read<V>(shard, after, limit)).filter(
          ({ position }) => !hidden.has(`${shard} ${position}`),
        );
      return {
        read,
        async trim(before) {
          for (const { shard, position, appendedAt } of await readAll({ ...log, read }))
            if (appendedAt < before) hidden.add(`${shard} ${position}`);
          return log.trim(before);
        },
      };
    });
    expect(text).toMatch(/trim\(time of record \d+ \+ \d\): records of shard/);
  });

  it("gives a position once more when the last entry was erased", async () => {
    const text = await ofLog((log) => {
      /** By shard: the last position before the erasure, and how many were given back. */
      const given = new Map<number, { last: number; back: number }>();
      const lastOf = async (shard: number): Promise<number> =>
        (await log.read(shard, 0, 10_000)).at(-1)?.position ?? 0;
      return {
        async erase(key) {
          const shards = [0, 1];
          const before = await Promise.all(shards.map(lastOf));
          const count = await log.erase(key);
          for (const shard of shards) {
            const last = before[shard] ?? 0;
            const back = last - (await lastOf(shard));
            if (back > 0) given.set(shard, { last, back });
          }
          return count;
        },
        async read(shard, after, limit) {
          const { last, back } = given.get(shard) ?? { last: 0, back: 0 };
          const records = (await log.read(shard, 0, 10_000)).map((record) => ({
            ...record,
            position: record.position > last ? record.position - back : record.position,
          }));
          return records.filter(({ position }) => position > after).slice(0, limit) as never;
        },
      };
    });
    expect(text).toMatch(/append\(.*\): position \d+ of shard \d is a new one/);
  });
});

describe("T13 the histories of a series find one that", () => {
  const ofSeries = (sabotage: (series: Series) => Partial<Series>): Promise<string> =>
    verdict((runner) =>
      seriesHistories(runner, fc, {
        name: "sabotaged",
        capabilities: { durable: false },
        async make({ clock }) {
          const series = memorySeries({ clock });
          return { ...series, ...sabotage(series) };
        },
        ...ENOUGH,
      }),
    );

  it("drops one millisecond too much", async () => {
    const text = await ofSeries((series) => ({ drop: (before) => series.drop(before + 1) }));
    expect(text).toMatch(/drop\(T0 \+ \d+\): rows: expected/);
  });

  it("adds what it should replace", async () => {
    let n = 0;
    const text = await ofSeries((series) => ({
      write: (points) =>
        series.write(points.map((point) => ({ ...point, tags: { ...point.tags, delivery: `${n++}` } }))),
    }));
    expect(text).toContain("rows: expected");
  });
});

describe("T13 the crash histories find", () => {
  const ofPorts = (sabotage: (ports: CrashPorts) => Partial<CrashPorts>): Promise<string> =>
    verdict((runner) =>
      crashHistories(runner, fc, {
        name: "sabotaged",
        async make() {
          const ports = { hot: memoryStore(), log: memoryLog({ shards: 2 }) };
          return { ...ports, ...sabotage(ports) };
        },
        runs: 100,
        seed: 7,
      }),
    );

  it("a log that acknowledges what it has not kept", async () => {
    const text = await ofPorts(({ log }) => {
      let appends = 0;
      return {
        log: { ...log, append: async (entries) => (++appends % 3 === 0 ? undefined : log.append(entries)) },
      };
    });
    expect(text).toContain("acknowledged and not in the log: expected []");
    expect(text).toMatch(/Counterexample: \[ingest\(\["v-\d s-\d e-\d+ (view|order) /);
  });

  it("a store that keeps only half of a commit", async () => {
    const text = await ofPorts(({ hot }) => ({
      hot: { ...hot, commit: (partition, ops, options) => hot.commit(partition, ops.slice(0, 1), options) },
    }));
    expect(text).toContain("Counterexample");
  });
});
