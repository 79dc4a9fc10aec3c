import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const PATH = "/api/v1/behavioral/events/privacy-compliant";
const body = (more: object = {}) => ({
  anonymizedSessionId: "anonymised-1",
  consentLevel: "analytics",
  eventType: "product_view",
  eventData: {
    productId: "p-1",
    price: 12,
    userId: "planted-5309",
    url: "https://shop.example/a?name=planted-5309",
  },
  privacySettings: { anonymization: "session", retention: "30d", sharing: "none" },
  ...more,
});

describe("POST /events/privacy-compliant", () => {
  it("keeps the event under its session alone, and what its level allows", async () => {
    const response = await at.post(`${PATH}?wait=5000`, body());
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      eventId: expect.stringMatching(/^h-/),
      stored: true,
      privacyCompliance: {
        consentLevel: "analytics",
        purposes: ["necessary", "analytics"],
        anonymization: "session",
        retention: 30 * 86_400_000,
        sharing: "none",
        dropped: ["/userId"],
      },
      notes: {},
    });
    const held: { event: Record<string, unknown>; expiresAt: number | undefined }[] = [];
    for await (const partition of at.store.partitions("default/v/"))
      for await (const { value, expiresAt } of at.store.scan<{ event: Record<string, unknown> }>(partition, {
        prefix: "e/",
      }))
        held.push({ event: value.event, expiresAt });
    expect(held).toHaveLength(1);
    expect(held[0]?.event).toMatchObject({
      name: "Product Viewed",
      userId: null,
      deviceId: null,
      properties: { product_id: "p-1", price: 12, sharing: "none" },
      context: { page: { url: "https://shop.example/a", path: "/a" } },
    });
    expect(JSON.stringify(held)).not.toMatch(/planted|anonymised-1/);
    expect((held[0]?.expiresAt ?? 0) - Date.now()).toBeLessThanOrEqual(30 * 86_400_000);
  });

  it("keeps nothing at the level `none`, and nothing for longer than the server does", async () => {
    const none = await (await at.post(PATH, body({ consentLevel: "none" }))).json();
    expect(none).toMatchObject({ stored: false, privacyCompliance: { purposes: [], retention: null } });
    const long = await (await at.post(PATH, body({ privacySettings: { retention: "9999d" } }))).json();
    expect(long.privacyCompliance.retention).toBe(395 * 86_400_000);
    expect(long.notes.retention).toContain("no event for longer");
  });

  it("is one event under one Idempotency-Key, also where each has a session of its own", async () => {
    const once = { headers: { "idempotency-key": "privacy-1" } };
    const full = body({ privacySettings: { anonymization: "full" } });
    const [a, b] = [
      await (await at.post(PATH, full, once)).json(),
      await (await at.post(PATH, full, once)).json(),
    ];
    expect(a).toEqual(b);
    expect((await (await at.post(PATH, full)).json()).eventId).not.toBe(a.eventId);
  });

  it("refuses what names somebody, with the place", async () => {
    const response = await at.post(PATH, body({ userId: "u-1" }));
    expect(response.status).toBe(400);
    expect((await response.json()).errors).toMatchObject([{ path: "/userId" }]);
    expect((await at.post(PATH, body(), { key: null })).status).toBe(401);
  });
});
