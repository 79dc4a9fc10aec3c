import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "./create-service.js";
import { metaPartition, SORT } from "./layout/partitions.js";
import type { LoggedRun } from "./layout/records.js";
import { RULESET, sample, T0 } from "./service.test.suite.js";
import type { ServiceFrame } from "./types.js";

const waitMs = 20_000;

describe.concurrent("a stored ruleset that cannot be used", () => {
  it("costs its own site the decisions, and no site the fold", async () => {
    const hot = memoryStore();
    const reports: unknown[] = [];
    await hot.put(metaPartition("broken"), SORT.ruleset, { v: 1, revision: 1, version: "x", text: "{" });
    const service = createPersonalizationService({
      stores: { hot },
      log: memoryLog({ shards: 1 }),
      ruleset: RULESET,
      report: (error) => void reports.push(error),
    });
    expect((await service.ingest([sample()], { site: "broken", waitMs })).outcomes).toEqual({ 0: "folded" });
    expect((await service.ingest([sample()], { waitMs })).outcomes).toEqual({ 0: "folded" });
    const { decisions } = await service.decide({ id: "v" }, ["hero"], { site: "broken" });
    expect(decisions.hero?.reason).toBe("not-ready");
    expect(reports).toHaveLength(1);
    await service.close();
  });
});

describe.concurrent("a visitor whose commit always fails", () => {
  const culprit = { visitorId: "culprit", userId: "jane", deviceId: "device" };

  it("is set aside after some tries, so that the shard goes on, and can be replayed", async () => {
    const inner = memoryStore();
    let cured = false;
    const hot: AtomicStore = {
      ...inner,
      commit: (partition, ops, options) => {
        const bad = ops.some(({ sort }) => sort === `${SORT.event}bad`);
        return bad && !cured ? Promise.reject(new Error("too large")) : inner.commit(partition, ops, options);
      },
    };
    const reports: unknown[] = [];
    const report = (error: unknown) => void reports.push(error);
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog({ shards: 1 }), report });
    const result = await service.ingest(
      [
        sample({ ...culprit, id: "bad" }),
        sample({ id: "bad-too", visitorId: "culprit", sessionId: undefined }),
        sample({ id: "good", visitorId: "good" }),
      ],
      // Nobody answers for the other two, so all of this time passes: enough for the second try, a tenth of a second after the first.
      { waitMs: 6000 },
    );
    // The good one was folded at the first try, and is known again at the later ones.
    expect(result.outcomes).toEqual({ 0: "pending", 1: "pending", 2: "duplicate" });
    await service.settled();
    expect((await service.summary()).events).toBe(1);
    const letters = await service.deadLetters.list();
    // What came together is set aside together.
    expect(letters).toMatchObject([{ reasons: [{ code: "ATTUNE_SERVICE_FOLD" }] }]);
    expect(JSON.stringify(letters)).not.toContain("jane");
    cured = true;
    expect(await service.deadLetters.replay()).toEqual({ replayed: 1, stillRefused: 0 });
    await service.settled();
    expect((await service.summary()).events).toBe(3);
    expect((await service.exportData({ userId: "jane" })).subject.visitors).toBe(1);
    await service.close();
  }, 30_000);

  it("is set aside also where a user that it names was erased before", async () => {
    const inner = memoryStore();
    const hot: AtomicStore = {
      ...inner,
      commit: (partition, ops, options) =>
        ops.some(({ sort }) => sort === `${SORT.event}bad`)
          ? Promise.reject(new Error("too large"))
          : inner.commit(partition, ops, options),
    };
    const clock = { at: T0, now: () => clock.at };
    const service = createPersonalizationService({
      stores: { hot },
      log: memoryLog({ shards: 1 }),
      clock,
      report: () => undefined,
    });
    await service.erase({ userId: "jane" });
    clock.at += 1000;
    await service.ingest([sample({ ...culprit, id: "bad", occurredAt: clock.at })]);
    await service.settled();
    expect(await service.deadLetters.list()).toHaveLength(1);
    await service.close();
  }, 30_000);

  it("is not told apart from a store that is down: then nothing is set aside", async () => {
    const inner = memoryStore();
    let down = true;
    const hot: AtomicStore = {
      ...inner,
      commit: (...args) => (down ? Promise.reject(new Error("down")) : inner.commit(...args)),
    };
    let failures = 0;
    const report = () => {
      if (++failures === 7) down = false;
    };
    const service = createPersonalizationService({ stores: { hot }, log: memoryLog({ shards: 1 }), report });
    expect((await service.ingest([sample()], { waitMs })).outcomes).toEqual({ 0: "folded" });
    expect(await service.deadLetters.list()).toEqual([]);
    await service.close();
  }, 30_000);
});

describe.concurrent("a durable store that is down", () => {
  it("sets nobody aside: without its rules nobody of a site can be folded", async () => {
    const inner = memoryStore();
    let down = true;
    const durable: AtomicStore = {
      ...inner,
      get: (...args) => (down ? Promise.reject(new Error("down")) : inner.get(...args)),
    };
    let failures = 0;
    const report = () => {
      if (++failures === 7) down = false;
    };
    const service = createPersonalizationService({
      stores: { hot: memoryStore(), durable },
      keys: { key: async () => new Uint8Array(32) },
      log: memoryLog({ shards: 1 }),
      report,
    });
    expect((await service.ingest([sample()], { waitMs })).outcomes).toEqual({ 0: "folded" });
    expect(await service.deadLetters.list()).toEqual([]);
    await service.close();
  }, 30_000);
});

describe.concurrent("ingest", () => {
  it("says what it takes", async () => {
    const service = createPersonalizationService({ stores: { hot: memoryStore() } });
    for (const wrong of [sample(), "text", null, undefined]) {
      await expect(service.ingest(wrong as never)).rejects.toMatchObject({ code: "ATTUNE_SERVICE_EVENTS" });
    }
    await service.close();
  });
});

describe.concurrent("an entry of a later version", () => {
  it("is said to be one, and waits in the log for who can read it", async () => {
    const log = memoryLog({ shards: 1 });
    const hot = memoryStore();
    const reports: unknown[] = [];
    const report = (error: unknown) => void reports.push(error);
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    await door.ingest([sample({ id: "1" })]);
    await door.ingest([sample({ id: "2", visitorId: "other" })]);
    const [first, second] = (await log.read<LoggedRun>(0, 0, 2)).map(({ value }) => value);
    const later = { ...second, v: 4 } as unknown as LoggedRun;
    const mixed = memoryLog({ shards: 1 });
    await mixed.append([first as LoggedRun, later].map((value) => ({ key: value.visitor, value })));
    const old = createPersonalizationService({ stores: { hot }, log: mixed, report });
    await expect.poll(() => reports.length, { timeout: waitMs }).toBeGreaterThan(6);
    for (const error of reports)
      expect(error).toMatchObject({
        code: "ATTUNE_SERVICE_ENTRY",
        message: expect.stringContaining("version 4"),
      });
    expect(await old.deadLetters.list()).toEqual([]);
    // Who stands beside it is folded once the batch is taken apart.
    expect((await old.summary()).events).toBe(1);
    await old.close();
    expect(await mixed.committed("fold", 0)).toBe(0);
    expect((await mixed.read(0, 0, 2)).map(({ value }) => value)).toEqual([first, later]);
    await door.close();
  }, 30_000);
});

describe.concurrent("live frames of a batch that fails after some of it was committed", () => {
  /** What crosses partitions fails as long as it is to. */
  const make = (log: Log | null = memoryLog({ shards: 1 }), inner: AtomicStore = memoryStore()) => {
    const state = { fails: true, failed: 0 };
    const hot: AtomicStore = {
      ...inner,
      commit(partition, ops, options) {
        if (!state.fails || !partition.includes("/c/")) return inner.commit(partition, ops, options);
        state.failed++;
        return Promise.reject(new Error("The store is away."));
      },
    };
    const frames: ServiceFrame[] = [];
    const report = () => undefined;
    const service = createPersonalizationService({ stores: { hot }, ...(log && { log }), report });
    const types = () => frames.map(({ type }) => type);
    return { service, state, frames, types, inner };
  };

  it("are told of as a gap once it is folded, and only then", async () => {
    const { service, state, frames, types } = make();
    await service.subscribe({ types: ["event"] }, (frame) => void frames.push(frame));
    // Of a visitor who names a user: what is left to do may find that one erased, and the visitor with it.
    await service.ingest([sample({ id: "1", userId: "jane" })]);
    await expect.poll(() => state.failed, { timeout: waitMs }).toBeGreaterThan(1);
    expect(types()).toEqual([]);
    state.fails = false;
    await service.settled();
    expect(types()).toEqual(["gap"]);
    expect((await service.ingest([sample({ id: "2" })], { waitMs })).outcomes).toEqual({ 0: "folded" });
    expect((await service.ingest([sample({ id: "2" })], { waitMs })).outcomes).toEqual({ 0: "duplicate" });
    expect(types()).toEqual(["gap", "event"]);
    await service.close();
  }, 30_000);

  it("come at once where nothing can erase their visitor any more: nobody waits for what is counted", async () => {
    const { service, state, frames, types } = make();
    await service.subscribe({ types: ["event"] }, (frame) => void frames.push(frame));
    await service.ingest([sample({ id: "1" })]);
    await expect.poll(types, { timeout: waitMs }).toEqual(["event"]);
    await expect.poll(() => state.failed, { timeout: waitMs }).toBeGreaterThan(0);
    expect((await service.summary()).events).toBe(0);
    state.fails = false;
    await service.settled();
    expect((await service.summary()).events).toBe(1);
    // Which of them were told is not known at the next try.
    expect(types()).toEqual(["event", "gap"]);
    await service.close();
  }, 30_000);

  it("are told of by the next process where the first one has ended since", async () => {
    const log = memoryLog({ shards: 1 });
    const dying = make(log);
    await dying.service.ingest([sample({ id: "1" })]);
    await expect.poll(() => dying.state.failed, { timeout: waitMs }).toBeGreaterThan(0);
    await dying.service.close();
    const { service, state, frames, types } = make(log, dying.inner);
    state.fails = false;
    await service.subscribe({}, (frame) => void frames.push(frame));
    await service.settled();
    expect(types()).toEqual(["gap"]);
    await service.close();
  }, 30_000);

  it("are told of at once where there is no log to bring it again", async () => {
    const { service, state, frames, types } = make(null);
    await service.subscribe({ types: ["gap"] }, (frame) => void frames.push(frame));
    await expect(service.ingest([sample({ id: "1" })])).rejects.toThrow("away");
    expect(types()).toEqual(["gap"]);
    state.fails = false;
    expect((await service.ingest([sample({ id: "1" })])).duplicates).toBe(1);
    expect(types()).toEqual(["gap"]);
    await service.close();
  });
});
