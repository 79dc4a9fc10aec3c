import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { Log } from "../../ports/log.js";
import { createPersonalizationService } from "../create-service.js";
import { createFakeClock } from "../../testing/fake-clock.js";
import { sample } from "../service.test.suite.js";
import { letterBody } from "./letter-body.js";

const HOUR = 3_600_000;
const consent = ["analytics"];

function make(log: Log = memoryLog()) {
  const hot = memoryStore();
  return { log, hot, service: createPersonalizationService({ stores: { hot }, log }) };
}

function deep(levels: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe("T10 a letter that somebody has cured", () => {
  it("is replayed by the clock of the device that sent it", async () => {
    const { log, service } = make();
    const [now, ahead] = [Date.now(), 24 * 3_600_000];
    await service.ingest([{ ...sample(), sentAt: undefined, occurredAt: 5 }], { sentAt: now + ahead });
    const [letter] = await service.deadLetters.list();
    if (!letter) throw new Error("no letter");
    const body = letter.body.replace('"occurredAt":5', `"occurredAt":${now + ahead - 5000}`);
    await log.deadLetters.put([{ ...letter, body }]);
    expect(await service.deadLetters.replay()).toEqual({ replayed: 1, stillRefused: 0 });
    await service.settled();
    const { visitors } = await service.exportData({ visitorId: "visitor-1" });
    const [event] = visitors.flatMap(({ events }) => events);
    expect(Math.abs((event?.occurredAt ?? 0) - (now - 5000))).toBeLessThan(5000);
    await service.close();
  });
});

describe("T30 the letter of an event that asks to be kept for less", () => {
  it("is gone by then, while others stay", async () => {
    const clock = createFakeClock();
    const log = memoryLog({ clock });
    const service = createPersonalizationService({ stores: { hot: memoryStore({ clock }) }, log, clock });
    const bad = (id: string, over: object) => ({
      ...sample({ id, visitorId: null }),
      occurredAt: "never",
      ...over,
    });
    await service.ingest([
      bad("brief", { retentionMs: 2 * HOUR }),
      bad("usual", {}),
      bad("odd", { retentionMs: Number.POSITIVE_INFINITY }),
      bad("none", { retentionMs: -1 }),
    ]);
    expect(await service.deadLetters.list()).toHaveLength(4);
    clock.advance(2 * HOUR);
    expect(JSON.stringify(await service.deadLetters.list())).not.toContain("brief");
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 3 });
    expect((await service.sweep()).deadLetters).toBe(1);
    expect(JSON.stringify(await log.deadLetters.read(null, 10))).not.toContain("brief");
    expect(await service.deadLetters.list()).toHaveLength(3);
    await service.close();
  });

  it("is not exported any more, but erased", async () => {
    const clock = createFakeClock();
    const log = memoryLog({ clock });
    const service = createPersonalizationService({ stores: { hot: memoryStore({ clock }) }, log, clock });
    await service.ingest([sample({ retentionMs: 2 * HOUR })]);
    const visitor = { visitorId: "visitor-1" };
    expect((await service.exportData(visitor)).visitors[0]?.other.deadLetters).toHaveLength(1);
    clock.advance(2 * HOUR);
    expect((await service.exportData(visitor)).visitors).toEqual([]);
    expect((await service.erase(visitor)).removed.deadLetters).toBe(1);
    await service.close();
  });
});

describe("T11 T20 the body of a letter", () => {
  it("is what came, in the order it came", () => {
    const input = { b: [1, null, true, "x"], a: { c: -0.5 }, left: undefined, at: new Date(0) };
    expect(letterBody(input)).toBe(JSON.stringify(input));
  });

  it("takes input of any depth, and the neighbours with it", async () => {
    const { service } = make();
    const result = await service.ingest([
      { ...sample(), properties: { a: deep(100_000) } },
      deep(100_000),
      sample(),
    ]);
    expect(result).toMatchObject({ accepted: 1, rejected: [{ index: 0 }, { index: 1 }] });
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: 2 });
    await service.close();
  });

  it("holds what JSON cannot so that it is refused again", async () => {
    const { service } = make();
    const values = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 5n, () => 1];
    await service.ingest(values.map((price, i) => ({ ...sample({ id: `e${i}` }), properties: { price } })));
    expect(await service.deadLetters.list()).toHaveLength(values.length);
    expect(await service.deadLetters.replay()).toEqual({ replayed: 0, stillRefused: values.length });
    await service.close();
  });

  it("masks texts, but not the envelope's own identifiers", () => {
    const body = letterBody({
      userId: "a@example.org",
      properties: {
        userId: "b@example.org",
        order_id: "123456789012",
        card: 4111111111111111,
        at: 1767225600000,
      },
    });
    expect(JSON.parse(body)).toEqual({
      userId: "a@example.org",
      properties: { userId: "[mail]", order_id: "123456789012", card: "[card]", at: 1767225600000 },
    });
  });

  it("is cut where it is too long, and then no JSON", () => {
    for (const long of [
      { a: "x".repeat(40_000) },
      { a: Array(40_000).fill(1) },
      Array(20_000).fill({}),
      { ["k".repeat(40_000)]: 1, b: 2 },
    ]) {
      const body = letterBody(long);
      expect(body.length).toBeLessThanOrEqual(32 * 1024);
      expect(() => JSON.parse(body) as unknown).toThrow();
    }
    expect(letterBody(undefined)).toBe("null");
  });
});

describe("T24 unreadable input that no consent covers", () => {
  const body = async (
    input: unknown,
    over: Partial<Parameters<typeof createPersonalizationService>[0]> = {},
  ) => {
    const { log, hot, service } = make();
    const said = { policyVersion: "1", source: "banner" } as const;
    await service.consent({ visitorId: "yes" }, { ...said, purposes: { analytics: true } });
    await service.consent({ visitorId: "no" }, { ...said, purposes: { analytics: false } });
    await service.close();
    const other = createPersonalizationService({ stores: { hot }, log, ...over });
    await other.ingest([input]);
    const [letter] = await other.deadLetters.list();
    await other.close();
    return letter;
  };

  it("leaves its reasons only", async () => {
    for (const input of [
      { broken: true, visitorId: "somebody" },
      { broken: true, visitorId: "somebody", consent: [] },
      { broken: true, visitorId: "somebody", consent: ["marketing"] },
      { broken: true, visitorId: "somebody", consent: "yes" },
      { broken: true, visitorId: "no", consent },
      "text",
    ]) {
      const letter = await body(input);
      expect(letter).toMatchObject({ body: "" });
      expect(letter?.reasons.at(-1)?.code).toBe("ATTUNE_SERVICE_NOT_COVERED");
      expect(letter).not.toHaveProperty("subject");
      expect(letter).not.toHaveProperty("subjects");
    }
  });

  it("is kept where its own consent, the stored one or the default covers it", async () => {
    expect((await body({ broken: 1, consent }))?.body).toContain("broken");
    expect((await body({ broken: 1, visitorId: "yes" }))?.body).toContain("broken");
    expect((await body({ broken: 1, visitorId: "yes", consent }))?.body).toContain("broken");
    const optOut = { consent: { version: "1", mode: "opt-out" as const } };
    expect((await body({ broken: 1, visitorId: "new" }, optOut))?.body).toContain("broken");
  });
});

describe("letters of several sites", () => {
  it("are listed and replayed site by site", async () => {
    const { service } = make();
    const bad = (n: number) => ({ broken: n, consent });
    for (let n = 0; n < 4; n++) await service.ingest([bad(n)], { site: n % 2 ? "other" : "default" });
    const bodies = async (...args: Parameters<typeof service.deadLetters.list>) =>
      (await service.deadLetters.list(...args)).map(
        ({ body }) => (JSON.parse(body) as { broken: number }).broken,
      );
    expect(await bodies()).toEqual([0, 2]);
    expect(await bodies(null, 10, { site: "other" })).toEqual([1, 3]);
    const [first] = await service.deadLetters.list(null, 1, { site: "other" });
    expect(await bodies(first?.id, 10, { site: "other" })).toEqual([3]);
    expect(await bodies(null, 0)).toEqual([]);
    const ids = [first?.id ?? ""];
    expect(await service.deadLetters.replay(ids)).toEqual({ replayed: 0, stillRefused: 0 });
    expect(await service.deadLetters.replay(ids, { site: "other" })).toEqual({
      replayed: 0,
      stillRefused: 1,
    });
    expect(await service.deadLetters.replay(undefined, { site: "other" })).toMatchObject({ stillRefused: 2 });
    await expect(service.deadLetters.list(null, 1, { site: "a/b" })).rejects.toMatchObject({
      code: "ATTUNE_SERVICE_SITE",
    });
    await service.close();
  });
});

describe("T29 letters", () => {
  it("of others stay, however short the identifier", async () => {
    const { service, log } = make();
    await service.ingest([
      { broken: "a text with 1 and a", visitorId: "b", consent },
      { broken: true, visitorId: "a", consent },
      { broken: "a", consent },
    ]);
    const twoDevices = { broken: true, sessionId: "a-session", consent };
    await service.ingest([
      sample({ visitorId: "a", sessionId: "a-session" }),
      { ...twoDevices, visitorId: "b" },
    ]);
    await service.settled();
    expect((await service.exportData("a")).visitors[0]?.other.deadLetters).toHaveLength(1);
    expect((await service.erase("a")).removed.deadLetters).toBe(1);
    expect(await log.deadLetters.read(null, 10)).toMatchObject([
      { body: expect.stringContaining('"b"') },
      // A word that happens to be somebody's identifier.
      { body: expect.stringContaining('"broken":"a"') },
      { body: expect.stringContaining('"b"') },
    ]);
    await service.close();
  });

  it("are found where the subject is named inside them, whatever the identifier", async () => {
    const { service, log } = make();
    await service.ingest([
      { broken: true, visitorId: "x1", properties: { user_id: 7 }, consent },
      { broken: true, visitorId: "x2", properties: { user: { id: "7" } }, consent },
      { broken: true, visitorId: "x3", properties: { price: 7, size: "7", sku: "7" }, consent },
      { broken: true, visitorId: "x4", properties: { visitorId: "7" }, pad: "x".repeat(40_000), consent },
    ]);
    expect((await service.erase({ visitorId: "7" })).removed.deadLetters).toBe(1);
    expect((await service.erase({ userId: "7" })).removed.deadLetters).toBe(2);
    expect(await log.deadLetters.read(null, 10)).toMatchObject([{ body: expect.stringContaining('"x3"') }]);
    await service.close();
  });

  it("does not take long, whatever is in them", async () => {
    const { service } = make();
    const nasty = { broken: '"\\'.repeat(8000), visitorId: "x", consent };
    await service.ingest(Array.from({ length: 50 }, () => nasty));
    const began = performance.now();
    await service.erase("nobody");
    expect(performance.now() - began).toBeLessThan(1000);
    await service.close();
  });

  it("that name an erased user are not written any more", async () => {
    const { service, log } = make();
    await service.erase({ userId: "jane" });
    await service.ingest([
      { broken: true, userId: "jane", visitorId: "new", consent },
      { broken: true, anonymousId: "other", deviceId: "d", consent },
    ]);
    expect(await log.deadLetters.read(null, 10)).toHaveLength(1);
    await service.close();
  });

  it("that were on their way when the erasure looked through them are removed", async () => {
    const inner = memoryLog();
    let erase: (() => Promise<unknown>) | null = null;
    const log: Log = {
      ...inner,
      deadLetters: {
        ...inner.deadLetters,
        async put(letters) {
          await erase?.();
          return inner.deadLetters.put(letters);
        },
      },
    };
    const { service } = make(log);
    erase = () => service.erase({ userId: "jane" });
    await service.ingest([{ broken: true, userId: "jane", consent }]);
    expect(await log.deadLetters.read(null, 10)).toEqual([]);
    await service.close();
  });

  it("names nobody by an identifier that is longer than any that is taken", async () => {
    const { service, log } = make();
    await service.ingest([{ broken: true, visitorId: "x".repeat(10_000), consent }]);
    const [letter] = await log.deadLetters.read(null, 1);
    expect(letter).not.toHaveProperty("subject");
    expect(letter).not.toHaveProperty("subjects");
    await service.close();
  });
});
