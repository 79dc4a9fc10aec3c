import type { Log, LogGap, LogRecord } from "@attune/core/ports";
import { memoryStore } from "@attune/core/memory";
import { createPersonalizationService } from "@attune/core/service";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { client, FAST, KCAT, type MockCluster, mockCluster } from "../../test/kafka.ts";
import { gapOf, gapWatch } from "./gaps.js";
import { kafkaLog } from "./index.js";
import type { Offsets } from "./offsets.js";

describe("a gap", () => {
  it("is what lies between the group's place and the lowest offset that is left", () => {
    expect(gapOf(2, 7, 10)).toEqual({ shard: 2, after: 7, to: 10, atMost: 3 });
    expect(gapOf(2, null, 10)).toEqual({ shard: 2, after: 0, to: 10, atMost: 10 });
    expect(gapOf(2, 10, 10)).toBe(null);
    expect(gapOf(2, 12, 10)).toBe(null);
    expect(gapOf(2, null, 0)).toBe(null);
  });

  /** Of a broker with one shard. */
  function watching(at: { committed: number | null; low: number }) {
    const told: LogGap[] = [];
    const errors: unknown[] = [];
    let asked = 0;
    const offsets = {
      committed: async () => [at.committed],
      ranges: async () => {
        asked++;
        return [{ low: at.low, high: 100 }];
      },
    } as unknown as Offsets;
    const watch = gapWatch({
      offsets,
      groupId: "group",
      onGap: (gap) => told.push(gap),
      onError: (error) => errors.push(error),
      commit: async (_shard, offset) => {
        at.committed = offset;
      },
    });
    return { watch, told, errors, asked: () => asked };
  }

  it("is not what a partition leaves out inside, and a broker is asked only where something is left out", async () => {
    const { watch, told, asked } = watching({ committed: 5, low: 5 });
    await watch.begin();
    watch.joined([0]);
    await watch.arrived(0, 5);
    expect(asked()).toBe(1);
    watch.handled(0, 10);
    await watch.arrived(0, 10);
    expect(asked()).toBe(1);
    watch.handled(0, 20);
    await watch.arrived(0, 24);
    expect(asked()).toBe(2);
    expect(told).toEqual([]);
  });

  it("is told once, also where the broker goes on to forget, and the group stands behind it then", async () => {
    const at = { committed: 5 as number | null, low: 9 };
    const { watch, told } = watching(at);
    await watch.begin();
    watch.joined([0]);
    await watch.arrived(0, 9);
    watch.joined([0]);
    await watch.arrived(0, 9);
    expect(told).toEqual([{ shard: 0, after: 5, to: 9, atMost: 4 }]);
    expect(at.committed).toBe(9);
    watch.handled(0, 12);
    at.low = 30;
    await watch.arrived(0, 20);
    expect(told.slice(1)).toEqual([{ shard: 0, after: 12, to: 20, atMost: 8 }]);
  });

  it("is known from before the group was joined, where its place was overwritten meanwhile", async () => {
    const at = { committed: 5 as number | null, low: 9 };
    const { watch, told } = watching(at);
    await watch.begin();
    at.committed = null;
    watch.joined([0]);
    await watch.arrived(0, 9);
    expect(told).toEqual([{ shard: 0, after: 5, to: 9, atMost: 4 }]);
  });
});

describe.skipIf(KCAT.path === null)(`Kafka's retention ${KCAT.reason ?? ""}`, () => {
  let cluster: MockCluster;
  beforeAll(async () => {
    cluster = await mockCluster();
  });
  afterAll(() => cluster.stop());
  const open = (topic: string) => kafkaLog({ kafka: client(cluster.brokers), topic, consumer: FAST });
  const text = "x".repeat(200_000);
  /** The mock cluster keeps 5 MB of a partition. */
  const flood = async (log: Log): Promise<void> => {
    for (let n = 0; n < 40; n++) await log.append([{ key: "a", value: { n, text } }]);
  };
  const lagIs = (log: Log, lag: number) =>
    vi.waitFor(async () => expect(await log.lag("group")).toBe(lag), { timeout: 20_000, interval: 50 });
  const all = async (log: Log): Promise<LogRecord[]> => {
    const { shards } = log.capabilities;
    const found = await Promise.all(Array.from({ length: shards }, (_, shard) => log.read(shard, 0, 1000)));
    return found.flat();
  };

  it.concurrent("took what a stopped group had still to read: it is told once, and goes on behind it", async () => {
    const log = await open("stopped");
    const seen: LogRecord[] = [];
    const gaps: LogGap[] = [];
    const errors: unknown[] = [];
    const join = () =>
      log.consume("group", async (batch) => void seen.push(...batch), {
        onGap: (gap) => gaps.push(gap),
        onError: (error) => errors.push(error),
      });
    const first = await join();
    await log.append([
      { key: "a", value: 1 },
      { key: "a", value: 2 },
      { key: "a", value: 3 },
    ]);
    await lagIs(log, 0);
    await first.stop();
    expect([seen.length, gaps]).toEqual([3, []]);
    const { shard = 0 } = seen[0] ?? {};

    await flood(log);
    const left = await all(log);
    const to = (left[0]?.position ?? 0) - 1;
    expect(to).toBeGreaterThan(3);
    const second = await join();
    await lagIs(log, 0);
    expect(gaps).toEqual([{ shard, after: 3, to, atMost: to - 3 }]);
    expect(seen.slice(3).map(({ position }) => position)).toEqual(left.map(({ position }) => position));
    await second.stop();

    const third = await join();
    await log.append([{ key: "a", value: 4 }]);
    await lagIs(log, 0);
    await third.stop();
    expect(gaps.length).toBe(1);
    expect(errors).toEqual([]);
    await log.close();
  }, 90_000);

  it.concurrent("overtook a consumer that is slow: it is told, and goes on behind it", async () => {
    const log = await open("slow");
    const seen: LogRecord[] = [];
    const gaps: LogGap[] = [];
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const join = log.consume(
      "group",
      async (batch) => {
        seen.push(...batch);
        if (seen.length === 1) await held;
      },
      { onGap: (gap) => gaps.push(gap) },
    );
    await join;
    await log.append([{ key: "a", value: 0 }]);
    await vi.waitFor(() => expect(seen.length).toBe(1), { timeout: 20_000 });
    await flood(log);
    const left = await all(log);
    go();
    await lagIs(log, 0);
    const { shard = 0, position = 0 } = left[0] ?? {};
    expect(position).toBeGreaterThan(2);
    expect(gaps).toEqual([{ shard, after: 1, to: position - 1, atMost: position - 2 }]);
    expect(seen.slice(1).map((record) => record.position)).toEqual(left.map((record) => record.position));
    await log.close();
  }, 90_000);

  it.concurrent("overtook a shard that is refused: what was handled before the refusal is not part of it", async () => {
    const log = await open("refused");
    const seen: LogRecord[] = [];
    const gaps: LogGap[] = [];
    let refusing = true;
    await log.consume(
      "group",
      async (batch) => {
        if (refusing && seen.length === 2) throw new Error("not now");
        seen.push(...batch);
      },
      { maxBatch: 1, onGap: (gap) => gaps.push(gap) },
    );
    await log.append([1, 2, 3].map((value) => ({ key: "a", value })));
    await vi.waitFor(() => expect(seen.length).toBe(2), { timeout: 20_000 });
    await flood(log);
    const [first] = await all(log);
    refusing = false;
    await lagIs(log, 0);
    const { shard = 0, position = 0 } = first ?? {};
    // Retention may go on while the consumer comes back: then the rest is told of as a gap of its own, right behind the first.
    expect(gaps.map(({ after, to }) => [after, to]).flat()).toEqual([
      2,
      ...gaps.slice(0, -1).flatMap(({ to }) => [to, to]),
      position - 1,
    ]);
    expect(gaps.every((gap) => gap.shard === shard)).toBe(true);
    expect(gaps.reduce((sum, { atMost }) => sum + atMost, 0)).toBe(position - 3);
    expect(seen[2]?.position).toBe(position);
    await log.close();
  }, 90_000);

  it.concurrent("is told of by a service, in its reports and its health", async () => {
    const log = await open("service");
    await flood(log);
    const reports: unknown[] = [];
    const service = createPersonalizationService({
      stores: { hot: memoryStore() },
      // Nothing of this log is an event; what is left of it is not to be folded.
      log: {
        ...log,
        consume: (group, _handler, options) => log.consume(group, async () => undefined, options),
      },
      report: (error) => void reports.push(error),
    });
    await service.settled();
    const [first] = await all(log);
    const lost = (first?.position ?? 0) - 1;
    expect(reports).toMatchObject([{ code: "ATTUNE_LOG_GAP" }]);
    expect((reports[0] as Error).message).toContain(`${lost} entries at most`);
    const { log: health } = await service.health();
    expect(health).toEqual({
      ok: true,
      detail: `0 to fold; up to ${lost} were lost before they were folded`,
    });
    await service.close();
    await log.close();
  }, 90_000);
});
