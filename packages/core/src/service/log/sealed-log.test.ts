import { afterEach, describe, expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { Log } from "../../ports/log.js";
import { createPersonalizationService } from "../create-service.js";
import type { LoggedRun } from "../layout/records.js";
import type { ServiceOptions } from "../options.js";
import { everything, sample } from "../service.test.suite.js";
import type { PersonalizationService } from "../types.js";

const SECRET = "felt-hat-7";
const waitMs = 10_000;
const event = (id: string, visitorId = "ann") =>
  sample({ id, visitorId, sessionId: `session-${visitorId}`, properties: { product_id: SECRET } });

const open: PersonalizationService[] = [];
afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));

function make(log: Log = memoryLog({ shards: 1 }), over: Partial<ServiceOptions> = {}) {
  const hot = memoryStore();
  const keys = memoryKeys();
  const reports: unknown[] = [];
  const start = (more: Partial<ServiceOptions> = {}): PersonalizationService => {
    const report = (error: unknown) => void reports.push(error);
    const service = createPersonalizationService({ stores: { hot }, log, keys, report, ...over, ...more });
    open.push(service);
    return service;
  };
  const runs = async (): Promise<LoggedRun[]> =>
    (await log.read<LoggedRun>(0, 0, 1000)).map(({ value }) => value);
  return { hot, log, keys, start, runs, reports };
}

/** A log that cannot remove what it holds, as Kafka cannot. */
const keepingLog = (inner = memoryLog({ shards: 1 })): Log => ({
  ...inner,
  capabilities: { ...inner.capabilities, erase: "key" },
  erase: async () => 0,
});

describe("T23: what the log holds", () => {
  it("is sealed whole: only site and pseudonym are clear", async () => {
    const { start, log, runs } = make();
    const service = start();
    expect((await service.ingest([event("1"), event("2")], { waitMs })).outcomes).toEqual({
      0: "folded",
      1: "folded",
    });
    const text = JSON.stringify(await log.read(0, 0, 100));
    for (const clear of [SECRET, "Page Viewed", "session", "shop.example", "ann"])
      expect(text).not.toContain(clear);
    expect((await runs()).map((run) => Object.keys(run).sort())).toEqual([
      ["sealed", "site", "v", "visitor", "wait"],
    ]);
  });

  it("opens for no other visitor: a swapped text is set aside, and its neighbours are folded", async () => {
    const { start, log, runs } = make();
    const door = start({ worker: false });
    await door.ingest([event("1"), event("2", "ben"), event("3", "cleo")]);
    const [ann, ben, cleo] = (await runs()) as [LoggedRun, LoggedRun, LoggedRun];
    const other = memoryLog({ shards: 1 });
    const swapped = { ...ben, sealed: (ann as { sealed: string }).sealed };
    for (const value of [ann, swapped, cleo]) await other.append([{ key: value.visitor, value }]);
    await log.close();
    const worker = start({ log: other });
    await worker.settled();
    expect((await worker.summary()).events).toBe(2);
    expect(await worker.deadLetters.list()).toMatchObject([{ subject: ben.visitor }]);
  }, 30_000);

  it("can be opened while keys rotate, by old keys and new ones", async () => {
    const { start, keys, runs } = make();
    await start({ worker: false }).ingest([event("1")]);
    keys.rotate("w2");
    await start({ worker: false }).ingest([event("2", "ben")]);
    const worker = start();
    await worker.settled();
    expect((await worker.summary()).events).toBe(2);
    expect(await runs()).toHaveLength(2);
  });

  it("stays closed where the host has destroyed the wrapping key: nothing is folded, nothing is lost, and it is said", async () => {
    const { start, keys, reports } = make();
    await start({ worker: false }).ingest([event("1")]);
    keys.destroy("default", "w1");
    const worker = start();
    await expect.poll(() => reports.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(reports[0]).toMatchObject({
      code: "ATTUNE_PRIVACY_KEY",
      message: expect.stringContaining("Give back"),
    });
    expect((await worker.summary()).events).toBe(0);
  });
});

describe("a key provider that is away", () => {
  it("costs nobody anything: what it has to open comes again until it is back, and is not set aside", async () => {
    const { start, keys, reports } = make();
    await start({ worker: false }).ingest([event("1")]);
    keys.rotate("w2");
    let isAway = true;
    const provider: typeof keys = {
      ...keys,
      wrapping: async (site, id) => {
        if (isAway && id === "w1") throw new Error("The provider is away.");
        return keys.wrapping(site, id);
      },
    };
    const worker = start({ keys: provider });
    await worker.ingest([event("2", "ben")]);
    await expect.poll(() => reports.length, { timeout: 20_000 }).toBeGreaterThan(6);
    expect(await worker.deadLetters.list()).toEqual([]);
    isAway = false;
    await worker.settled();
    expect((await worker.summary()).events).toBe(2);
  }, 60_000);
});

describe("a key provider that has a wrapping key no more", () => {
  it("sets its visitors aside, says so and why, and takes them when the key is given back", async () => {
    const { start, keys, reports } = make();
    const door = start({ worker: false });
    await door.ingest([event("1"), event("2", "ben")]);
    keys.rotate("w2");
    let isGone = true;
    const provider: typeof keys = {
      ...keys,
      wrapping: async (site, id) => (isGone && id === "w1" ? null : keys.wrapping(site, id)),
    };
    const worker = start({ keys: provider });
    await worker.ingest([event("3", "cleo")]);
    await worker.settled();
    expect((await worker.summary()).events).toBe(1);
    const reason = { code: "ATTUNE_PRIVACY_KEY", message: expect.stringContaining("w1") };
    const reasons = [{ code: "ATTUNE_SERVICE_FOLD" }, reason];
    expect(await worker.deadLetters.list()).toMatchObject([{ reasons }, { reasons }]);
    // Once for all whom it befalls, beside what each try says.
    const told = reports.filter((error) => (error as { code: string }).code === "ATTUNE_SERVICE_SET_ASIDE");
    expect(told).toMatchObject([{ message: expect.stringContaining("2 entries"), cause: reason }]);
    isGone = false;
    expect(await worker.deadLetters.replay()).toEqual({ replayed: 2, stillRefused: 0 });
    await worker.settled();
    expect((await worker.summary()).events).toBe(3);
  }, 60_000);
});

describe("T29: erasure from a log that removes nothing", () => {
  it("destroys the key: what the log holds can be read by nobody any more", async () => {
    const { start, hot, keys, runs } = make(keepingLog());
    const service = start();
    await service.ingest([event("1"), event("2", "ben")], { waitMs });
    await service.erase({ visitorId: "ann" });
    expect(await runs()).toHaveLength(2);
    const [ann] = (await runs()) as [LoggedRun];
    for await (const { sort, value } of hot.scan(`default/v/${ann.visitor}`))
      expect([sort, JSON.stringify(value)]).toEqual(["tombstone", expect.not.stringContaining("sealed")]);
    // A service that has never had the key in memory, over the same stores, from the log's start.
    const again = memoryLog({ shards: 1 });
    for (const value of await runs()) await again.append([{ key: value.visitor, value }]);
    const rebuilt = createPersonalizationService({ stores: { hot }, log: keepingLog(again), keys });
    open.push(rebuilt);
    await rebuilt.settled();
    expect(await rebuilt.profile({ visitorId: "ann" })).toBeNull();
    expect((await rebuilt.summary()).visitors).toBe(1);
  });

  it("says so where a key is gone and nobody was erased", async () => {
    const { start, hot, reports, runs } = make();
    await start({ worker: false }).ingest([event("1")]);
    const [run] = (await runs()) as [LoggedRun];
    await hot.delete(`default/v/${run.visitor}`, "key");
    start();
    await expect.poll(() => reports.length, { timeout: 10_000 }).toBeGreaterThan(0);
    expect(reports[0]).toMatchObject({ code: "ATTUNE_SERVICE_KEY_LOST" });
  });

  it("an erasure between the door's look and the log leaves nothing, and the caller is told", async () => {
    const { start, hot, log } = make();
    const [a, b] = [start(), start({ worker: false })];
    await a.ingest([event("1")], { waitMs });
    await b.ingest([event("2")]);
    await a.settled();
    await a.erase({ visitorId: "ann" });
    // `b` hears of nothing here (no channel) and still has key and standing in memory.
    await b.ingest([event("3")]);
    await a.settled();
    expect((await everything({ hot, log })).includes("sealed")).toBe(false);
    expect(await a.profile({ visitorId: "ann" })).toBeNull();
  });
});
