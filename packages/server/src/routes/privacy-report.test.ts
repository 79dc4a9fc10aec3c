import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
let now = Date.parse("2026-05-01T00:00:00Z");
const policy = { version: "7", mode: "opt-in" } as const;
beforeAll(async () => {
  at = await startTestServer({ consent: policy, clock: { now: () => now } });
});
afterAll(() => at.close());

const PATH = "/api/v1/behavioral/privacy-report";
const report = async (query = "") => (await at.call(`${PATH}${query}`, { key: SECRET })).json();

describe("GET /privacy-report", () => {
  it("is computed: of nothing it tells zeros, and says why something is null", async () => {
    expect(await report()).toEqual({
      site: "default",
      generatedAt: "2026-05-01T00:00:00.000Z",
      from: "2026-04-01T00:00:00.001Z",
      to: "2026-05-01T00:00:00.001Z",
      consent: {
        policy: {
          version: "7",
          mode: "opt-in",
          regions: {},
          purposes: ["analytics", "personalization", "marketing", "advertising"],
          gpcDenies: ["marketing", "advertising"],
          expiresAfterMs: 180 * 86_400_000,
        },
        decisions: {
          decided: 0,
          granted: { analytics: 0, personalization: 0, marketing: 0, advertising: 0 },
          lapsed: 0,
          bySource: {},
        },
      },
      held: { visitors: 0, events: 0, sessions: 0, deadLetters: 0, retentionMs: 395 * 86_400_000 },
      protection: { logSealed: false, sensitiveFieldsSealed: false },
      done: {
        erasures: 0,
        erasuresByVisitors: 0,
        erased: { events: 0, sessions: 0, profiles: 0 },
        exports: 0,
        sensitiveReads: 0,
        keysRevoked: 0,
      },
      auditLog: { ok: true, entries: 0 },
      notes: {},
    });
  });

  it("counts decisions, what is held and what was done, and names nobody", async () => {
    const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
    const decide = (visitorId: string, purposes: object, policyVersion = "7") =>
      at.post(
        "/api/v1/behavioral/consent",
        { visitorId, purposes, policyVersion, source: "banner" },
        { key: SECRET },
      );
    await decide(a, { analytics: true, marketing: true });
    await decide(b, { analytics: false });
    await decide(c, { analytics: true }, "6");
    const consent = { purposes: ["analytics"], policyVersion: "7" };
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId: a, occurredAt: now, consent }),
      nativeEvent({ visitorId: a, occurredAt: now, consent }),
      { ...nativeEvent({ visitorId: a, occurredAt: now, consent }), name: "" },
    ]);
    const found = await report();
    expect(found.consent.decisions).toEqual({
      decided: 3,
      granted: { analytics: 1, personalization: 0, marketing: 1, advertising: 0 },
      lapsed: 1,
      bySource: { banner: 3 },
    });
    expect(found.held).toMatchObject({ visitors: 1, events: 2, sessions: 1, deadLetters: 1 });
    await at.call(`/api/v1/behavioral/data/${a}/export`, { key: SECRET });
    await at.call(`/api/v1/behavioral/data/${a}`, { key: SECRET, method: "DELETE" });
    const after = await report();
    expect(after.done).toMatchObject({
      erasures: 1,
      exports: 1,
      erased: { events: 2, sessions: 1, profiles: 1 },
    });
    expect(after.held).toMatchObject({ visitors: 0, events: 0, deadLetters: 0 });
    expect(after.auditLog).toMatchObject({ ok: true });
    for (const id of [a, b, c]) expect(JSON.stringify(after)).not.toContain(id);
    now += 40 * 86_400_000;
    expect((await report()).done).toMatchObject({ erasures: 0, exports: 0 });
    expect((await report("?from=2026-04-30&to=2026-05-02")).done).toMatchObject({ erasures: 1 });
    const bounded = await report("?visitors=2");
    expect(bounded.consent.decisions).toBeNull();
    expect(bounded.notes["consent.decisions"]).toContain("More than 2");
  });

  it("is for the host, and refuses what it does not understand", async () => {
    expect((await at.call(PATH)).status).toBe(403);
    expect((await at.call(PATH, { key: null })).status).toBe(401);
    for (const query of [
      "?from=soon",
      "?visitors=-1",
      "?visitors=99999999",
      "?from=2026-05-02&to=2026-05-01",
    ])
      expect((await at.call(`${PATH}${query}`, { key: SECRET })).status, query).toBe(400);
  });
});
