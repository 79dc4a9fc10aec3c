import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PAGE_ORIGIN, startTestServer, type TestServer } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const DATA = "/api/v1/behavioral/data";

/** Of somebody who answers for the site, and visits it: a page of the same registrable domain is sent the cookie along. */
async function sessionCookie(): Promise<string> {
  const response = await fetch(at.server.signInUrl(at.url), { redirect: "manual" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}
const get = (path: string, headers: Record<string, string>): Promise<Response> =>
  at.call(path, { key: null, headers });

describe("T17 a signed-in session in a page of the site", () => {
  it("reads nothing for that page, which could hand it on", async () => {
    const cookie = await sessionCookie();
    const paths = [
      `${DATA}/somebody/export`,
      "/api/v1/behavioral/consent/somebody",
      "/api/v1/behavioral/audit-log",
    ];
    for (const path of paths)
      for (const origin of [PAGE_ORIGIN, "https://elsewhere.example", "null"]) {
        const response = await get(path, { cookie, origin });
        expect(response.status, `${path} from ${origin}`).toBe(401);
      }
    expect((await get(`${DATA}/somebody/export`, { cookie })).status).toBe(200);
    expect((await get(`${DATA}/somebody/export`, { cookie, origin: at.url })).status).toBe(200);
  });

  it("does not stand in the way of the visitor's own token there", async () => {
    const cookie = await sessionCookie();
    const visitorId = randomUUID();
    const given = { visitorId, consentStatus: "granted", policyVersion: "1" };
    const granted = await at.post("/api/v1/behavioral/consent", given, { headers: { origin: PAGE_ORIGIN } });
    const token = granted.headers.get("set-cookie")?.split(";")[0] ?? "";
    const response = await get(`${DATA}/me/export`, { cookie: `${cookie}; ${token}`, origin: PAGE_ORIGIN });
    expect(response.status).toBe(200);
    const grants = { analytics: true, marketing: true };
    expect(await response.json()).toMatchObject({ visitors: [{ consent: { current: { grants } } }] });
  });
});
