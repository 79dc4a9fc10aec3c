import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_ORIGIN, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer({ consentCategories: { C0002: "analytics", C0003: "personalization" } });
});
afterAll(() => at.close());

const granted = { consent: { categoryPreferences: { analytics: true, personalization: true } } };
const track = (more: object = {}) => ({
  event: "Song Played",
  anonymousId: "listener-0123456789-abcdefghij",
  context: granted,
  ...more,
});
const eventsOf = async (visitorId: string) =>
  (await at.server.service.exportData({ visitorId })).visitors.flatMap(({ events }) => events);

describe("the Segment HTTP tracking API", () => {
  it.each(["track", "t", "page", "p", "screen", "s", "identify", "i", "group", "g", "alias", "a"])(
    "POST /v1/%s takes one message and answers as Segment does",
    async (call) => {
      const anonymousId = `visitor-of-${call}`;
      const response = await at.post(`/v1/${call}?wait=5000`, {
        ...track({ anonymousId }),
        userId: `u-${call}`,
      });
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ success: true });
      expect(await eventsOf(anonymousId)).toHaveLength(1);
    },
  );

  it("takes the key as Basic user name, as Bearer, in the body and in the query; a beacon too", async () => {
    const body = (messageId: string) =>
      JSON.stringify(track({ anonymousId: "keyed", messageId, writeKey: WRITE }));
    const basic = `Basic ${Buffer.from(`${WRITE}:`).toString("base64")}`;
    const ways: [string, RequestInit][] = [
      ["/v1/track", { headers: { authorization: basic, "content-type": "application/json" } }],
      ["/v1/track", { headers: { authorization: `Bearer ${WRITE}`, "content-type": "application/json" } }],
      ["/v1/track", { headers: { "content-type": "text/plain;charset=UTF-8", origin: PAGE_ORIGIN } }],
      [`/v1/track?writeKey=${WRITE}`, { headers: { "content-type": "text/plain" } }],
    ];
    for (const [i, [path, init]] of ways.entries())
      expect((await at.post(path, body(`m-${i}`), { ...init, key: null })).status, path).toBe(200);
    await at.server.service.settled();
    expect(await eventsOf("keyed")).toHaveLength(ways.length);
    expect((await at.post("/v1/track", track(), { key: null })).status).toBe(401);
    const elsewhere = { headers: { origin: "https://elsewhere.example" } };
    expect((await at.post("/v1/track", track(), elsewhere)).status).toBe(403);
  });

  it("T11 one invalid message costs no other, and stands in the dead letters", async () => {
    const batch = [
      { ...track({ anonymousId: "batched", messageId: "b-1" }), type: "track" },
      { type: "track", messageId: "b-2", anonymousId: "batched", context: granted },
      "no message",
      { ...track({ anonymousId: "batched", messageId: "b-3" }), type: "track" },
    ];
    const response = await at.post("/v1/batch?wait=5000", { batch, sentAt: new Date().toISOString() });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ success: true, rejected: [{ index: 1 }, { index: 2 }] });
    expect((await eventsOf("batched")).map(({ id }) => id).sort()).toEqual(["b-1", "b-3"]);
    const letters = await at.server.service.deadLetters.list();
    expect(letters.map(({ source }) => source.route)).toEqual(["v1/batch", "v1/batch"]);

    const alone = await at.post("/v1/track", { anonymousId: "batched", context: granted });
    expect(alone.status).toBe(400);
    for (const bad of [{}, { batch: [] }, { batch: Array.from({ length: 1001 }, () => batch[0]) }])
      expect((await at.post("/v1/batch", bad)).status).toBe(400);
    expect((await at.post("/v1/track", track({ properties: { text: "x".repeat(40_000) } }))).status).toBe(
      413,
    );
  });

  it("T9 a message that is sent again takes effect once", async () => {
    const message = {
      ...track({ anonymousId: "repeating", messageId: "again-1" }),
      sentAt: "2026-01-01T00:00:00Z",
      timestamp: "2026-01-01T00:00:00Z",
    };
    for (let i = 0; i < 3; i++) await at.post("/v1/track?wait=5000", message);
    expect(await eventsOf("repeating")).toHaveLength(1);
  });

  it("keeps nothing without consent: of its own, stored, or by the site's policy", async () => {
    const silent = (anonymousId: string, context = {}) =>
      at.post("/v1/track?wait=5000", track({ anonymousId, context }));
    expect(await (await silent("silent")).json()).toEqual({ success: true, withheld: 1 });
    const denied = { consent: { categoryPreferences: { C0002: true, C0003: false } } };
    expect(await (await silent("mapped", denied)).json()).toEqual({ success: true });
    expect((await eventsOf("mapped"))[0]?.consent.purposes).toEqual(["necessary", "analytics"]);
    const decided = {
      visitorId: "decided",
      purposes: { analytics: true },
      policyVersion: "1",
      source: "api",
    };
    await at.post("/api/v1/behavioral/consent", decided, { key: SECRET });
    expect(await (await silent("decided")).json()).toEqual({ success: true });
    expect((await eventsOf("decided"))[0]?.consent.purposes).toEqual(["necessary", "analytics"]);
    expect(await eventsOf("silent")).toEqual([]);
  });

  it("T17 gives nothing to read: the settings tell where to send to, and nothing of the site", async () => {
    const settings = await (await at.call(`/v1/projects/${WRITE}/settings`, { key: null })).json();
    expect(settings.integrations["Segment.io"]).toMatchObject({
      apiKey: WRITE,
      apiHost: `${new URL(at.url).host}/v1`,
      protocol: "http",
    });
    expect((await at.call("/v1/projects/unknown/settings", { key: null })).status).toBe(401);
    expect((await at.call(`/v1/projects/${SECRET}/settings`, { key: null })).status).toBe(401);
    const source = await (await at.call(`/sourceConfig/?writeKey=${WRITE}`, { key: null })).json();
    expect(source.source).toMatchObject({ enabled: true, destinations: [] });
    expect((await at.call("/sourceConfig", { key: null })).status).toBe(401);
  });
});
