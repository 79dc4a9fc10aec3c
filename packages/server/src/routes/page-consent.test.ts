import { consentTextHash } from "@attune/core/service";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer } from "../testing/start.js";

const TEXT = consentTextHash({ en: "Your data, your choice" });
let at: TestServer;
beforeAll(async () => {
  const consent = { version: "1", textHash: TEXT, gpcDenies: ["advertising", "marketing"] } as const;
  at = await startTestServer({ consent });
});
afterAll(() => at.close());

const CONSENT = "/api/v1/behavioral/consent";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const ALL = { analytics: true, personalization: true, marketing: true, advertising: true };
const GPC = { "sec-gpc": "1" };
const decision = (more: object) => ({
  consentStatus: "granted",
  consentType: "granular",
  granularConsent: ALL,
  policyVersion: "1",
  ...more,
});
const storedOf = async (id: string) =>
  (await (await at.call(`${CONSENT}/${id}`, { key: SECRET })).json()) as {
    current: { grants: Record<string, boolean> };
  };

describe("consent under a write key", () => {
  it("is recorded for an unguessable visitor id, and the answer tells nothing of what is stored", async () => {
    const visitorId = "6f1c7b1e-8d55-7c3a-9d8e-0a1b2c3d4e5f";
    const response = await at.post(CONSENT, decision({ visitorId }));
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ id: expect.any(String), recordedAt: expect.any(String) });
    expect((await storedOf(visitorId)).current.grants.marketing).toBe(true);
  });

  it("T27 has a signed receipt, for who holds a secret key", async () => {
    const visitorId = "6f1c7b1e-8d55-7c3a-9d8e-0a1b2c3d4e52";
    const answer = await at.post(CONSENT, decision({ visitorId, region: "DE" }), { key: SECRET });
    const { receipt } = (await answer.json()) as { receipt: object };
    expect(receipt).toMatchObject({ policyVersion: "1", region: "DE", textHash: TEXT, source: "api" });
    const stored = await (await at.call(`${CONSENT}/${visitorId}`, { key: SECRET })).json();
    expect(stored).toMatchObject({ receipts: [receipt] });
    const { service } = at.server;
    expect(await service.verifyReceipt(receipt)).toBe(true);
    expect(await service.verifyReceipt({ ...receipt, policyVersion: "2" })).toBe(false);
  });

  it("is refused for user ids and guessable visitor ids, in every form", async () => {
    const native = { purposes: { analytics: false }, policyVersion: "1", source: "banner" };
    for (const body of [
      decision({ userId: "user-1" }),
      decision({ userId: "6f1c7b1e-8d55-7c3a-9d8e-0a1b2c3d4e50" }),
      decision({ userId: "user-1", visitorId: "6f1c7b1e-8d55-7c3a-9d8e-0a1b2c3d4e51" }),
      decision({ visitorId: "visitor-1" }),
      { ...native, userId: "user-1" },
      { ...native, visitorId: "visitor-1" },
    ]) {
      const response = await at.post(CONSENT, body);
      expect(response.status).toBe(403);
      const problem = await response.json();
      expect(problem.type).toBe("ATTUNE_SERVER_CONSENT_SUBJECT");
      expect(problem.detail).toContain("secret key");
    }
    expect((await at.call(`${CONSENT}/user-1`, { key: SECRET })).status).toBe(404);
    expect((await at.post(CONSENT, decision({ userId: "user-1" }), { key: SECRET })).status).toBe(201);
  });
});

describe("Global Privacy Control", () => {
  const purposes = async (visitorId: string): Promise<string[][]> => {
    await at.server.service.settled();
    const data = await at.server.service.exportData({ visitorId });
    return data.visitors.flatMap(({ events }) => events.map((event) => [...event.consent.purposes].sort()));
  };

  it("takes advertising and marketing off what an event states, in every shape it can state it", async () => {
    const shapes: unknown[] = [
      { purposes: Object.keys(ALL), policyVersion: "1" },
      Object.keys(ALL),
      ALL,
      { granularConsent: ALL, consentStatus: "granted" },
    ];
    const visitorId = "gpc-visitor-0123456789-a";
    const events = shapes.map((consent) => nativeEvent({ visitorId, consent }));
    const { consent: _, ...flat } = nativeEvent({ visitorId });
    events.push({ ...flat, granularConsent: ALL });
    const answer = await (await at.post(BATCH, events, { headers: GPC })).json();
    expect(answer).toMatchObject({ accepted: 5, rejected: [] });
    await at.post("/api/v1/behavioral/events", nativeEvent({ visitorId, consent: ALL }), { headers: GPC });
    const kept = await purposes(visitorId);
    expect(kept).toHaveLength(6);
    for (const one of kept) {
      expect(one).toEqual(expect.arrayContaining(["analytics", "personalization"]));
      expect(one).not.toEqual(expect.arrayContaining(["advertising"]));
      expect(one).not.toEqual(expect.arrayContaining(["marketing"]));
    }
  });

  it("and off what is stored, where an event states nothing", async () => {
    const visitorId = "gpc-visitor-0123456789-b";
    await at.post(CONSENT, decision({ visitorId }));
    const { consent: _, ...silent } = nativeEvent({ visitorId });
    await at.post(BATCH, [silent], { headers: GPC });
    const [kept] = await purposes(visitorId);
    expect(kept).toEqual(expect.arrayContaining(["analytics", "personalization"]));
    expect(kept).not.toContain("advertising");
    expect(kept).not.toContain("marketing");
  });

  it("narrows a decision as it is recorded", async () => {
    const visitorId = "gpc-visitor-0123456789-c";
    expect((await at.post(CONSENT, decision({ visitorId }), { headers: GPC })).status).toBe(201);
    expect((await storedOf(visitorId)).current.grants).toMatchObject({
      analytics: true,
      personalization: true,
      marketing: false,
      advertising: false,
    });
  });

  it("holds for decisions whatever the body's context says", async () => {
    const slot = {
      variants: { plain: 1, ad: 2 },
      fallback: "plain",
      purposes: ["personalization", "advertising"],
      policy: { type: "rules", rules: [{ when: { context: {} }, variant: "ad" }] },
    };
    const ruleset = { schemaVersion: 1, revision: 1, slots: { banner: slot } };
    expect((await at.server.service.loadRuleset(ruleset)).ok).toBe(true);
    const visitor = { id: "gpc-visitor-0123456789-d", consent: { necessary: true, ...ALL } };
    const reason = async (context: object, headers: Record<string, string>): Promise<string> => {
      const answer = await at.post("/api/v1/decisions", { visitor, slots: ["banner"], context }, { headers });
      return (await answer.json()).decisions.banner.reason;
    };
    expect(await reason({}, {})).toBe("rule");
    expect(await reason({ gpc: true }, {})).toBe("consent");
    expect(await reason({ gpc: false }, GPC)).toBe("consent");
    const event = nativeEvent({ visitorId: visitor.id, consent: ALL });
    const riding = await at.post("/api/v1/behavioral/events?wait=2000&slots=banner", event, { headers: GPC });
    expect((await riding.json()).decisions.banner.reason).toBe("consent");
  });
});
