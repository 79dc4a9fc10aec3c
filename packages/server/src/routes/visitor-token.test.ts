import { randomUUID } from "node:crypto";
import { strFromU8, unzipSync } from "fflate";
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
let now = Date.now();
beforeAll(async () => {
  at = await startTestServer({ clock: { now: () => now } });
});
afterAll(() => at.close());

const CONSENT = "/api/v1/behavioral/consent";
const DATA = "/api/v1/behavioral/data";
const decision = (visitorId: string, granted = true) => ({
  visitorId,
  purposes: { analytics: granted, personalization: granted },
  policyVersion: "1",
  source: "banner",
});
/** What the browser would send back. */
const cookieOf = (response: Response): string => response.headers.get("set-cookie")?.split(";")[0] ?? "";
async function grant(visitorId: string = randomUUID()): Promise<{ visitorId: string; cookie: string }> {
  const response = await at.post(CONSENT, decision(visitorId), { headers: { origin: PAGE_ORIGIN } });
  expect(response.status).toBe(201);
  return { visitorId, cookie: cookieOf(response) };
}
const own = (path: string, cookie: string, init: RequestInit = {}) =>
  at.call(path, {
    ...init,
    key: null,
    headers: { cookie, origin: PAGE_ORIGIN, ...(init.headers as object) },
  });

describe("T17 a visitor's token", () => {
  it("is set where something is granted, out of the reach of scripts and other sites, and taken away with the last grant", async () => {
    const visitorId = randomUUID();
    const granted = await at.post(CONSENT, decision(visitorId), { headers: { origin: PAGE_ORIGIN } });
    expect(granted.headers.get("set-cookie")).toMatch(
      /^attune_visitor=v1\.[0-9a-f]+\.[0-9a-f]{64}; Path=\/api\/v1\/behavioral; Max-Age=15552000; HttpOnly; SameSite=Strict$/,
    );
    const taken = await at.post(CONSENT, decision(visitorId, false));
    expect(taken.headers.get("set-cookie")).toMatch(/^attune_visitor=; .*Max-Age=0;/);
    const byHost = await at.post(CONSENT, decision(visitorId), { key: SECRET });
    expect(byHost.headers.get("set-cookie")).toBeNull();
    const tls = await startTestServer({ origin: "https://attune.example", basePath: "/attune" });
    const there = await tls.post(`/attune${CONSENT}`, decision(visitorId));
    expect(there.headers.get("set-cookie")).toMatch(/Path=\/attune\/api\/v1\/behavioral; .*; Secure$/);
    await tls.close();
  });

  it("sees, decides on and erases its own visitor", async () => {
    const { visitorId, cookie } = await grant();
    const marker = "planted-own";
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId, properties: { note: marker } }),
    ]);
    for (const id of [visitorId, "me"]) {
      const data = await (await own(`${DATA}/${id}/export`, cookie)).json();
      expect(data.visitors).toHaveLength(1);
      expect(JSON.stringify(data)).toContain(marker);
      const stored = await (await own(`${CONSENT}/${id}`, cookie)).json();
      expect(stored.current.grants).toMatchObject({ analytics: true, marketing: false });
    }
    const preference = {
      visitorId,
      purposes: { marketing: true },
      policyVersion: "1",
      source: "preferences",
    };
    const changed = await own(CONSENT, cookie, {
      method: "POST",
      body: JSON.stringify(preference),
      headers: { "content-type": "application/json" },
    });
    expect(changed.status).toBe(201);
    const erased = await own(`${DATA}/me`, cookie, { method: "DELETE" });
    expect(await erased.json()).toMatchObject({ status: "completed", dataRemoved: { events: 1 } });
    expect(erased.headers.get("set-cookie")).toMatch(/^attune_visitor=; /);
    const after = await (await own(`${DATA}/me/export`, cookie)).json();
    expect(JSON.stringify(after)).not.toContain(marker);
    const entries = await at.server.service.audit.list();
    expect(entries.filter(({ actor }) => actor === "visitor").map(({ type }) => type)).toContain("erasure");
    expect(JSON.stringify(entries)).not.toContain(visitorId);
  });

  it("reaches nobody else, also by another name, and no other route", async () => {
    const { visitorId, cookie } = await grant();
    const other = await grant();
    // Somebody whose user id is this visitor's id.
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId: other.visitorId, userId: visitorId, properties: { note: "planted-other" } }),
    ]);
    expect((await own(`${DATA}/${other.visitorId}/export`, cookie)).status).toBe(403);
    expect((await own(`${DATA}/${other.visitorId}`, cookie, { method: "DELETE" })).status).toBe(403);
    expect((await own(`${CONSENT}/${other.visitorId}`, cookie)).status).toBe(403);
    const mine = await (await own(`${DATA}/me/export`, cookie)).text();
    expect(mine).not.toContain("planted-other");
    const posted = await own(CONSENT, cookie, {
      method: "POST",
      body: JSON.stringify(decision(other.visitorId, false)),
      headers: { "content-type": "application/json" },
    });
    expect(posted.status).toBe(403);
    for (const path of [
      "/api/sessions/metrics",
      "/api/v1/behavioral/audit-log",
      "/api/v1/behavioral/stream",
      "/metrics",
    ])
      expect((await own(path, cookie)).status, path).toBe(401);
  });

  it("is worth nothing altered, too old, of another server, or beside a public key", async () => {
    const { visitorId, cookie } = await grant();
    const exported = async (sent: string): Promise<number> => (await own(`${DATA}/me/export`, sent)).status;
    expect(await exported(cookie)).toBe(200);
    const flip = (text: string, i: number) =>
      text.slice(0, i) + (text[i] === "0" ? "1" : "0") + text.slice(i + 1);
    const from = cookie.indexOf("v1.") + 3;
    for (let i = from; i < cookie.length; i += 7)
      if (cookie[i] !== ".") expect(await exported(flip(cookie, i)), String(i)).toBe(401);
    for (const bad of [
      "attune_visitor=",
      "attune_visitor=v1..",
      "attune_visitor=x",
      `attune_visitor=${"a".repeat(5000)}`,
    ])
      expect(await exported(bad)).toBe(401);
    // One that was planted beside it keeps nobody out.
    expect(await exported(`attune_visitor=v1.00.${"0".repeat(64)}; ${cookie}`)).toBe(200);
    const elsewhere = await startTestServer();
    const there = await elsewhere.call(`${DATA}/me/export`, {
      key: null,
      headers: { cookie, origin: PAGE_ORIGIN },
    });
    expect(there.status).toBe(401);
    await elsewhere.close();
    // A public key goes before it, and reads nothing.
    const both = await at.call(`${DATA}/${visitorId}/export`, { key: WRITE, headers: { cookie } });
    expect(both.status).toBe(403);
    now += 181 * 86_400_000;
    expect(await exported(cookie)).toBe(401);
    now -= 181 * 86_400_000;
  });

  it("counts for pages of named origins alone, which may send cookies along", async () => {
    const { cookie } = await grant();
    const from = async (origin: string | null, method = "GET", more = {}): Promise<Response> =>
      at.call(method === "GET" ? `${DATA}/me/export` : `${DATA}/me`, {
        key: null,
        method,
        headers: { cookie, ...(origin !== null && { origin }), ...more },
      });
    for (const origin of ["https://elsewhere.example", "null"]) {
      const response = await from(origin);
      expect(response.status).toBe(403);
      expect(response.headers.get("access-control-allow-credentials")).toBeNull();
      expect((await from(origin, "DELETE")).status).toBe(403);
    }
    expect((await from(null, "DELETE")).status).toBe(403);
    expect((await from(null, "GET", { "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await from(null)).status).toBe(200);
    const page = await from(PAGE_ORIGIN);
    expect(page.status).toBe(200);
    expect(page.headers.get("access-control-allow-credentials")).toBe("true");
    const preflight = await fetch(`${at.url}${DATA}/me`, {
      method: "OPTIONS",
      headers: { origin: PAGE_ORIGIN, "access-control-request-method": "DELETE" },
    });
    expect(preflight.headers.get("access-control-allow-methods")).toContain("DELETE");
    expect(preflight.headers.get("access-control-allow-credentials")).toBe("true");
    const batch = await fetch(`${at.url}/api/v1/behavioral/batch`, {
      method: "OPTIONS",
      headers: { origin: PAGE_ORIGIN },
    });
    expect(batch.headers.get("access-control-allow-credentials")).toBeNull();
    expect((await from(PAGE_ORIGIN, "DELETE")).status).toBe(200);
  });
});

describe("T17 sites that share a registrable domain", () => {
  const keys = { shop: "wk_of-the-shop", blog: "wk_of-the-blog" };
  const origins = { shop: "https://shop.host.example", blog: "https://blog.host.example" };
  type Name = keyof typeof keys;
  let two: TestServer;
  beforeAll(async () => {
    const names: Name[] = ["shop", "blog"];
    const auth = {
      keys: names.map((site) => ({
        ...{ kind: "write" as const, site, id: site },
        ...{ key: keys[site], origins: [origins[site]] },
      })),
    };
    two = await startTestServer({ auth });
  });
  afterAll(() => two.close());
  const grantOn = async (site: Name, visitorId: string): Promise<string> =>
    cookieOf(
      await two.post(CONSENT, decision(visitorId), {
        key: keys[site],
        headers: { origin: origins[site] },
      }),
    );
  const mine = (site: Name, cookie: string, init: RequestInit = {}) =>
    two.call(`${DATA}/me${init.method === "DELETE" ? "" : "/export"}`, {
      ...init,
      key: null,
      headers: { cookie, origin: origins[site] },
    });

  it("reach neither each other's visitors nor their tokens", async () => {
    const visitorId = randomUUID();
    const ofShop = await grantOn("shop", visitorId);
    expect(ofShop).toMatch(/^attune_visitor\.shop=v1\./);
    expect((await mine("shop", ofShop)).status).toBe(200);
    expect((await mine("blog", ofShop)).status).toBe(403);
    expect((await mine("blog", ofShop, { method: "DELETE" })).status).toBe(403);
    // A token under another site's name is none.
    expect((await mine("blog", ofShop.replace("shop=", "blog="))).status).toBe(401);
    const body = JSON.stringify(decision(visitorId, false));
    const headers = { cookie: ofShop, origin: origins.blog, "content-type": "application/json" };
    expect((await two.call(CONSENT, { key: null, method: "POST", body, headers })).status).toBe(403);
  });

  it("are told apart by the page, where a browser sends the tokens of both", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const both = `${await grantOn("shop", one)}; ${await grantOn("blog", other)}`;
    const sites = ["shop", "blog"] as const;
    const exported = await Promise.all(sites.map(async (site) => (await mine(site, both)).json()));
    const pseudonyms = await Promise.all(
      sites.map((site, i) => two.server.service.pseudonymOf({ visitorId: i === 0 ? one : other }, { site })),
    );
    exported.forEach((data, i) => {
      expect(JSON.stringify(data)).toContain(pseudonyms[i]);
      expect(JSON.stringify(data)).not.toContain(pseudonyms[1 - i]);
    });
    const erased = await mine("blog", both, { method: "DELETE" });
    expect(erased.headers.get("set-cookie")).toMatch(/^attune_visitor\.blog=; /);
    expect((await (await mine("shop", both)).json()).visitors).toHaveLength(1);
  });
});

describe("an export in the form that was asked for", () => {
  it("is JSON, lines, or one archive with the same lines in it", async () => {
    const { visitorId, cookie } = await grant();
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId }),
      nativeEvent({ visitorId }),
    ]);
    const lines = (await (await own(`${DATA}/me/export?format=ndjson`, cookie)).text()).trim().split("\n");
    const zip = await own(`${DATA}/me/export?format=zip`, cookie);
    expect(zip.headers.get("content-type")).toBe("application/zip");
    expect(zip.headers.get("content-disposition")).toContain("attune-export.zip");
    const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
    expect(Object.keys(files).sort()).toEqual([
      "README.txt",
      "events.ndjson",
      "profile.ndjson",
      "records.ndjson",
    ]);
    const inside = ["profile", "events", "records"].flatMap((name) =>
      strFromU8(files[`${name}.ndjson`] as Uint8Array)
        .split("\n")
        .filter(Boolean),
    );
    const stable = (all: readonly string[]): string[] =>
      all.map((line) => line.replace(/"exportedAt":"[^"]*"/, "")).sort();
    expect(stable(inside)).toEqual(stable(lines));
    const events = strFromU8(files["events.ndjson"] as Uint8Array)
      .trim()
      .split("\n");
    expect(events).toHaveLength(2);
    const accepted = await own(`${DATA}/me/export`, cookie, { headers: { accept: "application/zip" } });
    expect(accepted.headers.get("content-type")).toBe("application/zip");
    expect((await own(`${DATA}/me/export?format=csv`, cookie)).status).toBe(400);
  });
});

describe("an erasure without what the user is linked to", () => {
  it("takes what is kept under the very id, and leaves linked visitors", async () => {
    const [visitorId, userId] = [randomUUID(), "linked-user"];
    await at.post("/api/v1/behavioral/batch?wait=5000", [
      nativeEvent({ visitorId, userId, properties: { note: "of-the-device" } }),
      nativeEvent({ visitorId: null, userId, properties: { note: "of-the-user" } }),
    ]);
    const secret = { key: SECRET };
    const narrow = await at.call(`${DATA}/${userId}?cascadeDelete=false`, { ...secret, method: "DELETE" });
    expect(await narrow.json()).toMatchObject({ dataRemoved: { events: 1, profiles: 1 } });
    const left = await (await at.call(`${DATA}/${userId}/export`, secret)).text();
    expect(left).toContain("of-the-device");
    expect(left).not.toContain("of-the-user");
    const whole = await at.call(`${DATA}/${userId}`, { ...secret, method: "DELETE" });
    expect(await whole.json()).toMatchObject({ dataRemoved: { events: 1, profiles: 1 } });
    expect(await (await at.call(`${DATA}/${userId}/export`, secret)).text()).not.toContain("of-the-device");
  });
});
