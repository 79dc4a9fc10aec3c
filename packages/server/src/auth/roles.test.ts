import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFakeClock } from "@attune/core/testing";
import { createClient } from "../client/index.js";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { ROLES, type Role } from "./roles.js";
import { createSessions } from "./sessions.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const cookieOf = (response: Response): string => response.headers.get("set-cookie")?.split(";")[0] as string;

async function signIn(role: Role, on = at): Promise<string> {
  const { url } = await createClient({ url: on.url, key: SECRET }).createSignInLink({ role });
  const entry = await fetch(new URL(url, on.url), { redirect: "manual" });
  expect(entry.headers.get("set-cookie")).toMatch(/HttpOnly; SameSite=Strict/);
  return cookieOf(entry);
}

const RULESET = { schemaVersion: 1, revision: 1, slots: {} };
/** Each with a status that is told of once it was let through. */
const WORK: readonly (readonly [
  string,
  method: string,
  path: string,
  body: unknown,
  roles: readonly Role[],
])[] = [
  ["figures", "GET", "/api/sessions/metrics", null, ROLES],
  ["experiments", "GET", "/api/v1/experiments", null, ROLES],
  ["an experiment's start", "POST", "/api/v1/experiments/none/start", null, ["analyst", "admin"]],
  ["a new experiment", "POST", "/api/v1/experiments", { id: "x" }, ["analyst", "admin"]],
  ["a ruleset", "PUT", "/api/v1/ruleset", RULESET, ["analyst", "admin"]],
  ["a visitor's consent", "GET", "/api/v1/behavioral/consent/someone", null, ["privacy-officer", "admin"]],
  ["an export", "GET", "/api/v1/behavioral/data/someone/export", null, ["privacy-officer", "admin"]],
  ["an erasure", "DELETE", "/api/v1/behavioral/data/someone", null, ["privacy-officer", "admin"]],
  ["the audit log", "GET", "/api/v1/behavioral/audit-log", null, ["privacy-officer", "admin"]],
  ["the privacy report", "GET", "/api/v1/behavioral/privacy-report", null, ["privacy-officer", "admin"]],
  ["simulated visitors", "POST", "/api/v1/simulation", { visitorsPerMinute: 0 }, ["admin"]],
];

describe("T17 roles of those who sign in", () => {
  it.each(ROLES)("%s: what is its work is let through, all else is 403", async (role) => {
    const cookie = await signIn(role);
    for (const [name, method, path, body, roles] of WORK) {
      const response = await at.call(path, {
        ...{ method, key: null },
        headers: { cookie, origin: at.url, "content-type": "application/json" },
        ...(body !== null && { body: JSON.stringify(body) }),
      });
      if (roles.includes(role)) expect(response.status, name).not.toBe(403);
      else {
        expect(response.status, name).toBe(403);
        expect(await response.json(), name).toMatchObject({ type: expect.stringContaining("SCOPE") });
      }
    }
    const told = await at.call("/api/v1/dashboard/session", { key: null, headers: { cookie } });
    expect(await told.json()).toMatchObject({ role, site: "default" });
  });

  it("is a viewer where no role is asked for, and refused for one that is none", async () => {
    const made = await at.call("/api/v1/dashboard/sign-in", { method: "POST", key: SECRET });
    expect(await made.json()).toMatchObject({ role: "viewer" });
    const wrong = await at.post("/api/v1/dashboard/sign-in", { role: "owner" }, { key: SECRET });
    expect(wrong.status).toBe(400);
    expect((await at.call("/api/v1/dashboard/session", { key: SECRET })).status).toBe(403);
  });

  it("a new sign-in ends the one before", async () => {
    const before = await signIn("admin");
    const link = at.server.signInUrl(at.url);
    const entry = await fetch(link, { redirect: "manual", headers: { cookie: before } });
    const after = cookieOf(entry);
    expect(after).not.toBe(before);
    const status = async (cookie: string): Promise<number> =>
      (await at.call("/api/sessions/metrics", { key: null, headers: { cookie } })).status;
    expect([await status(before), await status(after)]).toEqual([401, 200]);
  });

  it("a stream of results ends within a second of the end of its session", async () => {
    const cookie = await signIn("admin");
    const headers = { cookie, origin: at.url };
    const ruleset = {
      ...{ schemaVersion: 1, revision: 9 },
      slots: {
        cta: {
          variants: { a: 1, b: 2 },
          fallback: "a",
          policy: { type: "split", experiment: "seen", weights: { a: 0.5, b: 0.5 } },
        },
      },
    };
    const put = { method: "PUT", body: JSON.stringify(ruleset), key: SECRET };
    expect((await at.call("/api/v1/ruleset", put)).status).toBe(200);
    const stream = await at.call("/api/v1/experiments/seen/results/stream", { key: null, headers });
    expect(stream.status).toBe(200);
    const ended = stream.text();
    const since = Date.now();
    const out = { method: "DELETE", key: null, headers };
    expect((await at.call("/api/v1/dashboard/session", out)).status).toBe(204);
    await ended;
    expect(Date.now() - since).toBeLessThan(1500);
  });

  it("the cookie is replaced after a while; the old one holds until a minute after the new one came", async () => {
    const own = await startTestServer({
      auth: { keys: [{ kind: "secret", key: SECRET }], rotateMs: 0 },
    });
    const first = await signIn("viewer", own);
    const read = (cookie: string): Promise<Response> =>
      own.call("/api/sessions/metrics", { key: null, headers: { cookie } });
    const answer = await read(first);
    const second = cookieOf(answer);
    expect(answer.status).toBe(200);
    expect(second).not.toBe(first);
    expect((await read(second)).status).toBe(200);
    expect((await read(first)).status).toBe(200);
    await own.close();
  });
});

describe("sessions", () => {
  it("give a cookie out once when it is due, again where that was lost, and let the old one run out", () => {
    const clock = createFakeClock(1_790_000_000_000);
    const sessions = createSessions(clock, { rotateMs: 60_000 });
    const first = sessions.redeem(sessions.createToken("default", "viewer")) as string;
    expect(sessions.renew(first)).toBeNull();
    clock.advance(60_000);
    const lost = sessions.renew(first)?.value as string;
    expect(lost).not.toBe(first);
    expect(sessions.renew(first)).toBeNull();
    clock.advance(11_000);
    const second = sessions.renew(first)?.value as string;
    expect(sessions.find(second)).toEqual(sessions.find(first));
    clock.advance(59_000);
    expect(sessions.renew(first)).toBeNull();
    expect(sessions.find(first)).not.toBeNull();
    clock.advance(2000);
    expect(sessions.find(first)).toBeNull();
    const id = sessions.find(second)?.id as string;
    expect(sessions.active(id)).toBe(true);
    sessions.revoke(id);
    expect([lost, second].map(sessions.find)).toEqual([null, null]);
    expect(sessions.active(id)).toBe(false);
  });

  it("end when they are old, however often the cookie was replaced", () => {
    const clock = createFakeClock(1_790_000_000_000);
    const sessions = createSessions(clock, { maxAgeMs: 100_000, rotateMs: 10_000 });
    let cookie = sessions.redeem(sessions.createToken("default", "admin")) as string;
    for (let turn = 0; turn < 9; turn++) {
      clock.advance(11_000);
      cookie = sessions.renew(cookie)?.value as string;
      expect(sessions.find(cookie)?.role).toBe("admin");
    }
    clock.advance(2000);
    expect(sessions.find(cookie)).toBeNull();
  });
});
