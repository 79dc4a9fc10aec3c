import http from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  nativeEvent,
  OTHER_SITE_SECRET,
  PAGE_ORIGIN,
  SECRET,
  startTestServer,
  type TestServer,
  WRITE,
} from "../testing/start.js";
import { createKey, createKeyRing, hashKey } from "./keys.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer({ dashboard: { directory: "/nowhere" } });
});
afterAll(() => at.close());

const BATCH = "/api/v1/behavioral/batch";
/** What a page may do with the key that stands in it. Each of these holds to itself what it tells, as the tests below and beside it show. */
const OF_WRITE_KEYS = `
  POST /api/v1/behavioral/events
  POST /api/v1/behavioral/batch
  POST /api/v1/behavioral/events/privacy-compliant
  POST /api/v1/behavioral/consent
  POST /api/v1/behavioral/handover
  POST /api/v1/behavioral/handover/redeem
  GET /api/v1/behavioral/stream
  POST /api/v1/behavioral/stream
  POST /api/v1/behavioral/stream/ticket
  POST /api/v1/decisions
  GET /api/v1/ruleset
  GET /api/v1/models/{id}/{version}/model.onnx
  POST /ofrep/v1/evaluate/flags
  POST /ofrep/v1/evaluate/flags/{key}
  POST /v1/track
  POST /v1/t
  POST /v1/page
  POST /v1/p
  POST /v1/screen
  POST /v1/s
  POST /v1/identify
  POST /v1/i
  POST /v1/group
  POST /v1/g
  POST /v1/alias
  POST /v1/a
  POST /v1/batch
  POST /v1/b
  POST /beacon/v1/batch
  GET /v1/projects/{key}/settings
  GET /sourceConfig
  GET /sourceConfig/
`;
/** What anybody may read, and the page behind a signed-in session, which takes no key at all. */
const OF_NO_KEY = `
  GET /health
  GET /health/ready
  GET /health/live
  GET /api/v1/behavioral/receipts/keys
  POST /api/v1/behavioral/receipts/verify
  GET /openapi.json
  GET /docs
  GET /dashboard/sign-in
  GET /dashboard
  GET /dashboard/
  GET /dashboard/{file}
`;
const listed = (text: string): string[] => text.trim().split(/\s*\n\s*/);

interface Listed {
  method: string;
  path: string;
}
/** All that is registered, as the server itself describes it. */
async function registered(of: TestServer): Promise<Listed[]> {
  const document = (await (await of.call("/openapi.json", { key: null })).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
}

/** Not by `call`: to compile the schema of each refusal of each route takes longer than all requests. */
const request = ({ method, path }: Listed, key: string | null): Promise<Response> => {
  const headers = new Headers({ "content-type": "application/json" });
  if (key !== null) headers.set("authorization", `Bearer ${key}`);
  const init = { method, headers, redirect: "manual" as const };
  return fetch(at.url + path.replace(/\{\w+\}/g, "some"), method === "GET" ? init : { ...init, body: "{}" });
};

describe("T17 who may do what", () => {
  it("a write key is refused on every route that is not said to be a page's: 403; without a key or with a wrong one it is 401", async () => {
    const all = (await registered(at)).map((one) => ({ ...one, name: `${one.method} ${one.path}` }));
    const open = [...listed(OF_WRITE_KEYS), ...listed(OF_NO_KEY)];
    // A route that is gone must not stay here as one that a page may call.
    expect(open.filter((name) => !all.some((one) => one.name === name))).toEqual([]);
    const guarded = all.filter(({ name }) => !open.includes(name));
    expect(guarded.length).toBeGreaterThan(35);
    for (const route of guarded) {
      const withWrite = await request(route, WRITE);
      expect(withWrite.status, route.name).toBe(403);
      expect(withWrite.headers.get("content-type"), route.name).toBe("application/problem+json");
      expect((await withWrite.json()) as object, route.name).toMatchObject({ type: "ATTUNE_SERVER_SCOPE" });
      for (const key of [null, "sk_wrong"]) {
        const response = await request(route, key);
        expect(response.status, route.name).toBe(401);
        expect(response.headers.get("www-authenticate"), route.name).toContain("Bearer");
      }
    }
  });

  it("what is a page's takes no call without its key, but for what names the key in its address", async () => {
    for (const name of listed(OF_WRITE_KEYS)) {
      const [method = "", path = ""] = name.split(" ");
      for (const key of [null, "wk_wrong"])
        expect((await request({ method, path }, key)).status, name).toBe(401);
    }
  });

  it("a write key reads no stream of the whole site, and not the page of people", async () => {
    expect((await at.call("/api/v1/behavioral/stream")).status).toBe(403);
    expect((await at.post("/api/v1/behavioral/stream", {})).status).toBe(403);
    for (const path of ["/dashboard/", "/dashboard/app.js"])
      expect((await at.call(path)).status, path).toBe(401);
  });

  it("needs a key for what pages may do, too", async () => {
    expect((await at.post(BATCH, [nativeEvent()], { key: null })).status).toBe(401);
    expect((await at.call("/api/v1/ruleset", { key: null })).status).toBe(401);
    expect((await at.post("/api/v1/decisions", { visitor: { id: null } }, { key: null })).status).toBe(401);
  });

  it("takes the write key as Bearer, Basic user name, ?key= and in the body", async () => {
    const basic = Buffer.from(`${WRITE}:`).toString("base64");
    const events = [nativeEvent()];
    const sent = [
      at.post(BATCH, events),
      at.post(BATCH, events, { key: null, headers: { authorization: `Basic ${basic}` } }),
      at.post(`${BATCH}?key=${WRITE}`, events, { key: null }),
      at.post(BATCH, { events, writeKey: WRITE }, { key: null, headers: { "content-type": "text/plain" } }),
    ];
    for (const response of await Promise.all(sent)) expect(response.status).toBe(200);
  });

  it("takes the secret key from the Bearer header only", async () => {
    const basic = Buffer.from(`${SECRET}:`).toString("base64");
    expect((await at.call("/api/sessions/metrics", { key: SECRET })).status).toBe(200);
    expect((await at.call(`/api/sessions/metrics?key=${SECRET}`, { key: null })).status).toBe(401);
    expect(
      (await at.call("/api/sessions/metrics", { key: null, headers: { authorization: `Basic ${basic}` } }))
        .status,
    ).toBe(401);
  });

  it("keeps sites apart", async () => {
    await at.post(`${BATCH}?wait=2000`, [nativeEvent({ visitorId: "only-in-default" })]);
    const here = await (
      await at.call("/api/v1/behavioral/data/only-in-default/export", { key: SECRET })
    ).json();
    const there = await (
      await at.call("/api/v1/behavioral/data/only-in-default/export", { key: OTHER_SITE_SECRET })
    ).json();
    expect(here.visitors[0].events).toHaveLength(1);
    expect(JSON.stringify(there)).not.toContain("Product Viewed");
  });

  it("answers CORS to allowed origins only, and never with credentials", async () => {
    const from = (origin: string): Promise<Response> =>
      at.post(BATCH, [nativeEvent()], { headers: { origin } });
    const allowed = await from(PAGE_ORIGIN);
    expect(allowed.status).toBe(200);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(PAGE_ORIGIN);
    expect(allowed.headers.get("access-control-allow-credentials")).toBeNull();
    for (const origin of ["https://evil.example", "null", `${PAGE_ORIGIN}.evil.example`]) {
      const refused = await from(origin);
      expect(refused.status).toBe(403);
      expect(refused.headers.get("access-control-allow-origin")).toBeNull();
      const preflight = await at.call(BATCH, { method: "OPTIONS", key: null, headers: { origin } });
      expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    }
    const preflight = await at.call(BATCH, {
      method: "OPTIONS",
      key: null,
      headers: { origin: PAGE_ORIGIN },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(PAGE_ORIGIN);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("authorization");
    // Also without an origin: a cache must not give that answer to a page.
    expect((await at.post(BATCH, [nativeEvent()])).headers.get("vary")).toContain("origin");
    const read = await at.call("/api/sessions/metrics", { key: SECRET, headers: { origin: PAGE_ORIGIN } });
    expect(read.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("refuses a revoked key at once and ends its streams within a second", async () => {
    const key = createKey("secret");
    const own = await startTestServer({
      auth: { keys: [{ kind: "secret", hash: hashKey(key), id: "doomed" }] },
    });
    const stream = await own.call("/api/v1/behavioral/stream", { key });
    expect(stream.status).toBe(200);
    expect(own.server.revokeKey("doomed")).toBe(true);
    const started = Date.now();
    expect((await own.call("/api/sessions/metrics", { key })).status).toBe(401);
    await stream.text();
    expect(Date.now() - started).toBeLessThan(1500);
    await own.close();
  });

  it("signs in once, with a cookie that pages cannot read or send across", async () => {
    const link = at.server.signInUrl(at.url);
    const entry = await fetch(link, { redirect: "manual" });
    expect(entry.status).toBe(303);
    const cookie = entry.headers.get("set-cookie") ?? "";
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await fetch(link, { redirect: "manual" })).status).toBe(401);
    const signedIn = { cookie: cookie.split(";")[0] as string };
    expect((await at.call("/api/sessions/metrics", { key: null, headers: signedIn })).status).toBe(200);
    const beside = { cookie: `attune_session=planted; a=b; ${signedIn.cookie}` };
    expect((await at.call("/api/sessions/metrics", { key: null, headers: beside })).status).toBe(200);
    const change = (headers: Record<string, string>): Promise<number> =>
      postAs(`${at.url}/api/v1/simulation`, '{"visitorsPerMinute":0}', headers);
    expect(await change(signedIn)).toBe(403);
    expect(await change({ ...signedIn, origin: "https://evil.example" })).toBe(403);
    expect(await change({ ...signedIn, origin: at.url })).toBe(200);
  });

  /** The cookie of somebody who has just signed in. */
  const signedIn = async (): Promise<{ cookie: string }> => {
    const entry = await fetch(at.server.signInUrl(at.url), { redirect: "manual" });
    return { cookie: entry.headers.get("set-cookie")?.split(";")[0] as string };
  };

  it("a link is not used up by a HEAD that looks at it", async () => {
    const link = at.server.signInUrl(at.url);
    const look = await fetch(link, { method: "HEAD", redirect: "manual" });
    expect(look.headers.get("set-cookie")).toBeNull();
    expect((await fetch(link, { redirect: "manual" })).status).toBe(303);
  });

  it("a session changes things from the very same origin only: scheme, host and port", async () => {
    const session = await signedIn();
    const change = (origin: string): Promise<number> =>
      postAs(`${at.url}/api/v1/simulation`, '{"visitorsPerMinute":0}', { ...session, origin });
    const { host, hostname, port } = new URL(at.url);
    for (const origin of [
      `https://${host}`,
      `http://${hostname}:${Number(port) + 1}`,
      `http://${hostname}`,
      `http://someone@${host}`,
      `${at.url}/`,
      "null",
    ]) {
      expect(await change(origin)).toBe(403);
    }
    expect(await change(at.url)).toBe(200);
  });

  it("behind a proxy it is the configured origin, which sign-in links lead to as well", async () => {
    const origin = "https://attune.example";
    const own = await startTestServer({ origin });
    const made = await own.post("/api/v1/dashboard/sign-in", { role: "admin" }, { key: SECRET });
    const link = new URL(((await made.json()) as { url: string }).url);
    expect(link.origin).toBe(origin);
    const entry = await own.call(link.pathname + link.search, { key: null });
    expect(entry.headers.get("set-cookie")).toContain("; Secure");
    const cookie = entry.headers.get("set-cookie")?.split(";")[0] as string;
    const change = (from: string): Promise<number> =>
      postAs(`${own.url}/api/v1/simulation`, '{"visitorsPerMinute":0}', { cookie, origin: from });
    expect(await change(origin)).toBe(200);
    expect(await change("http://attune.example")).toBe(403);
    await own.close();
    await expect(startTestServer({ origin: "attune.example" })).rejects.toMatchObject({ path: "/origin" });
  });

  it("sign-in links never lead to the host that a request names", async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const headers = { host: "evil.example", authorization: `Bearer ${SECRET}` };
      const outgoing = http.request(
        `${at.url}/api/v1/dashboard/sign-in`,
        { method: "POST", headers },
        (response) => {
          let text = "";
          response.on("data", (chunk) => (text += String(chunk)));
          response.on("end", () => resolve(text));
        },
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
    expect(answer).toContain("/dashboard/sign-in?token=");
    expect(answer).not.toContain("evil.example");
  });

  it("a session can be ended, its streams with it, and makes no new sign-in links", async () => {
    const session = await signedIn();
    const send = (method: string, path: string, headers: Record<string, string>): Promise<number> =>
      postAs(at.url + path, "", headers, method);
    const same = { ...session, origin: at.url };
    expect(await send("POST", "/api/v1/dashboard/sign-in", same)).toBe(403);
    const stream = await at.call("/api/v1/behavioral/stream", { key: null, headers: session });
    expect(stream.status).toBe(200);
    expect(await send("DELETE", "/api/v1/dashboard/session", session)).toBe(403);
    expect(await send("DELETE", "/api/v1/dashboard/session", same)).toBe(204);
    expect((await at.call("/api/sessions/metrics", { key: null, headers: session })).status).toBe(401);
    await stream.text();
    expect(await send("DELETE", "/api/v1/dashboard/session", same)).toBe(401);
    const withKey = await at.call("/api/v1/dashboard/session", { method: "DELETE", key: SECRET });
    expect(withKey.status).toBe(403);
  });

  it("the key of a page goes before the cookie of whoever sits at it", async () => {
    const own = await startTestServer({
      auth: {
        keys: [
          { kind: "write", key: "wk_of-the-shop", site: "shop", origins: [PAGE_ORIGIN] },
          { kind: "secret", key: SECRET },
        ],
      },
    });
    const entry = await fetch(own.server.signInUrl(own.url), { redirect: "manual" });
    const cookie = entry.headers.get("set-cookie")?.split(";")[0] as string;
    const path = `${own.url}${BATCH}?wait=2000`;
    const beacon = JSON.stringify({ events: [nativeEvent()], writeKey: "wk_of-the-shop" });
    expect(await postAs(path, beacon, { cookie, origin: PAGE_ORIGIN })).toBe(200);
    expect(await postAs(path, beacon, { cookie, origin: "https://evil.example" })).toBe(403);
    const bearer = { authorization: "Bearer wk_of-the-shop", cookie, origin: PAGE_ORIGIN };
    expect(await postAs(path, JSON.stringify([nativeEvent()]), bearer)).toBe(200);
    expect(await postAs(path, JSON.stringify([nativeEvent()]), { cookie, origin: PAGE_ORIGIN })).toBe(403);
    expect((await own.server.service.summary("shop")).events).toBe(2);
    expect((await own.server.service.summary("default")).events).toBe(0);
    await own.close();
  });

  it("distinguishes a wrong path from a wrong method", async () => {
    expect((await at.call("/api/v1/nothing")).status).toBe(404);
    const method = await at.call(BATCH, { method: "DELETE" });
    expect(method.status).toBe(405);
    expect(method.headers.get("allow")).toBe("POST");
    expect(method.headers.get("x-content-type-options")).toBe("nosniff");
  });
});

describe("the key ring", () => {
  it("keeps hashes, finds by key and refuses what is neither key nor hash", () => {
    const key = createKey("write");
    const ring = createKeyRing([{ kind: "write", key }]);
    expect(ring.find(key)).toMatchObject({ kind: "write", site: "default" });
    expect(ring.find(`${key}x`)).toBeNull();
    expect(JSON.stringify(ring.find(key))).not.toContain(key);
    expect(() => createKeyRing([{ kind: "write", hash: "short" }])).toThrow(
      expect.objectContaining({ path: "/auth/keys/0" }),
    );
  });
});

/** By `node:http`, since `fetch` sets Origin itself. */
function postAs(
  url: string,
  body: string,
  headers: Record<string, string>,
  method = "POST",
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      url,
      { method, headers: { "content-type": "application/json", ...headers } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
