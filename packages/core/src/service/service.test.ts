import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryChannel, memoryLog, memoryStore } from "../memory/index.js";
import type { Log } from "../ports/log.js";
import type { AtomicStore } from "../ports/store.js";
import { createPersonalizationService } from "./create-service.js";
import type { DecideVisitor, ServiceOptions } from "./options.js";
import { RULESET, sample, T0 } from "./service.test.suite.js";
import { sleep } from "./tools/platform.js";
import type { ServiceFrame } from "./types.js";

const EVERYTHING = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: true,
  advertising: true,
};
const DAY = 86_400_000;

function make(over: Partial<ServiceOptions> = {}) {
  const reports: unknown[] = [];
  const hot = memoryStore();
  const options = {
    stores: { hot },
    log: memoryLog(),
    ruleset: RULESET,
    report: (error: unknown) => void reports.push(error),
    ...over,
  };
  return { hot, reports, options, service: createPersonalizationService(options) };
}

const exposure = (id: string, visitorId: string, variant: string, over: Record<string, unknown> = {}) =>
  sample({
    id,
    visitorId,
    name: "Variant Exposed",
    properties: { slot: "hero", experiment: "exp/1", variant, ...over },
  });
const order = (id: string, visitorId: string, revenue = 10) =>
  sample({ id, visitorId, name: "Order Completed", properties: { revenue } });

describe("options", () => {
  it("refuses a ruleset that is not valid, and a retention under 7 days", () => {
    expect(() => make({ ruleset: { schemaVersion: 1 } })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVICE_RULESET" }),
    );
    expect(() => make({ retentionMs: DAY })).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERVICE_RETENTION" }),
    );
  });

  it("says what it needs where it gets nothing", () => {
    for (const options of [{}, { stores: {} }, { stores: null }]) {
      expect(() => createPersonalizationService(options as unknown as ServiceOptions)).toThrow(
        expect.objectContaining({ code: "ATTUNE_SERVICE_STORES", path: "/stores/hot" }),
      );
    }
  });

  it("keeps sites apart, and refuses names that could reach into another's partitions", async () => {
    const { service } = make();
    for (const site of ["a", "b"]) await service.ingest([sample()], { site });
    await service.ingest([sample({ id: "2" })], { site: "a" });
    await service.settled();
    expect([
      (await service.summary("a")).events,
      (await service.summary("b")).events,
      (await service.summary()).events,
    ]).toEqual([2, 1, 0]);
    for (const site of ["", "_", "a/b", "../a", "a b", "x".repeat(64)]) {
      await expect(service.ingest([sample()], { site })).rejects.toMatchObject({
        code: "ATTUNE_SERVICE_SITE",
      });
    }
    await expect(service.erase("")).rejects.toMatchObject({ code: "ATTUNE_SERVICE_SUBJECT" });
    await service.close();
  });
});

describe("without a log", () => {
  it("folds at once and tells the outcomes", async () => {
    const { log: _log, ...options } = make().options;
    const service = createPersonalizationService({ ...options, stores: { hot: memoryStore() } });
    const result = await service.ingest([sample(), sample(), { nonsense: true }]);
    expect(result).toMatchObject({
      accepted: 1,
      duplicates: 1,
      rejected: [{ index: 2 }],
      outcomes: { 0: "folded", 1: "duplicate" },
    });
    expect(await service.summary()).toMatchObject({ events: 1 });
    expect(await service.deadLetters.list()).toEqual([]);
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 0 });
    await service.settled();
    expect((await service.erase("visitor-1")).removed).toMatchObject({
      events: 1,
      logEntries: 0,
      deadLetters: 0,
    });
    expect(await service.sweep()).toMatchObject({ logEntries: 0, deadLetters: 0 });
    await service.close();
  });
});

describe("summary", () => {
  it("counts exposures, and one conversion per visitor and experiment, for the variant seen first", async () => {
    const { service } = make();
    await service.ingest([
      order("o0", "a"),
      exposure("x1", "a", "red"),
      exposure("x2", "a", "red"),
      exposure("x3", "a", "blue"),
      order("o1", "a"),
      order("o2", "a"),
      exposure("x4", "b", "blue"),
      exposure("x5", "c", "__proto__"),
      exposure("x6", "c", "x".repeat(200)),
      exposure("x7", "c", "", { experiment: null }),
    ]);
    await service.settled();
    const { experiments, segments, conversions, visitors } = await service.summary();
    expect(Object.keys(experiments)).toEqual(["exp/1"]);
    expect(Object.entries(experiments["exp/1"] ?? {}).sort()).toEqual([
      ["__proto__", { exposures: 1, conversions: 0 }],
      ["blue", { exposures: 2, conversions: 0 }],
      ["red", { exposures: 1, conversions: 1 }],
    ]);
    expect(await service.segmentSize("buyers")).toBe(1);
    expect({ segments, conversions, visitors }).toEqual({
      segments: { buyers: null },
      conversions: { sessions: 1, orders: 3, revenue: 30 },
      visitors: 3,
    });
    expect(Object.prototype).not.toHaveProperty("exposures");
    await service.close();
  });

  it("counts derived sessions, and shared ones once, until nobody is left in them", async () => {
    const { service } = make();
    await service.ingest([
      sample({ id: "1", visitorId: "a", sessionId: "shared" }),
      { ...order("2", "b"), sessionId: "shared" },
      sample({ id: "3", visitorId: "c", sessionId: undefined }),
      { ...order("4", "c"), sessionId: undefined, occurredAt: T0 + 1 },
      sample({ id: "5", visitorId: "c", sessionId: undefined, occurredAt: T0 + DAY }),
    ]);
    await service.settled();
    expect(await service.summary()).toMatchObject({
      sessions: { given: 1, derived: 2 },
      conversions: { sessions: 2, orders: 2 },
    });
    await service.erase("b");
    expect(await service.summary()).toMatchObject({
      sessions: { given: 1, derived: 2 },
      conversions: { sessions: 1, orders: 1 },
    });
    await service.erase("a");
    await service.erase("c");
    const empty = await service.summary();
    expect(empty).toMatchObject({
      events: 0,
      visitors: 0,
      sessions: { given: 0, derived: 0 },
      conversions: { sessions: 0, orders: 0, revenue: 0 },
      byName: {},
      segments: {},
    });
    await service.close();
  });

  it("counts nothing that analytics does not cover", async () => {
    const { service } = make();
    await service.ingest([
      sample({ consent: { purposes: ["necessary", "personalization"], policyVersion: "1" } }),
    ]);
    await service.ingest([sample({ id: "none", consent: { purposes: ["necessary"], policyVersion: "1" } })]);
    await service.settled();
    expect(await service.summary()).toMatchObject({
      events: 0,
      visitors: 0,
      sessions: { given: 0, derived: 0 },
    });
    expect(await service.profile("visitor-1")).not.toBeNull();
    await service.close();
  });

  it("bounds the names that one visitor can feed", async () => {
    const { service } = make();
    await service.ingest(Array.from({ length: 400 }, (_, i) => sample({ id: `n${i}`, name: `Custom ${i}` })));
    await service.settled();
    const { events, byName } = await service.summary();
    expect(events).toBe(400);
    expect(Object.keys(byName).length).toBeLessThanOrEqual(257);
    expect(byName["(other)"]).toBeGreaterThan(140);
    await service.close();
  });
});

describe("consent", () => {
  const bare = sample({ consent: undefined });

  it("covers events that carry none by the visitor's decision, else by the policy's default", async () => {
    const consent = { version: "1", regions: { US: "opt-out" as const } };
    const { service } = make({ consent });
    expect(await service.ingest([bare])).toMatchObject({ withheld: 1 });
    expect(await service.ingest([{ ...bare, id: "us" }], { country: "US" })).toMatchObject({ accepted: 1 });
    await service.consent("visitor-1", {
      purposes: { analytics: true },
      policyVersion: "1",
      source: "banner",
    });
    expect(await service.ingest([{ ...bare, id: "now" }])).toMatchObject({ accepted: 1 });
    await service.settled();
    const held = await service.exportData("visitor-1");
    expect(held.visitors[0]?.events.find(({ id }) => id === "now")?.consent).toEqual({
      purposes: ["necessary", "analytics"],
      policyVersion: "1",
    });
    const gpc = await service.ingest([{ ...bare, id: "gpc", visitorId: "other" }], {
      country: "US",
      gpc: true,
    });
    expect(gpc.accepted).toBe(1);
    await service.settled();
    const purposes = (await service.exportData("other")).visitors[0]?.events[0]?.consent.purposes;
    expect(purposes).toContain("analytics");
    expect(purposes).not.toContain("marketing");
    await service.close();
  });

  it("refuses what is malformed, and takes no future time", async () => {
    const { service } = make();
    const bad = await service.consent("v", {
      purposes: { analytics: "yes" },
      policyVersion: "",
      source: "banner",
    } as never);
    expect(bad).toMatchObject({
      ok: false,
      error: [{ path: "/purposes/analytics" }, { path: "/policyVersion" }],
    });
    const good = await service.consent("v", {
      purposes: { analytics: true },
      policyVersion: "1",
      source: "api",
      at: Date.now() + DAY,
    });
    expect(good.ok && good.value.record.decidedAt).toBeLessThanOrEqual(Date.now());
    expect(good.ok && good.value.record).toMatchObject({
      revision: 1,
      mode: "opt-in",
      region: null,
      grants: { necessary: true, analytics: true, marketing: false },
    });
    await service.close();
  });

  it("of a user holds for every visitor that is this user", async () => {
    const { service } = make();
    await service.ingest([sample({ userId: "jane", name: "Signed In" })]);
    await service.settled();
    await service.consent(
      { userId: "jane" },
      { purposes: { personalization: false }, policyVersion: "1", source: "preferences" },
    );
    expect((await service.consentOf({ visitorId: "visitor-1" }))?.current.grants.personalization).toBe(false);
    expect((await service.consentOf("jane"))?.history).toHaveLength(1);
    expect((await service.decide({ id: "visitor-1", consent: EVERYTHING })).decisions.hero?.reason).toBe(
      "consent",
    );
    await service.close();
  });

  it("withdrawn between door and fold keeps the event out", async () => {
    const log = memoryLog();
    const hot = memoryStore();
    const door = createPersonalizationService({ stores: { hot }, log, worker: false });
    await door.ingest([sample()]);
    await door.consent("visitor-1", {
      purposes: { analytics: false, personalization: false },
      policyVersion: "1",
      source: "preferences",
    });
    const worker = createPersonalizationService({ stores: { hot }, log });
    await worker.settled();
    expect(await worker.profile("visitor-1")).toBeNull();
    await Promise.all([door.close(), worker.close()]);
  });
});

describe("decide", () => {
  it("reads nothing of a visitor without personalization, and never rejects", async () => {
    const { service, hot, options } = make();
    await service.ruleset();
    const touched: string[] = [];
    const spying: AtomicStore = {
      ...hot,
      getMany: (keys) => (touched.push(...keys.map(({ partition }) => partition)), hot.getMany(keys)),
    };
    const spied = createPersonalizationService({ ...options, stores: { hot: spying }, worker: false });
    const denied = await spied.decide({
      id: "visitor-1",
      consent: { ...EVERYTHING, personalization: false },
    });
    expect(denied.decisions.hero?.reason).toBe("consent");
    await spied.decide({ id: null, consent: EVERYTHING });
    expect(touched).toEqual([]);

    const broken: AtomicStore = { ...hot, getMany: () => Promise.reject(new Error("down")) };
    const reports: unknown[] = [];
    const failing = createPersonalizationService({
      ...options,
      stores: { hot: broken },
      worker: false,
      report: (error) => void reports.push(error),
    });
    const decided = await failing.decide({ id: "visitor-1", consent: EVERYTHING }, ["hero", "none"]);
    expect(decided.decisions.hero).toMatchObject({ value: "plain", reason: "error", isFallback: true });
    expect(decided.decisions.none).toMatchObject({ variant: null, reason: "error" });
    expect(reports).toHaveLength(1);
    const dead = createPersonalizationService({
      stores: { hot: { ...hot, get: () => Promise.reject(new Error("down")) } },
      worker: false,
    });
    expect((await dead.decide({ id: "v", consent: EVERYTHING }, ["hero"])).decisions.hero).toMatchObject({
      reason: "error",
      value: null,
    });
    await Promise.all([service, spied, failing, dead].map((one) => one.close()));
  });

  it("honours Global Privacy Control and reads the request's context", async () => {
    const slots = {
      ads: {
        variants: { on: 1, off: 0 },
        fallback: "off",
        purposes: ["marketing"],
        policy: { type: "rules", rules: [{ when: { "context.page": "home" }, variant: "on" }] },
      },
    };
    const { service } = make({ ruleset: { schemaVersion: 1, revision: 1, slots } });
    const ask = (facts: Record<string, unknown>) =>
      service
        .decide({ id: "v", consent: EVERYTHING }, undefined, facts)
        .then(({ decisions }) => decisions.ads);
    expect(await ask({ page: "home" })).toMatchObject({ variant: "on", reason: "rule" });
    expect(await ask({ page: "other" })).toMatchObject({ variant: "off", reason: "no-match" });
    expect(await ask({ page: "home", gpc: true })).toMatchObject({ variant: "off", reason: "consent" });
    expect((await service.decide({ id: "v" }, ["ads"], { site: "elsewhere" })).decisions.ads).toMatchObject({
      reason: "not-ready",
    });
    expect((await service.decide({ id: "v" }, ["ads"], { site: "a/b" })).decisions.ads).toMatchObject({
      reason: "error",
    });
    await service.close();
  });

  it("knows traits and scores in segments", async () => {
    const segments = [
      { name: "gold", enter: { "traits.plan": "gold" } },
      { name: "scored", enter: { "scores.intent": { $gte: 0 } } },
    ];
    const { service } = make({ ruleset: { ...RULESET, segments: [...RULESET.segments, ...segments] } });
    await service.ingest([
      sample({ name: "Visitor Identified", userId: "jane", properties: { traits: { plan: "gold" } } }),
    ]);
    await service.settled();
    const profile = await service.profile({ userId: "jane" });
    expect(Object.keys(profile?.segments ?? {}).sort()).toEqual(["gold", "scored"]);
    expect(profile?.traits).toEqual({ plan: "gold" });
    expect(JSON.stringify(await service.exportData("jane"))).not.toContain('"jane"');
    await service.close();
  });
});

describe("ruleset", () => {
  it("takes only a newer one, tells the others, and is the same again without harm", async () => {
    const channel = memoryChannel();
    const { service, options } = make({ channel });
    const other = createPersonalizationService({ ...options, ruleset: undefined, worker: false });
    const first = (await other.ruleset())?.version ?? (await service.ruleset())?.version;
    const frames: ServiceFrame[] = [];
    const leave = await service.subscribe({ types: ["ruleset", "gap"] }, (frame) => void frames.push(frame));
    const newer = { ...RULESET, revision: 2, slots: {} };
    const loaded = await service.loadRuleset(newer);
    expect(loaded).toMatchObject({ ok: true });
    expect(await service.loadRuleset(newer)).toMatchObject({
      value: { version: loaded.ok && loaded.value.version, changed: false },
    });
    expect(await other.loadRuleset({ ...newer, segments: [] })).toMatchObject({
      ok: false,
      error: [{ path: "/revision" }],
    });
    expect((await service.loadRuleset({ nonsense: true })).ok).toBe(false);
    expect((await other.ruleset())?.version).toBe(loaded.ok && loaded.value.version);
    expect((await other.ruleset())?.version).not.toBe(first);
    expect(frames).toEqual([
      { type: "ruleset", site: "default", version: loaded.ok && loaded.value.version },
    ]);
    await leave();
    await Promise.all([service.close(), other.close()]);
  });

  it("of the options loses against a newer one in the store", async () => {
    const { service, options } = make({ ruleset: { ...RULESET, revision: 9 } });
    await service.ruleset();
    const later = createPersonalizationService({ ...options, ruleset: RULESET });
    expect((await later.ruleset())?.ruleset.revision).toBe(9);
    await Promise.all([service.close(), later.close()]);
  });

  it("of the options is kept back or put in place, as the host says, and what is ignored is reported", async () => {
    const edited = { ...RULESET, slots: {} };
    const { service, options, reports } = make({ ruleset: { ...RULESET, revision: 4 } });
    const first = await service.ruleset();
    await service.close();
    const keeping = createPersonalizationService({ ...options, ruleset: { ...edited, revision: 4 } });
    expect((await keeping.ruleset())?.version).toBe(first?.version);
    expect(reports).toEqual([expect.objectContaining({ code: "ATTUNE_SERVICE_RULESET_KEPT" })]);
    expect(String(reports[0])).toMatch(/revision 4, this one 4.*onStoredRuleset/s);

    // Deployed, and rolled back: each start is what its code says, under a revision of its own.
    const start = async (ruleset: unknown) => {
      const started = createPersonalizationService({ ...options, ruleset, onStoredRuleset: "replace" });
      const found = (await started.ruleset())?.ruleset;
      await started.close();
      return [found?.revision, Object.keys(found?.slots ?? {}).length > 0];
    };
    expect(await start(edited)).toEqual([5, false]);
    expect(await start(edited)).toEqual([5, false]);
    expect(await start(RULESET)).toEqual([6, true]);
    expect(await start({ ...edited, revision: 20 })).toEqual([20, false]);
    expect(reports).toHaveLength(1);
  });

  it("is replaced whatever its revision where the caller says so, also by several at once", async () => {
    const { service } = make({ ruleset: undefined });
    const load = (ruleset: unknown, replace = true) => service.loadRuleset(ruleset, { replace });
    const slots = (name: string) => ({ [name]: RULESET.slots.hero });
    expect(await load({ ...RULESET, revision: 7 })).toMatchObject({ value: { revision: 7, changed: true } });
    expect(await load(RULESET)).toMatchObject({ value: { revision: 7, changed: false } });
    expect(await load({ ...RULESET, slots: slots("a") }, false)).toMatchObject({
      ok: false,
      error: [{ message: expect.stringContaining("revision 7, this one 1") as string }],
    });
    const all = await Promise.all(["a", "b", "c"].map((name) => load({ ...RULESET, slots: slots(name) })));
    expect(new Set(all.map((one) => one.ok && one.value.revision))).toEqual(new Set([8, 9, 10]));
    await service.close();
  });

  it("tells what it probably does not mean", async () => {
    const segments = [{ name: "s", enter: { topCatgory: "x" } }];
    const { service, reports } = make({ ruleset: { ...RULESET, segments, slots: {} } });
    await service.ruleset();
    expect(reports).toEqual([expect.objectContaining({ code: "ATTUNE_SERVICE_RULESET_WARNING" })]);
    expect(await service.loadRuleset({ ...RULESET, revision: 2, segments, slots: {} })).toMatchObject({
      value: { warnings: [{ path: "/segments/0/enter/topCatgory" }] },
    });
    await service.close();
  });

  it("takes memberships away that no segment stands for any more", async () => {
    const { service } = make();
    await service.ingest([order("o", "a")]);
    await service.settled();
    await service.loadRuleset({ ...RULESET, revision: 2, segments: [], slots: {} });
    await service.ingest([sample({ id: "later", visitorId: "a" })]);
    await service.settled();
    expect((await service.summary()).segments).toEqual({});
    await service.close();
  });
});

describe("decide", () => {
  it("takes the visitor under either of its names, and says where it got none", async () => {
    const { service, reports } = make();
    const about = (visitor: object) =>
      service.decide({ ...visitor, consent: EVERYTHING } as DecideVisitor, ["hero"]);
    const { decisions } = await about({ id: "v" });
    expect((await about({ visitorId: "v" })).decisions).toEqual(decisions);
    expect(decisions.hero?.reason).not.toBe("error");
    expect(reports).toEqual([]);
    for (const wrong of [{}, { userId: "v" }, { id: 7 }])
      expect((await about(wrong)).decisions.hero?.reason).toBe("error");
    expect(reports).toHaveLength(3);
    expect(reports[0]).toMatchObject({ code: "ATTUNE_SERVICE_VISITOR" });
    // Never rejects, whatever a host in JavaScript gives.
    const text = await service.decide({ id: "v" }, "hero" as never);
    expect(text.decisions).toEqual({});
    expect(reports[3]).toMatchObject({ code: "ATTUNE_SERVICE_SLOTS" });
    await service.close();
  });
});

describe("without a report", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it("problems are told on the console in development, each once, and in production not", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const options = { stores: { hot: memoryStore() } };
    const service = createPersonalizationService(options);
    const wrong = { userId: "v" } as unknown as DecideVisitor;
    await service.decide(wrong);
    await service.decide(wrong);
    expect(warn.mock.calls.flat()).toEqual([
      expect.stringMatching(/^\[attune\].*\(ATTUNE_SERVICE_VISITOR\)$/),
    ]);
    await service.close();
    vi.stubEnv("NODE_ENV", "production");
    const quiet = createPersonalizationService(options);
    await quiet.decide(wrong);
    expect(warn).toHaveBeenCalledTimes(1);
    await quiet.close();
  });
});

describe("subscribe", () => {
  it("delivers events, exposures and changes of segments, without a raw id", async () => {
    const { service } = make({ channel: memoryChannel() });
    await service.ruleset();
    const frames: ServiceFrame[] = [];
    await service.subscribe({}, (frame) => void frames.push(frame));
    await service.ingest([order("o", "raw-visitor"), exposure("x", "raw-visitor", "red")]);
    await service.settled();
    expect(frames.map(({ type }) => type).sort()).toEqual(["event", "event", "exposure", "visitor"]);
    expect(frames).toContainEqual({
      type: "exposure",
      site: "default",
      experiment: "exp/1",
      slot: "hero",
      variant: "red",
    });
    expect(frames.find(({ type }) => type === "visitor")).toMatchObject({
      changes: [{ segment: "buyers", change: "entered" }],
    });
    expect(JSON.stringify(frames)).not.toContain("raw-visitor");
    const { visitor } = frames.find(({ type }) => type === "visitor") as { visitor: string };
    await service.erase({ visitorId: "raw-visitor" });
    await service.settled();
    expect(frames.at(-1)).toEqual({ type: "erased", site: "default", visitor });
    await service.close();
  });

  it("hands on gaps, and forgets what it remembered at one", async () => {
    const inner = memoryChannel();
    const listeners: ((frame: never) => void)[] = [];
    const channel: typeof inner = {
      ...inner,
      subscribe: (topics, listener) => (listeners.push(listener as never), inner.subscribe(topics, listener)),
    };
    const { service } = make({ channel });
    const frames: ServiceFrame[] = [];
    await service.subscribe({}, (frame) => void frames.push(frame));
    for (const listener of listeners) listener({ type: "gap", topic: "any" } as never);
    expect(frames).toEqual([{ type: "gap" }]);
    await service.close();
  });

  it("needs no channel of the host's within one process", async () => {
    const { service } = make();
    const frames: ServiceFrame[] = [];
    await service.subscribe({ types: ["event"] }, (frame) => void frames.push(frame));
    await service.ingest([sample()]);
    await service.settled();
    await expect.poll(() => frames.map(({ type }) => type)).toEqual(["event"]);
    await service.close();
  });

  it("survives a channel that cannot publish", async () => {
    const channel = { ...memoryChannel(), publish: () => Promise.reject(new Error("down")) };
    const { service, reports } = make({ channel });
    expect((await service.ingest([sample()], { waitMs: 5000 })).outcomes).toEqual({ 0: "folded" });
    expect(reports.length).toBeGreaterThan(0);
    await service.close();
  });
});

describe("health", () => {
  it("really asks each port", async () => {
    const { service, hot } = make({
      channel: memoryChannel(),
      stores: { hot: memoryStore(), durable: memoryStore() },
    });
    expect(await service.health()).toEqual({
      hot: { ok: true },
      durable: { ok: true },
      log: { ok: true, detail: "0 to fold" },
      channel: { ok: true },
    });
    await service.close();
    const down = (): Promise<never> => Promise.reject(new RangeError("secret address"));
    const expiries: (number | undefined)[] = [];
    const forgetful: AtomicStore = {
      ...hot,
      get: async () => null,
      put: (partition, sort, value, options) => {
        expiries.push(options?.expiresAt);
        return hot.put(partition, sort, value, options);
      },
    };
    const channel = { ...memoryChannel(), publish: down };
    const log: Log = { ...memoryLog(), lag: down };
    const { service: sick } = make({ stores: { hot: forgetful }, channel, log, ruleset: undefined });
    expect(await sick.health()).toEqual({
      hot: { ok: false, detail: "What was written could not be read back." },
      log: { ok: false, detail: "RangeError" },
      channel: { ok: false, detail: "RangeError" },
    });
    // Where it cannot be removed again, it goes by itself.
    expect(expiries).toEqual([expect.any(Number)]);
    await sick.close();
  });

  it("does not wait for ever", async () => {
    const channel = { ...memoryChannel(), publish: async () => undefined };
    const { service } = make({ channel });
    expect((await service.health()).channel).toMatchObject({ ok: false });
    await service.close();
  });
});

describe("T30 sweep", () => {
  it("removes everything past its retention from every store", async () => {
    const clock = { at: T0, now: () => clock.at };
    const hot = memoryStore({ clock });
    const durable = memoryStore({ clock });
    const log = memoryLog({ clock });
    const service = createPersonalizationService({
      stores: { hot, durable },
      log,
      clock,
      retentionMs: 7 * DAY,
    });
    await service.ingest([sample(), { nonsense: "here" }]);
    await service.settled();
    clock.at += 7 * DAY + 1;
    // The fourth record is the worker's claim.
    expect(await service.sweep()).toEqual({ records: 4, logEntries: 1, deadLetters: 1 });
    expect((await service.exportData("visitor-1")).visitors).toEqual([]);
    await service.close();
  });
});

describe("what ingest says is accepted", () => {
  it("is folded or will be; what the fold found otherwise is counted for what it is", async () => {
    const hot = memoryStore();
    const { service } = make({ stores: { hot } });
    const waitMs = 10_000;
    const known = sample({ id: "known" });
    await service.ingest([known], { waitMs });
    await service.erase({ userId: "gone" });
    const events = [
      known,
      sample({ id: "known", properties: { other: 1 } }),
      sample({ id: "new" }),
      sample({ id: "late", visitorId: "v", userId: "gone" }),
      { nonsense: true },
      sample({ id: "uncovered", consent: { purposes: [], policyVersion: "1" } }),
    ];
    const result = await service.ingest(events, { waitMs });
    expect(result).toMatchObject({
      accepted: 1,
      duplicates: 2,
      withheld: 2,
      rejected: [{ index: 4 }],
      outcomes: {
        0: "duplicate",
        1: "conflict",
        2: "folded",
        3: expect.stringMatching(/^(erased|withheld)$/),
      },
    });
    await service.close();
  });
});

describe("waiting", () => {
  it("says pending where the fold takes longer than asked", async () => {
    const { service } = make({ worker: false });
    expect(await service.ingest([sample()], { waitMs: 20 })).toMatchObject({
      accepted: 1,
      duplicates: null,
      outcomes: { 0: "pending" },
    });
    expect(await service.ingest([], { waitMs: 20 })).toMatchObject({ accepted: 0, outcomes: {} });
    await service.close();
  });

  it("starts the worker later where the log cannot be consumed yet", async () => {
    const inner = memoryLog();
    let down = true;
    const log: Log = {
      ...inner,
      consume: (...args) => {
        if (!down) return inner.consume(...args);
        down = false;
        return Promise.reject(new Error("not yet"));
      },
    };
    const { service, reports } = make({ log });
    expect((await service.ingest([sample()], { waitMs: 5000 })).outcomes).toEqual({ 0: "folded" });
    expect(reports).toHaveLength(1);
    await service.close();
  });
});

describe("dead letters", () => {
  it("hold at most 32 KiB, whatever was sent, and replay only what is whole", async () => {
    const { service } = make();
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const consent = ["analytics"];
    circular.consent = consent;
    await service.ingest([
      { consent, text: "€".repeat(20_000) },
      "just text",
      undefined,
      circular,
      5,
      { sessionId: 7, broken: true, consent },
    ]);
    const letters = await service.deadLetters.list(null, 10);
    expect(letters).toHaveLength(6);
    for (const { body } of letters)
      expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(32 * 1024);
    expect(letters.filter(({ subject }) => subject !== undefined)).toHaveLength(1);
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 6 });
    expect(await service.deadLetters.list(letters[4]?.id ?? null)).toHaveLength(1);
    await service.close();
  });
});

describe("T13 contention", () => {
  it("loses nothing where two services meet at every visitor, counter and session", async () => {
    const inner = memoryStore();
    const slow: AtomicStore = {
      ...inner,
      async getMany(keys) {
        const records = await inner.getMany<never>(keys);
        await sleep(Math.random() * 3);
        return records;
      },
    };
    const services = [0, 1].map(() => createPersonalizationService({ stores: { hot: slow } }));
    const events = Array.from({ length: 60 }, (_, i) =>
      sample({ id: `e${i}`, visitorId: `v${i % 3}`, sessionId: `s${i % 2}`, userId: `u${i % 3}` }),
    );
    await Promise.all(events.flatMap((event) => services.map((service) => service.ingest([event]))));
    const summary = await services[0]?.summary();
    expect(summary).toMatchObject({
      events: 60,
      visitors: 3,
      sessions: { given: 2, derived: 0 },
      conflicts: 0,
    });
    expect((await services[0]?.exportData({ userId: "u1" }))?.subject).toEqual({ kind: "user", visitors: 1 });
  });
});
