import { afterEach, describe, expect, it } from "vitest";
import { OTHER_SITE_SECRET, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

const CONSENT = "/api/v1/behavioral/consent";
const VISITOR = "visitor-0123456789-abcdefghij";
const grant = (analytics: boolean, visitorId = VISITOR) => ({
  visitorId,
  purposes: { analytics },
  policyVersion: "1",
  source: "banner",
});

let at: TestServer;
afterEach(() => at.close());

const post = (body: unknown, name: string, key = WRITE) =>
  at.post(CONSENT, body, { key, headers: { "idempotency-key": name } });
const history = async () => (await at.server.service.consentOf({ visitorId: VISITOR }))?.history.length ?? 0;

describe("Idempotency-Key", () => {
  it("does a request once and gives its answer again", async () => {
    at = await startTestServer();
    const first = await post(grant(true), "one");
    const before = await history();
    const again = await post(grant(true), "one");
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(first.headers.get("idempotency-replayed")).toBe(null);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.headers.get("content-type")).toBe(first.headers.get("content-type"));
    expect(await again.json()).toEqual(await first.json());
    expect(await history()).toBe(before);
    await post(grant(false), "two");
    expect((await at.server.service.consentOf({ visitorId: VISITOR }))?.current.grants.analytics).toBe(false);
  });

  it("refuses another body under the same key, and says which keys can be used", async () => {
    at = await startTestServer();
    await post(grant(true), "one");
    const other = await post(grant(false), "one");
    expect(other.status).toBe(422);
    expect((await other.json()).type).toBe("ATTUNE_SERVER_IDEMPOTENCY");
    expect((await post(grant(true), "x".repeat(256))).status).toBe(400);
    expect((await post(grant(true), "a b")).status).toBe(400);
  });

  it("does not repeat what was answered before Global Privacy Control was switched on", async () => {
    at = await startTestServer();
    await post(grant(true), "one");
    const headers = { "idempotency-key": "one", "sec-gpc": "1" };
    expect((await at.post(CONSENT, grant(true), { key: WRITE, headers })).status).toBe(422);
  });

  it("keeps those of credentials and sites apart", async () => {
    at = await startTestServer();
    const ids = await Promise.all(
      [WRITE, SECRET, OTHER_SITE_SECRET].map(
        async (key) => (await (await post(grant(true), "one", key)).json()).id,
      ),
    );
    expect(new Set(ids).size).toBe(3);
  });

  it("does a request once that comes many times at once", async () => {
    at = await startTestServer();
    const answers = await Promise.all(Array.from({ length: 8 }, () => post(grant(true), "burst", SECRET)));
    const done = answers.filter(({ status }) => status === 201);
    const bodies = new Set(await Promise.all(done.map((answer) => answer.text())));
    expect(bodies.size).toBe(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      expect(answer.status).toBe(409);
      expect(answer.headers.get("retry-after")).toBe("1");
    }
    expect((await post(grant(true), "burst", SECRET)).status).toBe(201);
  });

  it("lets a refused request be sent again, corrected, and forgets after a day", async () => {
    let now = Date.now();
    at = await startTestServer({ clock: { now: () => now } });
    expect((await post({ visitorId: VISITOR }, "one")).status).toBe(400);
    const first = await (await post(grant(true), "one")).json();
    now += 23 * 3_600_000;
    expect((await (await post(grant(true), "one")).json()).id).toBe(first.id);
    // The memory store goes by the platform's clock; what it is told to keep for a day is what matters here.
    const partitions: string[] = [];
    for await (const name of at.store.partitions("default/once/")) partitions.push(name);
    const [partition = ""] = partitions;
    const record = await at.store.get(partition, "answer");
    expect(record?.expiresAt).toBe(now - 23 * 3_600_000 + 86_400_000);
  });

  it("keeps nothing that tells whom a request was about, or the key itself", async () => {
    at = await startTestServer();
    await post(grant(true, "nobody-should-find-me-0123"), "secret-name-of-a-request");
    const found: unknown[] = [];
    for await (const name of at.store.partitions("default/once/"))
      for await (const record of at.store.scan(name)) found.push([name, record]);
    expect(found.length).toBe(1);
    const text = JSON.stringify(found);
    expect(text).not.toContain("nobody-should-find-me");
    expect(text).not.toContain("secret-name");
  });

  it("T29 keeps nothing legible of an answer that tells a secret key what it has stored", async () => {
    at = await startTestServer();
    const visitorId = "nobody-should-find-me-0123";
    const first = await (await post(grant(true, visitorId), "by-the-host", SECRET)).json();
    const pseudonym = await at.server.service.pseudonymOf({ visitorId });
    expect(JSON.stringify(first)).toContain(pseudonym);
    await at.server.service.erase({ visitorId });
    for await (const name of at.store.partitions("default/once/"))
      for await (const record of at.store.scan(name)) {
        expect(JSON.stringify(record)).not.toContain(pseudonym);
        expect(JSON.stringify(record)).not.toContain("grants");
      }
    // Who has sent it and knows its key is answered as before.
    const again = await post(grant(true, visitorId), "by-the-host", SECRET);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(await again.json()).toEqual(first);
  });

  it("takes no more room than its places, however many keys a page makes up", async () => {
    at = await startTestServer();
    await Promise.all(Array.from({ length: 40 }, (_, i) => post(grant(i % 2 === 0), `key-${i}`)));
    for await (const name of at.store.partitions("default/once/")) {
      const place = Number(name.split(".").pop());
      expect(place).toBeGreaterThanOrEqual(0);
      expect(place).toBeLessThan(65_536);
    }
  });

  it("is for a published ruleset as well, with its ETag", async () => {
    at = await startTestServer();
    const ruleset = { schemaVersion: 1, revision: 1, slots: {} };
    const put = () =>
      at.call("/api/v1/ruleset", {
        method: "PUT",
        key: SECRET,
        body: JSON.stringify(ruleset),
        headers: { "content-type": "application/json", "idempotency-key": "publish" },
      });
    const first = await put();
    const again = await put();
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"));
  });
});
