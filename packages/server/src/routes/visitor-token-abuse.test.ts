import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  nativeEvent,
  PAGE_ORIGIN,
  SECRET,
  startTestServer,
  type TestServer,
  WRITE,
} from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const CONSENT = "/api/v1/behavioral/consent";
const DATA = "/api/v1/behavioral/data";
const BATCH = "/api/v1/behavioral/batch?wait=5000";
const decision = (visitorId: string, granted = true, consentDate = Date.now()) => ({
  visitorId,
  consentStatus: granted ? "granted" : "withdrawn",
  consentType: "all",
  policyVersion: "1",
  consentDate,
});
const cookieOf = (response: Response): string | null => response.headers.get("set-cookie");
const headers = { origin: PAGE_ORIGIN };
const own = (path: string, cookie: string, init: RequestInit = {}) =>
  at.call(path, { ...init, key: null, headers: { cookie, ...headers } });

describe("T17 a token for an id that was made up", () => {
  // What whoever holds a public key may know: a user's id, and what a product is called.
  const userId = randomUUID();
  const product = "garden-chair-oak-2026-xl";
  const broken = (more: Record<string, unknown>) => ({ ...nativeEvent(more), name: "" });
  const letters = async (): Promise<string> => JSON.stringify(await at.log.deadLetters.read(null, 100));

  it.each([
    ["of a user", userId],
    ["of a thing", product],
  ])("%s hands out and erases no dead letters of others", async (_, madeUp) => {
    await at.post(BATCH, [
      broken({ visitorId: randomUUID(), userId, properties: { product_id: product, note: "planted-other" } }),
      broken({ visitorId: null, userId, properties: { product_id: product, note: "planted-user" } }),
    ]);
    const granted = await at.post(CONSENT, decision(madeUp), { headers });
    const cookie = cookieOf(granted)?.split(";")[0] ?? "";
    // So that the made-up visitor's own events name the user, its session and its device.
    await at.post(BATCH, [nativeEvent({ visitorId: madeUp, userId })]);
    const mine = await (await own(`${DATA}/me/export`, cookie)).text();
    expect(mine).toContain("Product Viewed");
    expect(mine).not.toContain("planted");
    const before = await letters();
    expect((await own(`${DATA}/me`, cookie, { method: "DELETE" })).status).toBe(200);
    expect(await letters()).toBe(before);
    // A host that asks for it means whoever is called that, wherever the name stands.
    const asked = await at.call(`${DATA}/${madeUp}/export`, { key: SECRET });
    expect(await asked.text()).toContain("planted-other");
  });

  it("hands out and erases the visitor's own dead letters", async () => {
    const visitorId = randomUUID();
    const granted = await at.post(CONSENT, decision(visitorId), { headers });
    const cookie = cookieOf(granted)?.split(";")[0] ?? "";
    await at.post(BATCH, [broken({ visitorId, properties: { note: "planted-own" } })]);
    expect(await (await own(`${DATA}/me/export`, cookie)).text()).toContain("planted-own");
    await own(`${DATA}/me`, cookie, { method: "DELETE" });
    expect(await letters()).not.toContain("planted-own");
  });
});

describe("T25 a visitor's cookie", () => {
  it("is not set by a grant that comes late, after the withdrawal", async () => {
    const visitorId = randomUUID();
    const now = Date.now();
    await at.post(CONSENT, decision(visitorId, false, now), { headers });
    const late = await at.post(CONSENT, decision(visitorId, true, now - 1000), { headers });
    expect(cookieOf(late)).toMatch(/^attune_visitor=; .*Max-Age=0;/);
  });

  it("is neither set nor taken away for pages that cannot send it", async () => {
    // Without a list of origins any page may use the key: also one that would make its visitor another one.
    const open = await startTestServer({ auth: { keys: [{ kind: "write", key: WRITE }] } });
    for (const granted of [true, false]) {
      const elsewhere = { headers: { origin: "https://elsewhere.example" } };
      const response = await open.post(CONSENT, decision(randomUUID(), granted), elsewhere);
      expect(response.status).toBe(201);
      expect(cookieOf(response)).toBeNull();
    }
    const ownPage = await open.post(CONSENT, decision(randomUUID()), { headers: { origin: open.url } });
    expect(cookieOf(ownPage)).toContain("attune_visitor=v1.");
    await open.close();
  });
});
