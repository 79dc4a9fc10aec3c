import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { LogGap, Log } from "../../ports/log.js";
import type { AtomicStore, RecordKey } from "../../ports/store.js";
import { createPersonalizationService } from "../create-service.js";
import type { ServiceOptions } from "../options.js";
import { sample, T0 } from "../service.test.suite.js";
import type { PersonalizationService } from "../types.js";

const DAY = 86_400_000;
const GAP: LogGap = { shard: 0, after: 3, to: 9, atMost: 6 };

/** Events of some visitors, the last of whom is a user with an order. */
const events = (count: number) =>
  Array.from({ length: count }, (_, n) =>
    sample({
      id: `event-${n}`,
      visitorId: `visitor-${n}`,
      sessionId: `session-${n}`,
      ...(n === count - 1 && {
        name: "Order Completed",
        userId: "jane",
        properties: { revenue: 5 },
      }),
    }),
  );

/** What crosses partitions fails from now on: the process ends between a visitor's commit and what follows from it. */
function dyingStore(inner: AtomicStore) {
  const isElsewhere = (partition: string): boolean => /^default\/[csu]\//.test(partition);
  const dead = () => Promise.reject(new Error("The process is dead."));
  const state = { dying: true };
  const hot: AtomicStore = {
    ...inner,
    put: (partition, ...args) =>
      state.dying && isElsewhere(partition) ? dead() : inner.put(partition, ...args),
    commit: (partition, ...args) =>
      state.dying && isElsewhere(partition) ? dead() : inner.commit(partition, ...args),
  };
  return { hot, state };
}

describe("effects that a dead process left undone", () => {
  const clock = { at: T0, now: () => clock.at };
  let store: AtomicStore;
  let services: PersonalizationService[];
  let reports: unknown[];
  const start = (over: Partial<ServiceOptions>): PersonalizationService => {
    const report = (error: unknown) => void reports.push(error);
    const service = createPersonalizationService({ stores: { hot: store }, clock, report, ...over });
    services.push(service);
    return service;
  };
  beforeEach(() => {
    clock.at = T0;
    store = memoryStore({ clock });
    services = [];
    reports = [];
  });
  afterEach(() => Promise.all(services.map((service) => service.close())));

  /** Folds events as far as their visitors' commits, and dies. */
  const dieFolding = async (log: Log, given: readonly unknown[]): Promise<void> => {
    const failed = new Promise<void>((resolve) => {
      const { hot } = dyingStore(store);
      start({ stores: { hot }, log, report: () => resolve() });
    });
    await services.at(-1)?.ingest(given);
    await failed;
    await services.pop()?.close();
  };
  const counted = (service: PersonalizationService) => service.summary();
  const WHOLE = { events: 70, visitors: 70, sessions: { given: 70, derived: 0 }, conversions: { orders: 1 } };

  it("are done by the worker of a log that begins anew: what would have come again is gone", async () => {
    await dieFolding(memoryLog({ clock }), events(70));
    const api = start({ log: memoryLog({ clock }), worker: false });
    expect(await counted(api)).toMatchObject({ events: 0, sessions: { given: 0 } });
    expect((await api.exportData("visitor-69")).visitors[0]?.events).toHaveLength(1);
    expect((await api.exportData({ userId: "jane" })).subject.visitors).toBe(0);

    const service = start({ log: memoryLog({ clock }) });
    await vi.waitFor(async () => expect(await counted(service)).toMatchObject(WHOLE));
    expect((await service.exportData({ userId: "jane" })).subject.visitors).toBe(1);
    expect(reports).toEqual([]);
  });

  it("are done by a worker whose log tells of a gap, each once", async () => {
    const log = memoryLog({ clock, shards: 1 });
    const first = start({ log });
    await first.ingest(events(70).slice(0, 20));
    await first.settled();
    await first.close();
    await dieFolding(memoryLog({ clock }), events(70));
    let tell: (gap: LogGap) => void = () => undefined;
    const service = start({
      log: {
        ...log,
        consume(group, handler, options) {
          tell = (gap) => options?.onGap?.(gap);
          return log.consume(group, handler, options);
        },
      },
    });
    await service.ingest([sample({ id: "late", visitorId: "late", sessionId: "late" })]);
    await service.settled();
    expect(await counted(service)).toMatchObject({ events: 21 });
    tell(GAP);
    tell(GAP);
    const whole = { events: 71, visitors: 71, sessions: { given: 71 }, conversions: { orders: 1 } };
    await vi.waitFor(async () => expect(await counted(service)).toMatchObject(whole));
    await service.sweep();
    expect(await counted(service)).toMatchObject(whole);
    expect(reports).toMatchObject([{ code: "ATTUNE_LOG_GAP" }, { code: "ATTUNE_LOG_GAP" }]);
  });

  it("are done in the end, by a sweep of any worker, where the search for them was cut off", async () => {
    const log = memoryLog({ clock });
    await dieFolding(log, events(70));
    const { hot, state } = dyingStore(store);
    const cut = start({ stores: { hot }, log: memoryLog({ clock }) });
    await vi.waitFor(() => expect(reports).toHaveLength(1));
    state.dying = false;
    await cut.close();
    // This log has positions: its worker has no reason of its own to search.
    const other = memoryLog({ clock });
    const before = createPersonalizationService({ stores: { hot: memoryStore() }, log: other });
    await before.ingest([sample()]);
    await before.settled();
    await before.close();
    const api = start({ log: other, worker: false });
    await api.sweep();
    expect(await counted(api)).toMatchObject({ events: 0 });
    const service = start({ log: other });
    await service.settled();
    expect(await counted(service)).toMatchObject({ events: 0 });
    await service.sweep();
    expect(await counted(service)).toMatchObject(WHOLE);
  });

  it("are searched for no longer than the service is open, also where the log cannot be read", async () => {
    await dieFolding(memoryLog({ clock }), events(70));
    const log: Log = { ...memoryLog({ clock }), consume: () => Promise.reject(new Error("no consumer")) };
    let reads = 0;
    const hot: AtomicStore = {
      ...store,
      async getMany<V>(keys: readonly RecordKey[]) {
        reads++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        return store.getMany<V>(keys);
      },
    };
    const service = start({ stores: { hot }, log });
    await vi.waitFor(() => expect(reports).not.toEqual([]));
    await service.close();
    const before = reads;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(reads).toBe(before);
  });

  it("are done when the dead letter goes that would have brought them", async () => {
    const { hot, state } = dyingStore(store);
    const log = memoryLog({ clock, shards: 1 });
    const counterless: AtomicStore = {
      ...hot,
      // Well, except for what one visitor counts.
      commit: (partition, ...args) =>
        state.dying && partition.startsWith("default/c/")
          ? Promise.reject(new Error("no"))
          : store.commit(partition, ...args),
      put: store.put,
    };
    const service = start({ stores: { hot: counterless }, log });
    await service.ingest(events(1));
    await service.settled();
    expect(await service.deadLetters.list()).toHaveLength(1);
    state.dying = false;
    expect(await counted(service)).toMatchObject({ events: 0 });
    clock.at += 7 * DAY;
    expect((await service.sweep()).deadLetters).toBe(1);
    expect(await counted(service)).toMatchObject({ events: 1, visitors: 1 });
  }, 30_000);
});
