import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import type { Channel, ChannelFrame } from "../ports/channel.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore, RecordKey } from "../ports/store.js";
import { createVisitorCache } from "./cache/visitor-cache.js";
import { createPersonalizationService } from "./create-service.js";
import { metaPartition, SORT, visitorPartition } from "./layout/partitions.js";
import { RULESET, sample, T0 } from "./service.test.suite.js";
import type { ServiceFrame } from "./types.js";

/** A promise that is opened from outside. */
function gate() {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

describe("a ruleset that several publish at once", () => {
  /** A store in which nobody gets to know the stored ruleset before `count` have asked for it. */
  function together(inner: AtomicStore, count: number): AtomicStore {
    const all = gate();
    let asked = 0;
    return {
      ...inner,
      async get<V>(partition: string, sort: string) {
        const found = await inner.get<V>(partition, sort);
        if (sort === SORT.ruleset && ++asked <= count) {
          if (asked === count) all.open();
          await all.passed;
        }
        return found;
      },
    };
  }
  const services = (hot: AtomicStore, count: number) =>
    Array.from({ length: count }, () => createPersonalizationService({ stores: { hot } }));

  it("is published by one of them, and one entry of the audit log says so", async () => {
    for (const replace of [true, false]) {
      const hot = together(memoryStore(), 6);
      const all = services(hot, 6);
      const loaded = await Promise.all(all.map((service) => service.loadRuleset(RULESET, { replace })));
      expect(loaded.map(({ ok }) => ok)).toEqual(all.map(() => true));
      expect(loaded.filter((one) => one.ok && one.value.changed)).toHaveLength(1);
      const [first] = all;
      expect((await first?.audit.list())?.map(({ type }) => type)).toEqual(["ruleset"]);
      expect((await first?.ruleset())?.ruleset.revision).toBe(1);
    }
  });

  it("follows another one that somebody else publishes at that moment", async () => {
    const hot = together(memoryStore(), 4);
    const all = services(hot, 4);
    const loaded = await Promise.all(
      all.map((service, i) =>
        service.loadRuleset(
          { ...RULESET, groups: { [`g${i}`]: { type: "condition", condition: { country: `D${i}` } } } },
          { replace: true },
        ),
      ),
    );
    const revisions = loaded.map((one) => (one.ok ? one.value.revision : one.error));
    expect(revisions.sort()).toEqual([1, 2, 3, 4]);
    expect(await all[0]?.audit.list()).toHaveLength(4);
  });

  it("does not follow one that it may not replace", async () => {
    const all = services(together(memoryStore(), 4), 4);
    const loaded = await Promise.all(
      all.map((service, i) =>
        service.loadRuleset({ ...RULESET, revision: i + 1 }, { over: (version) => version === null }),
      ),
    );
    const codes = loaded.map((one) => (one.ok ? "published" : one.error[0]?.code));
    expect(codes.sort()).toEqual([...Array(3).fill("ATTUNE_SERVICE_RULESET_CHANGED"), "published"]);
  });
});

describe("a ruleset that is read while a newer one comes", () => {
  const slow = (inner: AtomicStore) => {
    const held = { next: null as null | { read: Promise<void>; done(): void } };
    const hot: AtomicStore = {
      ...inner,
      async get<V>(partition: string, sort: string) {
        const found = await inner.get<V>(partition, sort);
        const { next } = held;
        if (next !== null && sort === SORT.ruleset) {
          held.next = null;
          next.done();
          await next.read;
        }
        return found;
      },
    };
    return { hot, held };
  };

  it("does not put the older one back", async () => {
    const clock = { at: T0, now: () => clock.at };
    const { hot, held } = slow(memoryStore());
    const service = createPersonalizationService({ stores: { hot }, ruleset: RULESET, clock });
    await service.ruleset();
    clock.at += 6_000;
    const [read, begun] = [gate(), gate()];
    held.next = { read: read.passed, done: begun.open };
    const early = service.ruleset();
    await begun.passed;
    await service.loadRuleset({ ...RULESET, revision: 2 });
    read.open();
    expect((await early)?.ruleset.revision).toBe(2);
    expect((await service.ruleset())?.ruleset.revision).toBe(2);
    await service.close();
  });

  it("does not undo the word of a newer one, nor is given to who asks after it", async () => {
    const inner = memoryStore();
    const channel = memoryChannel();
    const { hot, held } = slow(inner);
    const clock = { at: T0, now: () => clock.at };
    const service = createPersonalizationService({ stores: { hot }, channel, ruleset: RULESET, clock });
    await service.ruleset();
    const other = createPersonalizationService({ stores: { hot: inner }, channel, clock });
    clock.at += 6_000;
    const [read, begun] = [gate(), gate()];
    held.next = { read: read.passed, done: begun.open };
    const early = service.ruleset();
    await begun.passed;
    await other.loadRuleset({ ...RULESET, revision: 2 });
    expect((await service.ruleset())?.ruleset.revision).toBe(2);
    read.open();
    expect((await early)?.ruleset.revision).toBe(2);
    expect((await service.ruleset())?.ruleset.revision).toBe(2);
    await Promise.all([service.close(), other.close()]);
  });

  it("is read all the same where one of another site comes", async () => {
    const { hot, held } = slow(memoryStore());
    const service = createPersonalizationService({ stores: { hot } });
    const [read, begun] = [gate(), gate()];
    held.next = { read: read.passed, done: begun.open };
    const early = service.ruleset("one");
    await begun.passed;
    await service.loadRuleset(RULESET, { site: "another" });
    read.open();
    expect(await early).toBeNull();
    await service.close();
  });

  it("that another process overtook while it was being stored is looked up again", async () => {
    const inner = memoryStore();
    const channel = memoryChannel();
    const other = createPersonalizationService({ stores: { hot: inner }, channel });
    let overtaken = false;
    const hot: AtomicStore = {
      ...inner,
      async put(partition, sort, value, options) {
        const result = await inner.put(partition, sort, value, options);
        if (!overtaken && partition === metaPartition("default")) {
          overtaken = true;
          await other.loadRuleset({ ...RULESET, revision: 3 });
        }
        return result;
      },
    };
    const service = createPersonalizationService({ stores: { hot }, channel });
    await service.loadRuleset({ ...RULESET, revision: 2 });
    expect((await service.ruleset())?.ruleset.revision).toBe(3);
    await Promise.all([service.close(), other.close()]);
  });
});

/** A channel that counts who listens. */
function counted(inner: Channel = memoryChannel()) {
  const topics = new Map<string, number>();
  const add = (names: readonly string[], by: number): void => {
    for (const name of names) topics.set(name, (topics.get(name) ?? 0) + by);
  };
  const channel: Channel = {
    ...inner,
    async subscribe<M>(names: readonly string[], listener: (frame: ChannelFrame<M>) => void) {
      const leave = await inner.subscribe<M>(names, listener);
      add(names, 1);
      return async () => {
        add(names, -1);
        await leave();
      };
    },
  };
  return { channel, topics };
}

describe("health", () => {
  it("keeps no subscription where its message is lost", async () => {
    const { channel, topics } = counted({ ...memoryChannel(), publish: async () => undefined });
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, channel });
    expect((await service.health()).channel).toMatchObject({ ok: false });
    await expect.poll(() => topics.get("default/probe")).toBe(0);
    await service.close();
  });
});

describe("waiting for what another process folds", () => {
  it("ends when that one has folded it", async () => {
    const ports = { stores: { hot: memoryStore() }, log: memoryLog() };
    const messages: string[] = [];
    const inner = memoryChannel();
    const { channel, topics } = counted({
      ...inner,
      publish: (topic, data) => (messages.push(topic), inner.publish(topic, data)),
    });
    const door = createPersonalizationService({ ...ports, channel, worker: false });
    await expect.poll(() => topics.size).toBeGreaterThan(1);
    const worker = createPersonalizationService({ ...ports, channel });
    const events = Array.from({ length: 30 }, (_, i) =>
      sample({ id: `e${i % 29}`, visitorId: `v${i % 29}` }),
    );
    const began = performance.now();
    const result = await door.ingest(events, { waitMs: 15_000 });
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(result).toMatchObject({ accepted: 29, duplicates: 1, outcomes: { 0: "folded", 29: "duplicate" } });
    await worker.ingest([sample({ id: "own" })], { waitMs: 15_000 });
    const told = messages.filter((topic) => topic.startsWith("_/outcomes/"));
    // One message a batch, and none for what the worker's own service waits for.
    expect(told.length).toBeLessThanOrEqual(ports.log.capabilities.shards);
    expect(new Set(told).size).toBe(1);
    await Promise.all([door.close(), worker.close()]);
    expect([...topics.values()].every((count) => count === 0)).toBe(true);
  });
});

describe("close", () => {
  it("ends settled, which says that not all is folded", async () => {
    const service = createPersonalizationService({
      stores: { hot: memoryStore() },
      log: memoryLog(),
      worker: false,
    });
    await service.ingest([sample()]);
    const settled = service.settled();
    const ended = expect(settled).rejects.toMatchObject({ code: "ATTUNE_SERVICE_CLOSED" });
    await service.close();
    await ended;
  });

  it("does not sit out the pause between two tries", async () => {
    const down = new Error("down");
    const log: Log = { ...memoryLog(), consume: () => Promise.reject(down) };
    let failures = 0;
    const tried = gate();
    const report = (): void => {
      if (++failures === 4) tried.open();
    };
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log, report });
    await tried.passed;
    // The fourth pause is 800 ms.
    const began = performance.now();
    await service.close();
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe("what is known of visitors", () => {
  it("ages one by one: what was just read is not read again with the others", async () => {
    const clock = { at: T0, now: () => clock.at };
    const hot = memoryStore();
    let asked: string[] = [];
    const spying: AtomicStore = {
      ...hot,
      getMany: <V>(keys: readonly RecordKey[]) => {
        asked.push(...keys.filter(({ sort }) => sort === SORT.consent).map(({ partition }) => partition));
        return hot.getMany<V>(keys);
      },
    };
    const visitors = createVisitorCache({ hot: spying, clock, channel: null });
    await visitors.standings("s", ["a"]);
    clock.at += 9_000;
    await visitors.standings("s", ["b"]);
    clock.at += 2_000;
    asked = [];
    await visitors.standings("s", ["a", "b"]);
    expect(asked).toEqual([visitorPartition("s", "a")]);
  });
});

describe("subscribe", () => {
  const recorded = () => {
    const heard: { topics: readonly string[]; listener(frame: ChannelFrame<never>): void }[] = [];
    const inner = memoryChannel();
    const channel: Channel = {
      ...inner,
      subscribe: (topics, listener) => (heard.push({ topics, listener }), inner.subscribe(topics, listener)),
    };
    return { channel, heard };
  };

  it("tells of gaps alone", async () => {
    const { channel, heard } = recorded();
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, channel });
    const frames: ServiceFrame[] = [];
    await service.subscribe({ types: ["gap"] }, (frame) => void frames.push(frame));
    await service.ingest([sample()]);
    for (const { topics, listener } of heard)
      if (topics.includes("default/event")) listener({ type: "gap", topic: "default/event" });
    expect(frames).toEqual([{ type: "gap" }]);
    await service.close();
  });

  it("goes on with its list after a listener has thrown, and reports it", async () => {
    const reports: unknown[] = [];
    const service = createPersonalizationService({
      stores: { hot: memoryStore() },
      channel: memoryChannel(),
      report: (error) => void reports.push(error),
    });
    let heard = 0;
    await service.subscribe({ types: ["event"] }, () => {
      heard++;
      throw new Error("mine");
    });
    await service.subscribe({ types: ["event"] }, (async () => {
      throw new Error("later");
    }) as () => void);
    await service.ingest([sample({ id: "1" }), sample({ id: "2" }), sample({ id: "3" })]);
    expect(heard).toBe(3);
    await expect.poll(() => reports.length).toBe(6);
    await service.close();
  });
});
