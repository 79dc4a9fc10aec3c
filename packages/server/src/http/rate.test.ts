import { afterEach, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { addressGroup, createRateLimit } from "./rate.js";

function timeAt(start: number) {
  let now = start;
  return { now: () => now, set: (ms: number) => (now = ms) };
}

describe("a token bucket", () => {
  it("gives a minute's worth at once, then evenly, and computes when to come again", () => {
    const clock = timeAt(0);
    const limit = createRateLimit({ name: "key", perMinute: 6, clock });
    for (let i = 5; i >= 0; i--) {
      const verdict = limit.take("a");
      expect(verdict?.admitted).toBe(true);
      expect(verdict?.headers.ratelimit).toBe(`"key";r=${i};t=${(6 - i) * 10}`);
    }
    expect(limit.take("a")).toMatchObject({
      admitted: false,
      retryAfter: 10,
      headers: { "ratelimit-policy": '"key";q=6;w=60' },
    });
    expect(limit.take("b")?.admitted).toBe(true);
    clock.set(7_500);
    expect(limit.take("a")).toMatchObject({ admitted: false, retryAfter: 3 });
    clock.set(10_000);
    expect(limit.take("a")?.admitted).toBe(true);
    expect(limit.take("a")?.admitted).toBe(false);
    clock.set(9_000);
    expect(limit.take("a")?.admitted).toBe(false);
  });

  it("never admits more than a minute's worth and what came back, however the calls fall", () => {
    const clock = timeAt(0);
    const limit = createRateLimit({ name: "key", perMinute: 60, clock });
    let admitted = 0;
    for (let ms = 0; ms < 120_000; ms += 137) {
      clock.set(ms);
      if (limit.take("a")?.admitted) admitted += 1;
    }
    expect(admitted).toBeGreaterThanOrEqual(178);
    expect(admitted).toBeLessThanOrEqual(180);
  });

  it("keeps so many buckets and no more, those used last", () => {
    const limit = createRateLimit({ name: "address", perMinute: 2, clock: timeAt(0), max: 100 });
    for (let i = 0; i < 1000; i++) {
      limit.take("busy");
      limit.take(`other-${i}`);
    }
    expect(limit.size).toBe(100);
    expect(limit.take("busy")?.admitted).toBe(false);
  });

  it("tells nothing where nothing is limited", () => {
    expect(
      createRateLimit({ name: "key", perMinute: Number.POSITIVE_INFINITY, clock: timeAt(0) }).take("a"),
    ).toBe(null);
  });

  it("takes addresses together that one party has all of", () => {
    expect(addressGroup("203.0.113.9")).toBe("203.0.113.9");
    expect(addressGroup("::ffff:203.0.113.9")).toBe("203.0.113.9");
    expect(addressGroup("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
    expect(addressGroup("2001:0DB8:1:2::9")).toBe("2001:db8:1:2::/64");
    expect(addressGroup("2001:db8::1")).toBe("2001:db8:0:0::/64");
    expect(addressGroup("::1")).toBe("0:0:0:0::/64");
    expect(addressGroup("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  });
});

describe("T12 limits over HTTP", () => {
  let at: TestServer | undefined;
  afterEach(() => at?.close());

  it("tells a key how it stands, and refuses it when its share is used up", async () => {
    at = await startTestServer({ limits: { requestsPerMinute: 3 } });
    for (const left of [2, 1, 0]) {
      const answer = await at.call("/api/v1/simulation", { key: SECRET });
      expect(answer.status).toBe(200);
      expect(answer.headers.get("ratelimit")).toContain(`r=${left};`);
      expect(answer.headers.get("ratelimit-policy")).toBe('"key";q=3;w=60');
    }
    const refused = await at.call("/api/v1/simulation", { key: SECRET });
    expect(refused.status).toBe(429);
    expect((await refused.json()).type).toBe("ATTUNE_SERVER_RATE");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(19);
    expect(Number(refused.headers.get("retry-after"))).toBeLessThanOrEqual(20);
    expect(refused.headers.get("ratelimit")).toContain("r=0;");
    expect((await at.call("/api/v1/ruleset")).status).toBe(404);
    expect((await at.call("/health", { key: null })).status).toBe(200);
  });

  it("slows down whoever tries out keys, by address, and nobody else", async () => {
    at = await startTestServer({
      limits: { strangersPerMinute: 2 },
      addressOf: (request, { address }) => request.headers.get("x-real-ip") ?? address ?? null,
    });
    const attempt = (ip: string, key: string | null = "sk_wrong") =>
      (at as TestServer).call("/api/v1/simulation", { key, headers: { "x-real-ip": ip } });
    expect((await attempt("192.0.2.1")).status).toBe(401);
    const second = await attempt("192.0.2.1", null);
    expect(second.status).toBe(401);
    expect(second.headers.get("ratelimit")).toContain('"address";r=0;');
    expect((await attempt("192.0.2.1")).status).toBe(429);
    expect((await attempt("192.0.2.1", SECRET)).status).toBe(200);
    expect((await attempt("192.0.2.2")).status).toBe(401);
    const beacon = { method: "POST", body: JSON.stringify({ writeKey: "wk_wrong", events: [{}] }) };
    const headers = { "content-type": "text/plain", "x-real-ip": "192.0.2.2" };
    expect((await at.call("/api/v1/behavioral/batch", { key: null, ...beacon, headers })).status).toBe(401);
    expect((await at.call("/api/v1/behavioral/batch", { key: null, ...beacon, headers })).status).toBe(429);
  });

  it("counts the other end of the connection where the host says nothing else", async () => {
    at = await startTestServer({ limits: { strangersPerMinute: 1 } });
    expect((await at.call("/api/v1/simulation", { key: null })).status).toBe(401);
    expect((await at.call("/api/v1/simulation", { key: null })).status).toBe(429);
  });
});
