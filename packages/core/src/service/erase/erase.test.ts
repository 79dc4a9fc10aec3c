import { describe, expect, it, vi } from "vitest";
import { memoryChannel, memoryLog, memoryStore } from "../../memory/index.js";
import type { Log } from "../../ports/log.js";
import type { AtomicStore, RecordKey } from "../../ports/store.js";
import { createPersonalizationService } from "../create-service.js";
import type { LoggedRun } from "../layout/records.js";
import { everything, RULESET, sample } from "../service.test.suite.js";
import type { ErasureReceipt, PersonalizationService, ServiceFrame } from "../types.js";

const MARKER = "planted-marker";

async function seeded() {
  const hot = memoryStore();
  const log = memoryLog();
  const service = createPersonalizationService({ stores: { hot }, log, ruleset: RULESET });
  await service.ingest([sample({ id: "other", visitorId: "other", sessionId: "shared" })]);
  await service.settled();
  const before = await service.summary();
  const event = (i: number) =>
    sample({
      id: `${MARKER}-${i}`,
      visitorId: MARKER,
      userId: `${MARKER}-user`,
      sessionId: i % 2 ? "shared" : MARKER,
      deviceId: `${MARKER}-device`,
      properties: { note: MARKER },
    });
  await service.ingest([
    ...Array.from({ length: 450 }, (_, i) => event(i)),
    sample({ id: `${MARKER}-o`, visitorId: MARKER, name: "Order Completed", properties: { revenue: 5 } }),
  ]);
  const consent = ["analytics"];
  await service.ingest([
    { broken: true, visitorId: MARKER, consent },
    { broken: true, userId: `${MARKER}-user`, note: MARKER, consent },
    { broken: true, sessionId: MARKER, consent },
    { broken: true, deviceId: `${MARKER}-device`, consent },
    { broken: true, text: `${MARKER}-user`, consent },
    `cut off: {"a":"${MARKER}-user","b":"\\q","c`,
    { broken: true, text: "somebody else", sessionId: "shared", visitorId: "other", consent },
  ]);
  await service.ingest([{ broken: MARKER, userId: `${MARKER}-user`, consent: ["analytics"] }], {
    site: "elsewhere",
  });
  await service.settled();
  await service.close();
  return { hot, log, before };
}

describe("T29 an erasure that is cut off", () => {
  it("is completed by the next call, at whatever write it broke", async () => {
    for (let writes = 0; ; writes++) {
      const { hot, log, before } = await seeded();
      let left = writes;
      const dead = new Error("the process is dead");
      const burn = async <T>(write: () => Promise<T>): Promise<T> => {
        if (left-- <= 0) throw dead;
        return write();
      };
      const mortal: AtomicStore = {
        ...hot,
        put: (...args) => burn(() => hot.put(...args)),
        delete: (...args) => burn(() => hot.delete(...args)),
        commit: (...args) => burn(() => hot.commit(...args)),
      };
      const first = createPersonalizationService({ stores: { hot: mortal }, log, worker: false });
      const broke = await first.erase({ userId: `${MARKER}-user` }).then(
        () => false,
        () => true,
      );
      await first.close();
      const second = createPersonalizationService({ stores: { hot }, log });
      await second.erase({ userId: `${MARKER}-user` });
      expect(await second.summary(), `after ${writes} writes`).toEqual(before);
      const left2 = await everything({ hot, log });
      // The letter of another site is that site's.
      expect(left2.split(MARKER).length - 1).toBe(2);
      expect(left2).toContain("somebody else");
      await second.close();
      if (!broke) {
        expect(writes).toBeGreaterThan(15);
        return;
      }
    }
  }, 60_000);

  it("keeps what was counted where that was asked for, whoever completes it, and nothing else", async () => {
    for (let writes = 0; ; writes += 7) {
      const { hot, log } = await seeded();
      let left = writes;
      const burn = async <T>(write: () => Promise<T>): Promise<T> => {
        if (left-- <= 0) throw new Error("the process is dead");
        return write();
      };
      const mortal: AtomicStore = {
        ...hot,
        put: (...args) => burn(() => hot.put(...args)),
        delete: (...args) => burn(() => hot.delete(...args)),
        commit: (...args) => burn(() => hot.commit(...args)),
      };
      const second = createPersonalizationService({ stores: { hot }, log });
      const counted = await second.summary();
      const first = createPersonalizationService({ stores: { hot: mortal }, log, worker: false });
      const user = { userId: `${MARKER}-user` };
      const broke = await first.erase(user, { anonymizeOnly: true }).then(
        () => false,
        () => true,
      );
      await first.close();
      await second.erase(user, { anonymizeOnly: true });
      expect(await second.summary(), `after ${writes} writes`).toEqual(counted);
      expect((await everything({ hot, log })).split(MARKER).length - 1).toBe(2);
      // It stays erased, and a later erasure takes nothing out of sums that others are in.
      await second.ingest([sample({ id: "late", visitorId: MARKER, sessionId: MARKER })]);
      await second.erase({ visitorId: MARKER });
      await second.settled();
      expect(await second.summary()).toEqual(counted);
      await second.close();
      if (!broke) {
        expect(writes).toBeGreaterThan(15);
        return;
      }
    }
  }, 60_000);

  it("reaches a visitor whose link to the user was still in the log", async () => {
    const { hot, log, before } = await seeded();
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    const note = { properties: { note: MARKER } };
    await door.ingest([
      sample({ id: "early", visitorId: "tablet", ...note }),
      sample({ id: "in-flight", visitorId: "tablet", userId: `${MARKER}-user`, ...note }),
      { broken: MARKER, visitorId: "tablet", consent: ["analytics"] },
    ]);
    await door.erase({ userId: `${MARKER}-user` });
    expect(await everything({ hot, log })).toContain(MARKER);
    const worker = createPersonalizationService({ stores: { hot }, log });
    await worker.settled();
    expect(await worker.summary()).toEqual(before);
    expect((await everything({ hot, log })).split(MARKER).length - 1).toBe(2);
    // Whoever comes back later is somebody new.
    const later = { visitorId: "new", userId: `${MARKER}-user` };
    const back = await worker.ingest(
      [
        sample({ ...later, id: "new", occurredAt: Date.now() + 60_000 }),
        sample({ ...later, id: "old" }),
        sample({ id: "no-user", visitorId: "new" }),
      ],
      { waitMs: 5000 },
    );
    expect(back.outcomes).toEqual({ 0: "folded", 1: "withheld", 2: "folded" });
    await Promise.all([door.close(), worker.close()]);
  });

  it("reaches a visitor whose event was being folded: at whatever write of the fold it came, and if that then died", async () => {
    let cuts = 0;
    for (const dies of [false, true]) {
      for (let at = 0; ; at++) {
        const hot = memoryStore();
        const log = memoryLog({ shards: 1 });
        const eraser = createPersonalizationService({ stores: { hot }, log, worker: false });
        let writes = 0;
        let dead = false;
        const cut = async <T>(write: () => Promise<T>): Promise<T> => {
          if (writes++ === at) await eraser.erase({ userId: MARKER });
          dead ||= dies && writes > at + 1;
          return dead ? Promise.reject(new Error("The process is dead.")) : write();
        };
        const mortal: AtomicStore = {
          ...hot,
          // Claims are no part of the fold.
          put: (...args) => (args[0].startsWith("_/") ? hot.put(...args) : cut(() => hot.put(...args))),
          commit: (...args) => cut(() => hot.commit(...args)),
        };
        await eraser.ingest([
          sample({ id: "unnamed", visitorId: "tablet", properties: { note: MARKER } }),
          sample({ id: "named", visitorId: "tablet", userId: MARKER, properties: { note: MARKER } }),
        ]);
        const first = createPersonalizationService({ stores: { hot: mortal }, log, report: () => undefined });
        if (dies) await vi.waitUntil(async () => dead || (await log.lag("fold")) === 0);
        else await first.settled();
        await first.close();
        if (writes <= at) {
          await eraser.close();
          break;
        }
        cuts++;
        const second = createPersonalizationService({ stores: { hot }, log });
        await second.settled();
        expect(await everything({ hot, log }), `before write ${at}`).not.toContain(MARKER);
        expect(await second.summary()).toMatchObject({ events: 0, visitors: 0, sessions: { given: 0 } });
        await Promise.all([second.close(), eraser.close()]);
      }
    }
    // The visitor's commit, its session, its link and its counts.
    expect(cuts).toBe(8);
  }, 60_000);

  it("is told of to who waits, and nothing is told of the event in a frame", async () => {
    const hot = memoryStore();
    const log = memoryLog();
    const eraser = createPersonalizationService({ stores: { hot }, log, worker: false });
    const racing: AtomicStore = {
      ...hot,
      async commit(partition, ops, options) {
        if (ops.some(({ sort }) => sort === "e/named")) await eraser.erase({ userId: MARKER });
        return hot.commit(partition, ops, options);
      },
    };
    const service = createPersonalizationService({ stores: { hot: racing }, log });
    const frames: ServiceFrame["type"][] = [];
    await service.subscribe({}, ({ type }) => void frames.push(type));
    const result = await service.ingest(
      [
        sample({ id: "unnamed", visitorId: "tablet" }),
        sample({ id: "named", visitorId: "tablet", userId: MARKER }),
        sample({ id: "other", visitorId: "other" }),
      ],
      { waitMs: 5000 },
    );
    expect(result).toMatchObject({ accepted: 1, withheld: 2 });
    expect(result.outcomes).toEqual({ 0: "erased", 1: "erased", 2: "folded" });
    await service.settled();
    await vi.waitFor(() => expect([...frames].sort()).toEqual(["erased", "event"]));
    await Promise.all([service.close(), eraser.close()]);
  });

  it("finds a visitor that was linked to the user meanwhile", async () => {
    const { hot, log } = await seeded();
    const helper = createPersonalizationService({ stores: { hot }, log });
    let late = false;
    const racing: AtomicStore = {
      ...hot,
      async deletePartition(partition) {
        return hot.deletePartition(partition);
      },
      async commit(partition, ops, options) {
        const result = await hot.commit(partition, ops, options);
        // Just after the first visitor is buried, another one turns out to be the same user.
        if (!late && ops.some((op) => op.op === "put" && op.sort === "tombstone")) {
          late = true;
          const user = (await first(hot.partitions("default/u/"))) ?? "";
          await helper.ingest([
            sample({ id: "late", visitorId: "late-visitor", properties: { note: MARKER } }),
          ]);
          await helper.settled();
          const visitors: string[] = [];
          for await (const name of hot.partitions("default/v/")) visitors.push(name);
          for (const name of visitors) {
            const found = await hot.get(name, "e/late");
            if (found !== null) await hot.put(user, `v/${name.slice("default/v/".length)}`, { v: 1 });
          }
        }
        return result;
      },
    };
    const service = createPersonalizationService({ stores: { hot: racing }, log, worker: false });
    expect((await service.erase({ userId: `${MARKER}-user` })).removed).toMatchObject({
      profiles: 2,
      events: 452,
    });
    await Promise.all([service.close(), helper.close()]);
  });

  it("tries again where the visitor's state is changed between reading and burying", async () => {
    const { hot, log } = await seeded();
    let turns = 0;
    const busy: AtomicStore = {
      ...hot,
      async commit(partition, ops, options) {
        const state = ops.some((op) => op.op === "put" && op.sort === "tombstone")
          ? await hot.get(partition, "state")
          : null;
        if (state !== null && turns++ < 2) await hot.put(partition, "state", state.value);
        return hot.commit(partition, ops, options);
      },
    };
    const service = createPersonalizationService({ stores: { hot: busy }, log, worker: false });
    expect((await service.erase(MARKER)).removed.profiles).toBe(1);
    expect(turns).toBe(3);
    await service.close();
  });
});

describe("the receipt of an erasure", () => {
  const user = { userId: `${MARKER}-user` };
  const whole = { events: 451, sessions: 3, profiles: 1, logEntries: Math.ceil(451 / 20) };

  it("counts what a worker removed that met the tombstone meanwhile", async () => {
    const { hot, log, before } = await seeded();
    const { removed: alone } = await copied({ hot, log }, (service) => service.erase(user));
    expect(alone).toMatchObject(whole);
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    const late = { visitorId: MARKER, userId: `${MARKER}-user` };
    await door.ingest([sample({ ...late, id: "in-flight", properties: { note: MARKER } })]);
    // A worker of another process folds at this moment: once the tombstone stands, or while the rest is being removed.
    let commits = 0;
    const racing: AtomicStore = {
      ...hot,
      async commit(partition, ops, options) {
        if (partition.startsWith("default/v/") && ++commits === 3) {
          const worker = createPersonalizationService({ stores: { hot }, log });
          await worker.settled();
          await worker.close();
        }
        return hot.commit(partition, ops, options);
      },
    };
    const service = createPersonalizationService({ stores: { hot: racing }, log, worker: false });
    const { removed } = await service.erase(user);
    expect(removed).toEqual({ ...alone, logEntries: whole.logEntries + 1 });
    expect(commits).toBe(3);
    expect(await service.summary()).toEqual(before);
    expect((await service.erase(user)).removed).toEqual(NONE);
    await Promise.all([door.close(), service.close()]);
  });

  it("is exact where several erase and fold side by side", async () => {
    const { hot, log } = await seeded();
    const { removed: alone } = await copied({ hot, log }, (service) => service.erase(user));
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    await door.ingest([sample({ id: "in-flight", visitorId: MARKER, properties: { note: MARKER } })]);
    let buried = (): void => undefined;
    const grave = new Promise<void>((done) => {
      buried = done;
    });
    // Where each read and write takes its time, everything is overtaken by everything else.
    const slow: AtomicStore = {
      ...hot,
      getMany: async <V>(keys: readonly RecordKey[]) => (await turn(), hot.getMany<V>(keys)),
      async commit(...args) {
        await turn();
        const done = await hot.commit(...args);
        buried();
        return done;
      },
    };
    const service = createPersonalizationService({ stores: { hot: slow }, log, worker: false });
    const erasing = service.erase(user);
    await grave;
    const worker = createPersonalizationService({ stores: { hot: slow }, log });
    const [receipt] = await Promise.all([erasing, worker.settled()]);
    const { logEntries: _, ...counted } = receipt.removed;
    expect(alone).toMatchObject(counted);
    await Promise.all([door.close(), service.close(), worker.close()]);
  });

  it.each([
    ["folded before the tombstone stands, and then removed", "before", 452],
    ["met by the tombstone, and never folded", "after", 451],
  ])("counts what was removed, not what was sent: an event under way is %s", async (_, moment, events) => {
    const { hot, log, before } = await seeded();
    const channel = memoryChannel();
    const door = createPersonalizationService({ stores: { hot }, log, channel, worker: false });
    await door.ingest([sample({ id: "in-flight", visitorId: MARKER, properties: { note: MARKER } })]);
    const fold = async (): Promise<void> => {
      const worker = createPersonalizationService({ stores: { hot }, log, channel });
      await worker.settled();
      await worker.close();
    };
    let removed = 0;
    const under: { way: Promise<void> | null } = { way: null };
    /** Counts the event records that are there before a commit and not after it. */
    const watched: AtomicStore = {
      ...hot,
      async commit(partition, ops, options) {
        const isBurying =
          under.way === null && ops.some(({ op, sort }) => op === "put" && sort === "tombstone");
        if (isBurying) under.way = Promise.resolve();
        if (isBurying && moment === "before") await fold();
        const gone = ops.flatMap(({ op, sort }) =>
          op === "delete" && sort.startsWith("e/") ? [{ partition, sort }] : [],
        );
        const there = (await hot.getMany(gone)).filter((record) => record !== null).length;
        const result = await hot.commit(partition, ops, options);
        if (result.status === "committed") removed += there;
        if (isBurying && moment === "after") under.way = fold();
        return result;
      },
    };
    const service = createPersonalizationService({ stores: { hot: watched }, log, channel, worker: false });
    const receipt = await service.erase(user);
    await under.way;
    expect(receipt.removed.events).toBe(events);
    // The worker that meets the tombstone removes too, past the store that is watched here.
    if (moment === "before") expect(removed).toBe(events);
    expect(await service.summary()).toEqual(before);
    // Nothing was told twice, and nothing left to tell.
    expect((await service.erase(user)).removed).toMatchObject({ events: 0, profiles: 0 });
    await Promise.all([door.close(), service.close()]);
  });

  it("counts the records of someone who only ever decided", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() } });
    const decision = { purposes: { analytics: true }, policyVersion: "1", source: "banner" } as const;
    await service.consent({ visitorId: "v" }, decision);
    await service.consent({ userId: "u" }, decision);
    // The decision and its line in the history; of a user, with the visitor that stands for it as well.
    expect((await service.erase({ visitorId: "v" })).removed).toEqual({ ...NONE, records: 2 });
    expect((await service.erase({ userId: "u" })).removed).toEqual({ ...NONE, records: 4 });
    await service.close();
  });

  it("tells, after a crash, of all that no receipt tells of yet", async () => {
    const { hot, log } = await seeded();
    const { removed: alone } = await copied({ hot, log }, (service) => service.erase(user));
    const { logEntries: _entries, deadLetters: _letters, ...told } = alone;
    for (let writes = 0, broke = true; broke; writes++) {
      await copied({ hot, log }, async (service, ports) => {
        let left = writes;
        const burn = async <T>(write: () => Promise<T>): Promise<T> => {
          if (left-- <= 0) throw new Error("the process is dead");
          return write();
        };
        const mortal: AtomicStore = {
          ...ports.hot,
          put: (...args) => burn(() => ports.hot.put(...args)),
          delete: (...args) => burn(() => ports.hot.delete(...args)),
          commit: (...args) => burn(() => ports.hot.commit(...args)),
        };
        const dying = createPersonalizationService({
          stores: { hot: mortal },
          log: ports.log,
          worker: false,
        });
        broke = await dying.erase(user).then(
          () => false,
          () => true,
        );
        const { removed } = await service.erase(user);
        const receipts: ErasureReceipt["removed"][] = [];
        const entries = ports.hot.scan<{ type: string; detail: ErasureReceipt }>("default/audit", {
          prefix: "e/",
        });
        for await (const { value } of entries)
          if (value.type === "erasure") receipts.push(value.detail.removed);
        expect(receipts, `after ${writes} writes`).toContainEqual(expect.objectContaining(told));
        // Two receipts only where it died after the first was written.
        if (receipts.length === 1) expect(removed).toMatchObject(told);
        expect(receipts.length).toBeLessThanOrEqual(2);
        for await (const partition of ports.hot.partitions("default/"))
          for await (const { sort, value } of ports.hot.scan(partition))
            if (sort === "tombstone") expect(value).toEqual({ v: 1, at: expect.any(Number) });
        await dying.close();
      });
    }
  }, 60_000);
});

describe("a tombstone that somebody else writes to at the same moment", () => {
  it("keeps what either wrote, and loses no count", async () => {
    const { hot, log } = await seeded();
    const user = { userId: `${MARKER}-user` };
    const { removed: alone } = await copied({ hot, log }, (service) => service.erase(user));
    const overtaken = new Set<string>();
    const busy: AtomicStore = {
      ...hot,
      async put(partition, sort, value, options) {
        if (sort === "tombstone" && !overtaken.has(partition)) {
          overtaken.add(partition);
          const stone = await hot.get(partition, sort);
          await hot.put(partition, sort, stone?.value ?? { v: 1, at: 0 });
        }
        return hot.put(partition, sort, value, options);
      },
    };
    const service = createPersonalizationService({ stores: { hot: busy }, log, worker: false });
    expect((await service.erase(user)).removed).toEqual(alone);
    expect(overtaken.size).toBe(2);
    await service.close();
  });
});

describe("an erasure without what the user is linked to", () => {
  it("takes what is kept under the very id, leaves linked visitors, until a whole one comes", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
    await service.ingest([
      sample({ id: "1", visitorId: "device", userId: "jane" }),
      sample({ id: "2", visitorId: undefined, sessionId: undefined, userId: "jane" }),
    ]);
    await service.settled();
    const user = { userId: "jane" };
    expect((await service.erase(user, { cascade: false })).removed).toMatchObject({ events: 1, profiles: 1 });
    const kept = async (): Promise<string[]> =>
      (await service.exportData({ visitorId: "device" })).visitors.flatMap(({ events }) =>
        events.map(({ id }) => id),
      );
    expect(await kept()).toEqual(["1"]);
    expect((await service.erase(user)).removed).toMatchObject({ events: 1, profiles: 1 });
    expect(await kept()).toEqual([]);
    await service.close();
  });
});

const NONE = { events: 0, sessions: 0, profiles: 0, records: 0, logEntries: 0, deadLetters: 0 };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs on a copy of what the ports hold. */
async function copied<T>(
  ports: { hot: AtomicStore; log: Log },
  run: (service: PersonalizationService, ports: { hot: AtomicStore; log: Log }) => Promise<T>,
): Promise<T> {
  const hot = memoryStore();
  for await (const partition of ports.hot.partitions("")) {
    for await (const { sort, value, expiresAt } of ports.hot.scan(partition))
      await hot.put(partition, sort, value, expiresAt === undefined ? {} : { expiresAt });
  }
  const log = memoryLog({ shards: ports.log.capabilities.shards });
  for (let shard = 0; shard < ports.log.capabilities.shards; shard++) {
    const records = await ports.log.read<LoggedRun>(shard, 0, 1e6);
    await log.append(records.map(({ key, value }) => ({ key, value })));
  }
  await log.deadLetters.put(await ports.log.deadLetters.read(null, 1e6));
  const service = createPersonalizationService({ stores: { hot }, log, worker: false });
  try {
    return await run(service, { hot, log });
  } finally {
    await service.close();
  }
}

async function first<T>(items: AsyncIterable<T>): Promise<T | null> {
  for await (const item of items) return item;
  return null;
}
