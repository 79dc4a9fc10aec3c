import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { KeyProvider } from "../ports/capabilities.js";
import type { Channel } from "../ports/channel.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "./create-service.js";
import type { ServiceOptions } from "./options.js";
import type { PersonalizationService } from "./types.js";

/** Real ports, empty at first; `close` ends them. */
export interface TestPorts {
  hot: AtomicStore;
  log: Log;
  channel?: Channel;
  /** Default: a key kept in the store, and nothing sealed. */
  keys?: KeyProvider;
  close(): Promise<void>;
}

export const T0 = 1_767_225_600_000;

/** A native event, covered for everything unless said otherwise. */
export function sample(over: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "event-1",
    schemaVersion: 1,
    name: "Page Viewed",
    visitorId: "visitor-1",
    sessionId: "session-1",
    occurredAt: T0,
    properties: {},
    context: { page: { url: "https://shop.example/a", path: "/a" }, device: { type: "desktop" } },
    consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
    ...over,
  };
}

/** Everything that a store and a log hold, as one text. */
export async function everything({ hot, log }: Pick<TestPorts, "hot" | "log">): Promise<string> {
  const found: unknown[] = [];
  for await (const partition of hot.partitions(""))
    for await (const record of hot.scan(partition)) found.push(record);
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    for (let after = 0; ; ) {
      const page = await log.read(shard, after, 500);
      found.push(...page);
      const last = page[page.length - 1];
      if (last === undefined) break;
      after = last.position;
    }
  }
  found.push(...(await log.deadLetters.read(null, 100_000)));
  return JSON.stringify(found);
}

export const RULESET = {
  schemaVersion: 1,
  revision: 1,
  segments: [{ name: "buyers", enter: { revenue: { $gte: 1 } } }],
  slots: {
    hero: {
      variants: { plain: "plain", loyal: "loyal" },
      fallback: "plain",
      policy: { type: "rules", rules: [{ segment: "buyers", variant: "loyal" }] },
    },
  },
};

/** The requirements that hold over any ports: run it once per set of adapters. */
export function serviceSuite(name: string, open: () => Promise<TestPorts>): void {
  let ports: TestPorts;
  let services: PersonalizationService[];
  let reports: unknown[];
  const start = (over: Partial<ServiceOptions> = {}): PersonalizationService => {
    const { hot, log, channel, keys } = ports;
    const service = createPersonalizationService({
      stores: { hot },
      log,
      ...(channel && { channel }),
      ...(keys && { keys }),
      ruleset: RULESET,
      report: (error) => void reports.push(error),
      ...over,
    });
    services.push(service);
    return service;
  };
  beforeEach(async () => {
    ports = await open();
    services = [];
    reports = [];
  });
  afterEach(async () => {
    await Promise.all(services.map((service) => service.close()));
    await ports.close();
  });

  describe(`T9 ${name}: one effect per event id`, () => {
    it("takes the same event, sent 1,000 times at once, once", async () => {
      const service = start();
      const results = await Promise.all(
        Array.from({ length: 1000 }, () => service.ingest([sample()], { waitMs: 15_000 })),
      );
      const outcomes = results.map((result) => result.outcomes[0]);
      expect(outcomes.filter((outcome) => outcome === "folded")).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(999);
      expect(results.reduce((sum, { duplicates }) => sum + (duplicates ?? 0), 0)).toBe(999);
      await service.settled();
      expect(await service.summary()).toMatchObject({
        events: 1,
        visitors: 1,
        conflicts: 0,
        sessions: { given: 1, derived: 0 },
      });
    });

    it("keeps the first of two bodies and records the conflict once", async () => {
      const service = start();
      await service.ingest([sample({ properties: { color: "first" } })]);
      await service.settled();
      const second = sample({ properties: { color: "second" } });
      const [a, b] = await Promise.all([
        service.ingest([second], { waitMs: 5000 }),
        service.ingest([second], { waitMs: 5000 }),
      ]);
      expect([a.outcomes[0], b.outcomes[0]]).toEqual(["conflict", "conflict"]);
      await service.settled();
      expect(await service.summary()).toMatchObject({ events: 1, conflicts: 1 });
      const held = await service.exportData({ visitorId: "visitor-1" });
      expect(held.visitors[0]?.events.map(({ properties }) => properties)).toEqual([{ color: "first" }]);
      expect(held.visitors[0]?.other.conflicts).toHaveLength(1);
    });

    it("knows an event again whatever its key order and sending time, in a later service", async () => {
      const first = start();
      await first.ingest([sample({ sentAt: T0 + 5 })]);
      await first.settled();
      await first.close();
      const again = Object.fromEntries(Object.entries(sample({ sentAt: T0 + 90_000 })).reverse());
      const result = await start().ingest([again], { waitMs: 5000 });
      expect(result).toMatchObject({ accepted: 0, duplicates: 1, outcomes: { 0: "duplicate" } });
    });

    it("gives two services over the same ports one effect per event", async () => {
      const [a, b] = [start(), start()];
      const events = Array.from({ length: 200 }, (_, i) =>
        sample({
          id: `e-${i}`,
          visitorId: `visitor-${i % 7}`,
          sessionId: `session-${i % 11}`,
          name: i % 10 === 0 ? "Order Completed" : "Page Viewed",
          properties: i % 10 === 0 ? { revenue: 0.1 } : {},
        }),
      );
      await Promise.all(events.flatMap((event) => [a.ingest([event]), b.ingest([event])]));
      await Promise.all([a.settled(), b.settled()]);
      expect(await a.summary()).toMatchObject({
        events: 200,
        visitors: 7,
        sessions: { given: 11, derived: 0 },
        conversions: { orders: 20, revenue: 2, sessions: 11 },
        byName: { "Page Viewed": 180, "Order Completed": 20 },
        conflicts: 0,
      });
      expect(reports).toEqual([]);
    });
  });

  describe(`T11 ${name}: bad events`, () => {
    it("takes the good ones, keeps the bad one as it came, and replays it", async () => {
      const service = start();
      const bad = { ...sample({ id: "bad" }), occurredAt: -1 };
      const result = await service.ingest([sample(), bad, sample({ id: "event-2" })], { route: "/batch" });
      expect(result).toMatchObject({ accepted: 2, withheld: 0, rejected: [{ index: 1, eventId: "bad" }] });
      const letters = await service.deadLetters.list();
      expect(letters).toMatchObject([
        { body: JSON.stringify(bad), schemaVersion: 1, source: { site: "default", route: "/batch" } },
      ]);
      expect(letters[0]?.reasons[0]).toMatchObject({
        path: "/occurredAt",
        code: expect.stringMatching(/^ATTUNE_/),
      });
      expect(letters[0]?.subject).toMatch(/^[0-9a-f]{36}$/);

      expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 1 });
      expect(await service.deadLetters.list()).toHaveLength(1);
      // Cured where it lies, as a person would who found out what was wrong.
      const [letter] = letters;
      if (letter)
        await ports.log.deadLetters.put([{ ...letter, body: JSON.stringify({ ...bad, occurredAt: T0 }) }]);
      expect(await service.deadLetters.replay([letter?.id ?? ""])).toEqual({ replayed: 1, stillRefused: 0 });
      await service.settled();
      expect(await service.deadLetters.list()).toEqual([]);
      expect((await service.summary()).events).toBe(3);
    });

    it("rejects the whole call where the dead letter cannot be written", async () => {
      const full = new Error("disk full");
      const log: Log = {
        ...ports.log,
        deadLetters: { ...ports.log.deadLetters, put: () => Promise.reject(full) },
      };
      await expect(start({ log }).ingest([sample(), { nonsense: true }])).rejects.toBe(full);
    });
  });

  describe(`T29 ${name}: erasure and export`, () => {
    const MARKER = "planted-marker";
    const planted = (i: number): Record<string, unknown> =>
      sample({
        id: `mine-${i}`,
        visitorId: MARKER,
        sessionId: `${MARKER}-s${i % 2}`,
        deviceId: MARKER,
        properties: { note: MARKER },
        name: i === 3 ? "Order Completed" : `Custom ${MARKER}`,
      });
    const other = (i: number): Record<string, unknown> =>
      sample({ id: `theirs-${i}`, visitorId: `other-${i % 3}`, sessionId: "shared" });

    async function seed(service: PersonalizationService): Promise<void> {
      await service.ingest(Array.from({ length: 6 }, (_, i) => other(i)));
      await service.settled();
    }

    it("leaves no row of the subject in any store, and nothing brings it back", async () => {
      const service = start();
      await seed(service);
      const before = await service.summary();
      const identify = sample({
        id: "who",
        visitorId: MARKER,
        sessionId: "shared",
        userId: `${MARKER}-user`,
        name: "Visitor Identified",
        properties: { traits: { plan: MARKER } },
      });
      await service.ingest([...Array.from({ length: 6 }, (_, i) => planted(i)), identify]);
      await service.ingest([
        { visitorId: MARKER, broken: MARKER, consent: ["analytics"] },
        { id: "x", anything: `${MARKER}-user`, consent: ["analytics"] },
        { id: "y", anything: "nothing of this is kept" },
      ]);
      await service.consent(
        { visitorId: MARKER },
        {
          purposes: { analytics: true, personalization: true },
          policyVersion: "1",
          source: "banner",
          at: T0 - 1,
        },
      );
      await service.settled();
      const held = JSON.stringify(await service.exportData({ visitorId: MARKER }));
      expect(await everything(ports)).toContain(MARKER);
      const pseudonym = /"visitorId":"([0-9a-f]{36})"/.exec(held)?.[1] ?? "none";

      const receipt = await service.erase({ userId: `${MARKER}-user` });
      expect(receipt).toMatchObject({
        status: "completed",
        removed: { events: 7, sessions: 3, profiles: 1, logEntries: 1, deadLetters: 2 },
      });
      expect(JSON.stringify(receipt)).not.toContain(pseudonym);
      expect(await everything(ports)).not.toContain(MARKER);
      expect(await service.profile({ visitorId: MARKER })).toBeNull();
      expect(await service.consentOf(MARKER)).toBeNull();
      expect(await service.summary()).toEqual(before);

      // Replayed, retried, sent anew, and bad: all of it meets the tombstone.
      const late = await service.ingest([planted(0), planted(77), { visitorId: MARKER, broken: MARKER }]);
      expect(late).toMatchObject({ accepted: 0, outcomes: { 0: "erased", 1: "erased", 2: "erased" } });
      await service.settled();
      expect(await everything(ports)).not.toContain(MARKER);
      expect(await service.summary()).toEqual(before);
      expect(
        (await service.exportData(MARKER)).visitors.every(
          ({ events, state }) => events.length === 0 && state === null,
        ),
      ).toBe(true);
    });

    it("drops events that were in the log, not folded, when their visitor was erased", async () => {
      const door = start({ worker: false });
      await seed(start());
      const quiet = services[1] as PersonalizationService;
      await quiet.settled();
      await quiet.close();
      await door.ingest([planted(0), planted(1)]);
      await door.erase({ visitorId: MARKER });
      expect(await everything(ports)).not.toContain(MARKER);
      // In another process, which has not heard of the erasure yet.
      const key = JSON.stringify(await everything(ports)).match(/default\/v\/([0-9a-f]{36})/g);
      expect(key).not.toBeNull();
      const late = start();
      await late.settled();
      expect(await late.profile({ visitorId: MARKER })).toBeNull();
      expect((await late.summary()).visitors).toBe(3);
    });

    it("erases by user every visitor that was ever that user", async () => {
      const service = start();
      await seed(service);
      const before = await service.summary();
      const as = (visitorId: string, id: string) =>
        sample({ id, visitorId, userId: MARKER, properties: { note: MARKER } });
      await service.ingest([
        as("phone", "p1"),
        as("laptop", "l1"),
        sample({ id: "p2", visitorId: "phone", properties: { note: MARKER } }),
      ]);
      await service.settled();
      expect((await service.exportData({ userId: MARKER })).subject).toEqual({ kind: "user", visitors: 2 });
      expect((await service.erase(MARKER)).removed).toMatchObject({ events: 3, profiles: 2 });
      expect(await everything(ports)).not.toContain(MARKER);
      expect(await service.summary()).toEqual(before);
    });

    it("can be called again, also for someone who was never here", async () => {
      const service = start();
      await service.ingest([planted(0)]);
      await service.settled();
      expect((await service.erase(MARKER)).removed.events).toBe(1);
      const none = { events: 0, sessions: 0, profiles: 0, records: 0, logEntries: 0, deadLetters: 0 };
      expect((await service.erase(MARKER)).removed).toEqual(none);
      expect((await service.erase("nobody")).removed).toEqual(none);
    });

    it("exports exactly what was seeded, and nothing of anyone else", async () => {
      const service = start();
      const ledger = Array.from({ length: 300 }, (_, i) => planted(i));
      await Promise.all([
        service.ingest(ledger.slice(0, 150)),
        seed(service),
        service.ingest(ledger.slice(150)),
      ]);
      await service.consent(MARKER, {
        purposes: { analytics: true },
        policyVersion: "1",
        source: "banner",
        at: T0 - 2,
      });
      await service.consent(MARKER, {
        purposes: { personalization: true },
        policyVersion: "1",
        source: "preferences",
        at: T0 - 1,
      });
      await service.settled();
      const held = await service.exportData({ visitorId: MARKER });
      expect(held.subject).toEqual({ kind: "visitor", visitors: 1 });
      const [visitor] = held.visitors;
      expect(visitor?.events.map(({ id }) => id).sort()).toEqual(ledger.map(({ id }) => id).sort());
      expect(visitor?.events.every(({ properties }) => properties.note === MARKER)).toBe(true);
      expect(visitor?.consent?.history.map(({ source }) => source)).toEqual(["banner", "preferences"]);
      expect(visitor?.state?.sessions).toBe(2);
      expect(JSON.stringify(held)).not.toContain("theirs-");
    });
  });

  describe(`${name}: consent`, () => {
    const decided = (at: number, personalization: boolean) =>
      ({
        purposes: { analytics: true, personalization },
        policyVersion: "1",
        source: "preferences",
        at,
      }) as const;

    it("narrows events older than a withdrawal at the door at once, and lets a late answer lose", async () => {
      const service = start();
      await service.ingest([sample({ id: "a" })]);
      await service.consent("visitor-1", {
        ...decided(T0 + 10, false),
        purposes: { analytics: false, personalization: false },
      });
      const late = await service.consent("visitor-1", decided(T0 + 5, true));
      expect(late.ok).toBe(true);
      expect(await service.ingest([sample({ id: "b", occurredAt: T0 + 1 })])).toMatchObject({
        accepted: 0,
        withheld: 1,
      });
      // Whatever time an event claims, the refusal holds until a later decision has come.
      const claims = [
        sample({ id: "c", occurredAt: T0 + 20 }),
        sample({ id: "f", occurredAt: Date.now() + 9e9 }),
      ];
      expect(await service.ingest(claims)).toMatchObject({ accepted: 0, withheld: 2 });
      await service.consent("visitor-1", {
        ...decided(T0 + 15, true),
        purposes: { analytics: true, personalization: true },
      });
      expect(await service.ingest([sample({ id: "d" })])).toMatchObject({ accepted: 1, withheld: 0 });
      await service.consent("visitor-1", { ...decided(T0 + 1, false), purposes: { personalization: false } });
      const stored = await service.consentOf("visitor-1");
      expect(stored?.current.grants.personalization).toBe(false);
      expect(stored?.current.grants.analytics).toBe(true);
      expect(stored?.history).toHaveLength(4);
    });

    it("decides by what is known only where personalization is granted", async () => {
      const service = start();
      await service.ingest([sample({ id: "o", name: "Order Completed", properties: { revenue: 10 } })]);
      await service.settled();
      const grants = {
        necessary: true,
        analytics: true,
        personalization: true,
        marketing: false,
        advertising: false,
      };
      const yes = await service.decide({ id: "visitor-1", consent: grants });
      expect(yes.decisions.hero).toMatchObject({ variant: "loyal", reason: "rule" });
      expect(Object.keys(yes.segments)).toEqual(["buyers"]);
      expect((await service.decide({ id: "visitor-1" })).decisions.hero).toMatchObject({
        variant: "plain",
        reason: "consent",
      });
      await service.consent("visitor-1", decided(T0 + 10, false));
      const no = await service.decide({ id: "visitor-1", consent: grants });
      expect(no.decisions.hero).toMatchObject({ variant: "plain", reason: "consent" });
      expect(no.segments).toEqual({});
    });
  });
}
