import { describe, expect, it } from "vitest";
import { memoryKeys } from "../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../memory/index.js";
import { createPersonalizationService } from "./create-service.js";
import type { ServiceOptions } from "./options.js";
import { everything, RULESET, sample, T0 } from "./service.test.suite.js";

const DAY = 86_400_000;
const RETENTION = 30 * DAY;
const MARKER = "planted-marker-5309";
const waitMs = 10_000;

function make(over: Partial<ServiceOptions> = {}) {
  const clock = { at: T0, now: () => clock.at };
  const hot = memoryStore({ clock });
  const log = memoryLog({ clock });
  const reports: unknown[] = [];
  const service = createPersonalizationService({
    stores: { hot },
    log,
    clock,
    ruleset: RULESET,
    retentionMs: RETENTION,
    report: (error) => void reports.push(error),
    ...over,
  });
  const sorts = async (prefix: string): Promise<string[]> => {
    const found: string[] = [];
    for await (const partition of hot.partitions(prefix))
      for await (const { sort } of hot.scan(partition)) found.push(sort.replace(/\/[0-9a-f]{36}$/, "/…"));
    return found.sort();
  };
  return { clock, hot, log, service, reports, sorts };
}

const marked = (id: string, over: Record<string, unknown> = {}) =>
  sample({ id, occurredAt: T0, properties: { note: MARKER }, ...over });
const identified = (id: string, over: Record<string, unknown> = {}) =>
  marked(id, {
    name: "Visitor Identified",
    userId: "jane",
    properties: { traits: { plan: MARKER } },
    ...over,
  });

describe("T30 a visitor's last event past its retention", () => {
  it("leaves nothing in any store or the log after one sweep, but sums that name nobody", async () => {
    const { clock, hot, log, service, sorts } = make({ keys: memoryKeys() });
    await service.ingest([identified("1"), marked("2", { name: `Custom ${MARKER}` })], { waitMs });
    await service.ingest([marked("2", { properties: { note: "another body" } })], { waitMs });
    expect(await sorts("default/v/")).toEqual(["e/1", "e/2", "key", "state", "traits", "user/…", "x/2"]);
    clock.at += RETENTION;
    await service.sweep();
    expect(JSON.stringify(await service.exportData({ visitorId: "visitor-1" }))).not.toContain(MARKER);
    expect(await service.profile({ userId: "jane" })).toBeNull();
    // Pseudonyms alone, and a key under which nothing is sealed any more.
    expect(await sorts("default/v/")).toEqual(["key", "user/…"]);
    expect(await sorts("default/s/")).not.toContain("s/…");
    const held = await everything({ hot, log });
    expect(held.replaceAll(`n/event/Custom ${MARKER}`, "")).not.toContain(MARKER);
    clock.at += DAY;
    await service.sweep();
    expect(await sorts("default/v/")).toEqual([]);
    expect(await sorts("default/u/")).toEqual([]);
    expect(await service.summary()).toMatchObject({ events: 2, visitors: 1, sessions: { given: 1 } });
    clock.at += 7 * DAY;
    await service.sweep();
    expect((await sorts("default/c/")).filter((sort) => !sort.startsWith("n/"))).toEqual([]);
    await service.close();
  });

  it("keeps what belongs to the visitor as long as it comes again, found by its user", async () => {
    const { clock, service, sorts, reports } = make({ keys: memoryKeys() });
    await service.ingest([identified("first")], { waitMs });
    const uncounted = { consent: { purposes: ["necessary", "personalization"], policyVersion: "1" } };
    for (let day = 5; day <= 60; day += 5) {
      clock.at = T0 + day * DAY;
      await service.ingest([sample({ id: `d${day}`, occurredAt: clock.at, ...uncounted })], { waitMs });
      await service.sweep();
    }
    expect(await sorts("default/v/")).toEqual(expect.arrayContaining(["key", "state", "traits", "user/…"]));
    expect(await service.profile({ userId: "jane" })).toMatchObject({ traits: { plan: MARKER } });
    expect((await service.exportData({ userId: "jane" })).subject.visitors).toBe(1);
    const summary = await service.summary();
    await service.ingest([sample({ id: "counted", occurredAt: clock.at })], { waitMs });
    expect((await service.summary()).events).toBe(summary.events + 1);
    // All that was counted can still be taken away.
    expect((await service.erase({ userId: "jane" })).removed).toMatchObject({ profiles: 1 });
    expect(await service.summary()).toMatchObject({ events: 0, visitors: 0 });
    expect(await sorts("default/u/")).toEqual(["tombstone"]);
    expect(reports).toEqual([]);
    await service.close();
  });

  it("counts whoever comes back later as somebody new, once", async () => {
    for (const away of [RETENTION, RETENTION + DAY / 2, RETENTION + 20 * DAY]) {
      const { clock, service } = make({ keys: memoryKeys() });
      await service.ingest([identified("1"), identified("2"), sample({ id: "3", occurredAt: T0 })], {
        waitMs,
      });
      await service.ingest([sample({ id: "4", occurredAt: T0 })], { waitMs });
      clock.at += away;
      const back = await service.ingest([identified("1", { occurredAt: clock.at })], { waitMs });
      expect(back.outcomes[0]).toBe("folded");
      expect(await service.summary()).toMatchObject({ events: 5, visitors: 2 });
      expect((await service.exportData({ userId: "jane" })).subject.visitors).toBe(1);
      clock.at += 2 * DAY;
      expect((await service.exportData({ userId: "jane" })).subject.visitors).toBe(1);
      await service.erase({ userId: "jane" });
      expect(await service.summary()).toMatchObject({ events: 4, visitors: 1 });
      await service.close();
    }
  });

  it("is counted once where nothing that is counted came for longer than it is remembered", async () => {
    const { clock, service } = make();
    await service.ingest([sample({ id: "1", occurredAt: T0 })], { waitMs });
    const uncounted = { consent: { purposes: ["necessary", "personalization"], policyVersion: "1" } };
    for (let day = 20; day <= 80; day += 20) {
      clock.at = T0 + day * DAY;
      await service.ingest([sample({ id: `d${day}`, occurredAt: clock.at, ...uncounted })], { waitMs });
      await service.sweep();
      expect(await service.summary()).toMatchObject({ events: 1, visitors: 1 });
    }
    await service.close();
  });
});

describe("T29 a session shared by visitors", () => {
  it("never outlives the events by which an erasure finds who is in it", async () => {
    const { clock, hot, log, service } = make();
    const inSession = (id: string, visitorId: string) =>
      sample({ id, visitorId, sessionId: "kiosk", occurredAt: clock.at });
    await service.ingest([inSession("1", "early")], { waitMs });
    const held = await everything({ hot, log });
    const early = /default\/v\/([0-9a-f]{36})/.exec(held)?.[1] ?? "none";
    clock.at += 20 * DAY;
    await service.ingest([inSession("2", "late")], { waitMs });
    // What "early" did is gone by now.
    clock.at += 11 * DAY;
    await service.sweep();
    await service.erase({ visitorId: "early" });
    const left: string[] = [];
    for await (const partition of hot.partitions("default/s/"))
      for await (const { sort, value } of hot.scan(partition))
        if (sort.startsWith("s/")) left.push(JSON.stringify(value));
    expect(left.join()).not.toContain(early);
    await service.close();
  });

  it("does not either where events of many days were folded together", async () => {
    const { clock, hot, log, service } = make({ worker: false });
    const inSession = (id: string, sessionId: string) => sample({ id, sessionId, occurredAt: clock.at });
    await service.ingest([inSession("1", "first")]);
    clock.at += 5 * DAY;
    await service.ingest([inSession("2", "second")]);
    await service.close();
    const ports = { stores: { hot }, log, clock, retentionMs: RETENTION };
    const worker = createPersonalizationService(ports);
    await worker.settled();
    const visitor = /default\/v\/([0-9a-f]{36})/.exec(await everything({ hot, log }))?.[1] ?? "none";
    clock.at += RETENTION - DAY;
    await worker.sweep();
    await worker.erase({ visitorId: "visitor-1" });
    for await (const partition of hot.partitions("default/s/"))
      for await (const { sort, value } of hot.scan(partition, { prefix: "s/" }))
        expect(JSON.stringify(value), sort).not.toContain(visitor);
    await worker.close();
  });
});
