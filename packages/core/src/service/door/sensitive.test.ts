import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import type { Event, KnownEventName } from "../../events/types.js";
import type { JsonObject } from "../../kernel/json.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import { fold, initialState } from "../../state/index.js";
import { createPersonalizationService } from "../create-service.js";
import { contributions } from "../fold/contributions.js";
import type { ServiceOptions } from "../options.js";
import { everything, RULESET, sample, T0 } from "../service.test.suite.js";
import type { PersonalizationService, ServiceFrame } from "../types.js";
import { READ_BY_THE_SERVICE, sensitiveConditions, sensitiveFields } from "./sensitive.js";

const sensitive = ["properties.diagnosis", "properties.patient.name", "traits.phone", "traits.email"];
const SECRETS = ["gout", "Ann Archer", "+44 20 7946 0958", "ann@example.org"];
const waitMs = 10_000;

const visit = (id: string, visitorId = "ann-1") =>
  sample({
    id,
    visitorId,
    sessionId: `session-${visitorId}`,
    properties: { diagnosis: "gout", patient: { name: "Ann Archer", ward: "w7" }, product_id: "p1" },
  });
const identified = (id: string, visitorId = "ann-1") =>
  sample({
    id,
    visitorId,
    sessionId: `session-${visitorId}`,
    name: "Visitor Identified",
    userId: `user-of-${visitorId}`,
    properties: { traits: { phone: "+44 20 7946 0958", email: "ann@example.org", plan: "gold" } },
  });

const open: PersonalizationService[] = [];
afterEach(() => Promise.all(open.splice(0).map((service) => service.close())));

function make(over: Partial<ServiceOptions> = {}) {
  const hot = memoryStore();
  const log = memoryLog({ shards: 1 });
  const keys = memoryKeys();
  const reports: unknown[] = [];
  const start = (more: Partial<ServiceOptions> = {}): PersonalizationService => {
    const report = (error: unknown) => void reports.push(error);
    const given = { stores: { hot }, log, keys, sensitive, report, ...over, ...more };
    const service = createPersonalizationService(given);
    open.push(service);
    return service;
  };
  const held = async (): Promise<string> => everything({ hot, log });
  return { hot, log, keys, start, held, reports };
}

/** Where each record of a site's visitors is, by what is in it. */
async function recordsOf({ hot }: ReturnType<typeof make>, sort: string, site = "default") {
  const found: { partition: string; sort: string; value: never }[] = [];
  for await (const partition of hot.partitions(`${site}/v/`))
    for await (const record of hot.scan<never>(partition, { prefix: sort }))
      found.push({ ...record, partition });
  return found;
}

describe("T23: fields marked sensitive", () => {
  it("are held sealed one by one, in event records and traits, and nowhere in the clear", async () => {
    const at = make();
    const service = at.start();
    await service.ingest([visit("1"), identified("2")], { waitMs });
    const text = await at.held();
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    const [event] = await recordsOf(at, "e/1");
    expect(event?.value).toMatchObject({
      event: {
        sealed: ["properties.diagnosis", "properties.patient.name"],
        properties: { diagnosis: { $sealed: expect.any(String) }, product_id: "p1", patient: { ward: "w7" } },
      },
    });
    const [traits] = await recordsOf(at, "traits");
    expect(traits?.value).toMatchObject({ plan: "gold", phone: { $sealed: expect.any(String) } });
  });

  it("are told to the subject as they came, not even masked", async () => {
    const service = make().start();
    await service.ingest([visit("1"), identified("2")], { waitMs });
    const { visitors } = await service.exportData({ visitorId: "ann-1" });
    const [ann] = visitors;
    expect(ann?.traits).toEqual({ phone: "+44 20 7946 0958", email: "ann@example.org", plan: "gold" });
    expect(ann?.events.map(({ properties }) => properties)).toEqual([
      { diagnosis: "gout", patient: { name: "Ann Archer", ward: "w7" }, product_id: "p1" },
      { traits: { phone: "+44 20 7946 0958", email: "ann@example.org", plan: "gold" } },
    ]);
    expect(ann?.events.some((event) => event.sealed !== undefined)).toBe(false);
  });

  it("open for no other subject, no other field and no other site", async () => {
    const at = make();
    const service = at.start();
    await service.ingest([identified("1"), identified("2", "ben-1")], { waitMs });
    await service.ingest([identified("3")], { waitMs, site: "other" });
    const holders = await recordsOf(at, "e/");
    const holderOf = (id: string) => holders.find(({ sort }) => sort === `e/${id}`)?.partition ?? "";
    const [partition, ofBen] = [holderOf("1"), holderOf("2")];
    const [elsewhere] = await recordsOf(at, "traits", "other");
    const traitsAt = async (of: string) => (await at.hot.get<JsonObject>(of, "traits"))?.value ?? {};
    const mine = await traitsAt(partition);
    const ids = { visitorId: "ann-1" };
    const wrong = [
      { ...mine, phone: (await traitsAt(ofBen)).phone },
      { ...mine, phone: mine.email },
      { ...mine, phone: (elsewhere?.value as unknown as JsonObject).phone },
    ];
    for (const traits of wrong) {
      await at.hot.put(partition, "traits", traits);
      await expect(service.exportData(ids)).rejects.toMatchObject({ code: "ATTUNE_PRIVACY_SEAL" });
      await expect(service.profile(ids, { sensitive: true })).rejects.toMatchObject({
        code: "ATTUNE_PRIVACY_SEAL",
      });
    }
    await at.hot.put(partition, "traits", mine);
    expect((await service.exportData(ids)).visitors[0]?.traits.phone).toBe("+44 20 7946 0958");
  });

  it("are read by old keys and new ones while keys rotate", async () => {
    const at = make();
    const before = at.start();
    await before.ingest([identified("1")], { waitMs });
    await before.close();
    at.keys.rotate("w2");
    const later = at.start();
    await later.ingest([identified("2", "ben-1"), visit("3")], { waitMs });
    for (const visitorId of ["ann-1", "ben-1"]) {
      const { visitors } = await later.exportData({ visitorId });
      expect(visitors[0]?.traits.phone).toBe("+44 20 7946 0958");
    }
  });

  it("cannot be read by anybody once the subject is erased, not from a copy either", async () => {
    const at = make();
    const service = at.start();
    await service.ingest([identified("1")], { waitMs });
    const [copy] = await recordsOf(at, "traits");
    await service.erase({ visitorId: "ann-1" });
    await at.hot.put(copy?.partition ?? "", "traits", copy?.value);
    const { visitors } = await at.start().exportData({ visitorId: "ann-1" });
    expect(visitors[0]?.traits.phone).toEqual({ $sealed: expect.any(String) });
    expect(await at.held()).not.toContain("7946");
  });

  it("are in no live frame, and in a profile only for who asks, which is noted", async () => {
    const at = make();
    const service = at.start();
    const frames: ServiceFrame[] = [];
    await service.subscribe({}, (frame) => void frames.push(frame));
    await service.ingest([visit("1"), identified("2")], { waitMs });
    await expect.poll(() => frames.filter(({ type }) => type === "event").length).toBe(2);
    expect(JSON.stringify(frames)).not.toMatch(/\$sealed|gout|7946|example\.org/);

    const id = { visitorId: "ann-1" };
    const plain = await service.profile(id);
    expect(plain?.traits).toEqual({ plan: "gold" });
    expect(Object.keys(plain?.notes ?? {})).toEqual(["traits.phone", "traits.email"]);
    const asked = await service.profile(id, { sensitive: true, actor: "support" });
    expect(asked?.traits).toMatchObject({ phone: "+44 20 7946 0958" });
    expect((await service.audit.list()).at(-1)).toMatchObject({ type: "sensitive-read", actor: "support" });
  });

  it("are not even opened for a profile that must not tell them", async () => {
    const at = make();
    const service = at.start();
    await service.ingest([identified("1")], { waitMs });
    const purposes = { personalization: false };
    const id = { visitorId: "ann-1" };
    expect((await service.consent(id, { purposes, policyVersion: "1", source: "api" })).ok).toBe(true);
    at.keys.destroy("default", "w1");
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    expect(await at.start().profile(id, { sensitive: true })).toMatchObject({ traits: {}, scores: null });
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("unhandledRejection", unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it("do not make another event of the same one", async () => {
    const at = make();
    const service = at.start();
    const nameless = { ...visit("x"), id: undefined };
    await service.ingest([visit("1"), nameless], { waitMs });
    const again = await service.ingest([visit("1"), nameless], { waitMs });
    expect(again).toMatchObject({ accepted: 0, duplicates: 2 });
    expect((await service.summary()).conflicts).toBe(0);
  });

  it("tell nothing by what is derived from an event: neither its id nor its hash hangs on them", async () => {
    const keys = memoryKeys();
    const [one, two] = await Promise.all(
      ["gout", "flu"].map(async (diagnosis) => {
        const at = make({ keys });
        const event = { ...visit("x"), id: undefined, properties: { diagnosis } };
        await at.start().ingest([event], { waitMs });
        const [record] = await recordsOf(at, "e/");
        const { hash, event: kept } = record?.value as unknown as { hash: number; event: Event };
        return { hash, id: kept.id };
      }),
    );
    expect(one).toEqual(two);
  });

  it("are sealed in dead letters too, which can be replayed", async () => {
    const at = make();
    const service = at.start();
    const early = { ...visit("1"), occurredAt: 5 };
    const shaped = {
      eventType: "page_view",
      anonymousId: "ann-1",
      sessionId: 7.5,
      consent: { analytics: true },
      eventData: { diagnosis: "gout" },
    };
    const nobody = {
      ...visit("2"),
      visitorId: undefined,
      sessionId: undefined,
      traits: { phone: SECRETS[2] },
    };
    const { rejected } = await service.ingest([early, shaped, nobody], { waitMs });
    expect(rejected).toHaveLength(3);
    const letters = await service.deadLetters.list();
    expect(letters).toHaveLength(3);
    for (const secret of SECRETS) expect(JSON.stringify(letters)).not.toContain(secret);
    const { visitors } = await service.exportData({ visitorId: "ann-1" });
    expect(JSON.stringify(visitors[0]?.other.deadLetters)).toContain("Ann Archer");
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 3 });
    expect(await service.deadLetters.list()).toEqual(letters);
  });

  it("come back from a letter that somebody has cured", async () => {
    const at = make();
    const service = at.start();
    await service.ingest([{ ...visit("1"), occurredAt: 5 }], { waitMs });
    const [letter] = await service.deadLetters.list();
    expect(letter?.body).toContain("$sealed");
    if (!letter) throw new Error("no letter");
    const body = letter.body.replace('"occurredAt":5', `"occurredAt":${T0}`);
    await at.log.deadLetters.put([{ ...letter, body }]);
    expect(await service.deadLetters.replay()).toEqual({ replayed: 1, stillRefused: 0 });
    await service.settled();
    expect(await at.held()).not.toContain("Ann Archer");
    const { visitors } = await service.exportData({ visitorId: "ann-1" });
    expect(visitors[0]?.events[0]?.properties).toMatchObject({ diagnosis: "gout", patient: { ward: "w7" } });
  });

  it("hold where events are folded as they come, without a log", async () => {
    const hot = memoryStore();
    const service = createPersonalizationService({ stores: { hot }, keys: memoryKeys(), sensitive });
    open.push(service);
    await service.ingest([visit("1"), identified("2")]);
    const text = await everything({ hot, log: memoryLog() });
    for (const secret of SECRETS) expect(text).not.toContain(secret);
    const { visitors } = await service.exportData({ visitorId: "ann-1" });
    expect(visitors[0]?.traits.phone).toBe("+44 20 7946 0958");
  });

  it("take lists on their way whole, and cannot be made up by a client", async () => {
    const at = make();
    const service = at.start();
    const listed = { ...visit("1"), properties: { patient: [{ name: "Ann Archer" }] } };
    const forged = { ...visit("2"), properties: { note: { $sealed: "AAAA" } } };
    const { rejected } = await service.ingest([listed, forged], { waitMs });
    expect(rejected).toMatchObject([{ index: 1, errors: [{ code: "ATTUNE_EVENTS_KEY" }] }]);
    expect(await at.held()).not.toContain("Ann Archer");
    const { visitors } = await service.exportData({ visitorId: "ann-1" });
    expect(visitors[0]?.events[0]?.properties).toEqual({ patient: [{ name: "Ann Archer" }] });
  });

  it("cannot be read by conditions: a ruleset that would is refused", async () => {
    const reading = {
      ...RULESET,
      segments: [{ name: "buyers", enter: { $and: [{ "traits.phone": { $exists: true } }] } }],
    };
    const at = make();
    const refused = await at.start().loadRuleset(reading);
    expect(refused).toMatchObject({
      ok: false,
      error: [{ path: "/segments/0/enter", code: "ATTUNE_SERVICE_SENSITIVE" }],
    });
    expect(() => at.start({ ruleset: reading })).toThrow(/sensitive/);
    await at.start({ sensitive: [] }).loadRuleset(reading);
    const later = at.start();
    expect((await later.decide({ id: "ann-1" })).rulesetVersion).not.toBeNull();
    expect(at.reports).toMatchObject([{ code: "ATTUNE_SERVICE_SENSITIVE" }]);
  });

  it("cannot be hashed either: an experiment by one would show everybody its fallback", async () => {
    const weights = { plain: 0.5, loyal: 0.5 };
    const policy = { type: "split", experiment: "hero", weights, hashAttribute: "traits.phone" };
    const hashing = { ...RULESET, slots: { hero: { ...RULESET.slots.hero, policy } } };
    expect(await make().start().loadRuleset(hashing)).toMatchObject({
      ok: false,
      error: [{ path: "/slots/hero/policy/hashAttribute", code: "ATTUNE_SERVICE_SENSITIVE" }],
    });
  });

  it("nor by holdouts, groups, rules, contexts and histories", async () => {
    const draw = { hashAttribute: "traits.account", fallbackAttribute: "traits.phone" };
    const arm = { mean: [0, 0, 0], covariance: [1, 0, 1, 0, 0, 1] };
    const hero = { ...RULESET.slots.hero };
    const inner = { type: "bandit", experiment: "b", shares: { plain: 1 }, hashAttribute: "traits.phone" };
    const context = [{ attribute: "cartValue" }, { attribute: "traits.phone" }];
    const hashing = {
      ...RULESET,
      holdouts: { h: { share: 0.1, ...draw } },
      exclusionGroups: { g: draw },
      slots: {
        hero: { ...hero, policy: { type: "rules", rules: [{ policy: inner }] } },
        other: { ...hero, policy: { type: "contextual", experiment: "c", context, arms: { plain: arm } } },
        shelf: {
          ...hero,
          policy: {
            type: "recommended",
            history: ["recentCategory", "traits.phone"],
            arms: { plain: { popularity: 1 } },
          },
        },
      },
    };
    const refused = await make().start().loadRuleset(hashing);
    expect(refused.ok ? [] : refused.error.map(({ path }) => path)).toEqual([
      "/slots/shelf/policy/history/1",
      "/holdouts/h/fallbackAttribute",
      "/exclusionGroups/g/fallbackAttribute",
      "/slots/hero/policy/rules/0/policy/hashAttribute",
      "/slots/other/policy/context/1/attribute",
    ]);
  });
});

describe("what can be marked sensitive", () => {
  it("needs keys kept apart from the data", () => {
    expect(() =>
      createPersonalizationService({ stores: { hot: memoryStore() }, sensitive: ["properties.diagnosis"] }),
    ).toThrow(expect.objectContaining({ code: "ATTUNE_SERVICE_SENSITIVE" }));
    const { key } = memoryKeys();
    expect(() => make({ keys: { key } }).start()).toThrow(/wrapping keys/);
  });

  it("is nothing that metrics read: they would count nothing", () => {
    const ruleset = {
      schemaVersion: 1 as const,
      revision: 1,
      metrics: {
        a: { type: "sum" as const, event: "x", value: "income" },
        b: { type: "conversion" as const, event: "x", where: { "properties.income": { $gte: 1 } } },
        c: {
          type: "ratio" as const,
          numerator: { event: "x", value: "income.net" },
          denominator: { event: "x" },
        },
        d: { type: "count" as const, event: "x" },
      },
      slots: {},
    };
    expect(sensitiveConditions(ruleset, ["properties.income"]).map(({ path }) => path)).toEqual([
      "/metrics/a/value",
      "/metrics/b/where",
      "/metrics/c/numerator/value",
    ]);
  });

  it("is a field of events or traits, once", () => {
    expect(
      sensitiveFields(["properties.traits.phone", "traits.phone.work", "properties.a", "properties.a"]),
    ).toEqual(["traits.phone", "properties.a"]);
    for (const field of [
      "",
      "email",
      "context.page.url",
      "traits",
      "properties",
      "properties.traits",
      "properties..a",
    ])
      expect(() => sensitiveFields([field])).toThrow(
        expect.objectContaining({ code: "ATTUNE_SERVICE_SENSITIVE" }),
      );
  });

  it("is nothing that features or counters are made of", () => {
    const read = new Set<string>();
    const properties = new Proxy({}, { get: (_, key) => void read.add(String(key)) });
    const names: KnownEventName[] = [
      "Page Viewed",
      "Page Scrolled",
      "Page Engaged",
      "Element Clicked",
      "Products Searched",
      "Product List Viewed",
      "Product Viewed",
      "Product Added",
      "Product Removed",
      "Checkout Started",
      "Order Completed",
      "Variant Exposed",
    ];
    const counting = contributions(null);
    for (const name of names) {
      const event = { ...(sample({ name }) as unknown as Event), properties };
      counting.add(event, fold(initialState(), event), {});
    }
    expect([...read].filter((key) => !(READ_BY_THE_SERVICE as readonly string[]).includes(key))).toEqual([]);
    for (const key of READ_BY_THE_SERVICE) expect(() => sensitiveFields([`properties.${key}`])).toThrow();
  });
});
