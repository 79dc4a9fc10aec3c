import http from "node:http";
import type { AddressInfo } from "node:net";
import { isAttuneError } from "@attune/core";
import { build } from "esbuild";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { operations } from "../openapi/operations.js";
import { nativeEvent, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";
import { ClientError, createClient } from "./index.js";

const VISITOR = "visitor-0123456789-abcdefghij";
/** What people look at, not programs. */
const PAGES = ["docs", "dashboardHome", "dashboard", "dashboardFile", "signIn"];
/** For who can send no body; it gives what `stream` gives. */
const BY_ADDRESS = ["eventSource"];

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());
const client = (key: string = SECRET) => createClient({ url: at.url, key });

describe("the client, on the real server", () => {
  it("has a method for every route that is not a page, by the name of its operation", () => {
    // The Segment routes have clients of their own.
    const ours = Object.values(operations).filter(({ tag }) => tag !== "Segment");
    const ids = ours.map(({ id }) => id);
    expect(Object.keys(client()).sort()).toEqual(
      ids.filter((id) => ![...PAGES, ...BY_ADDRESS].includes(id)).sort(),
    );
  });

  it("sends events once, however often they are sent, and reads what came of them", async () => {
    const page = client(WRITE);
    const event = nativeEvent({ visitorId: VISITOR, name: "Product Viewed" }) as { name: string };
    const answer = await page.sendEvent(event, { waitMs: 5000 });
    expect(answer).toMatchObject({ processed: true, duplicate: false });
    expectTypeOf(answer.duplicate).toEqualTypeOf<boolean | null>();
    expect((await page.sendBatch([event], { waitMs: 5000 })).duplicates).toBe(1);
    const batch = await page.sendBatch(
      [{ eventType: "click", anonymousId: VISITOR, consent: ["analytics"] }, { name: "" }],
      { waitMs: 5000 },
    );
    expect(batch.accepted).toBe(1);
    expect(batch.rejected[0]?.errors[0]?.path).toBe("/name");
    expect((await client().siteMetrics()).events).toBe(2);
    expect(
      await client().series({ figures: ["events"], granularity: "day", from: 0, to: 86_400_000 }),
    ).toMatchObject({
      granularity: "day",
      figures: { events: null },
      notes: { events: expect.stringContaining("No series") },
    });
  });

  it("records consent, decides, publishes, exports and erases", async () => {
    const host = client();
    const consent = {
      visitorId: VISITOR,
      purposes: { analytics: true },
      policyVersion: "1",
      source: "banner",
    } as const;
    const receipt = await host.recordConsent(consent);
    expectTypeOf(receipt.id).toEqualTypeOf<string>();
    expect((await host.consentOf(VISITOR)).current.grants.analytics).toBe(true);
    const slots = {
      hero: { variants: { a: 1 }, fallback: "a", policy: { type: "rules", rules: [] } },
    } as const;
    const { version } = await host.publishRuleset({ schemaVersion: 1, revision: 1, slots });
    const decided = await client(WRITE).decide({ visitor: VISITOR });
    expect(decided).toMatchObject({
      rulesetVersion: version,
      decisions: { hero: { variant: "a", value: 1 } },
    });
    expect((await host.ruleset()).revision).toBe(1);
    expect((await host.exportData(VISITOR)).visitors).toHaveLength(1);
    expect((await host.erase(VISITOR)).status).toBe("completed");
    const log = await host.auditLog({ limit: 1 });
    expect(log.entries).toHaveLength(1);
    expect(log.nextCursor).not.toBe(null);
    const next = await host.auditLog({ limit: 1, cursor: log.nextCursor as string });
    expect(next.entries[0]?.seq).toBe(2);
    expect((await host.verifyAuditLog({ checkpoint: log.checkpoint })).ok).toBe(true);
    expect((await host.simulation()).running).toBe(false);
    expect((await host.simulate(0)).visitorsPerMinute).toBe(0);
    expect((await host.createSignInLink()).url).toContain("/dashboard/sign-in?token=");
    expect((await host.performance()).status).toBe("ok");
    expect(await host.metrics()).toContain("attune_http_requests_total");
    expect((await host.ready()).status).toBe("ok");
    expect((await host.openapi()).openapi).toBe("3.1.0");
  });

  it("turns refusals into errors with the server's code, status and path", async () => {
    const failure = await client(WRITE)
      .recordConsent({ visitorId: VISITOR, purposes: {}, policyVersion: "", source: "api" })
      .catch((error: unknown) => error);
    expect(isAttuneError(failure)).toBe(true);
    expect(failure).toBeInstanceOf(ClientError);
    expect(failure).toMatchObject({ code: "ATTUNE_SERVER_CONSENT", status: 400, path: "/policyVersion" });
    await expect(client(WRITE).siteMetrics()).rejects.toMatchObject({
      code: "ATTUNE_SERVER_SCOPE",
      status: 403,
    });
    await expect(client().experimentResults("a/b ?")).rejects.toMatchObject({
      code: "ATTUNE_SERVER_EXPERIMENT",
    });
    await expect(client().segmentSize("none")).rejects.toMatchObject({ status: 404 });
    await expect(client().signOut()).rejects.toMatchObject({ status: 403 });
  });

  it("reads the stream frame by frame until the loop is left", async () => {
    const seen: string[] = [];
    for await (const { event } of client().stream()) {
      seen.push(event);
      if (event === "metrics") break;
    }
    expect(seen).toContain("metrics");
    await expect
      .poll(async () => (await client().metrics()).match(/attune_stream_readers (\d+)/)?.[1])
      .toBe("0");
  });
});

describe("the client, where the server is busy or away", () => {
  let listener: http.Server | undefined;
  const asked: http.IncomingMessage[] = [];
  afterEach(() => {
    listener?.closeAllConnections();
    listener?.close();
    asked.length = 0;
  });
  /** A server that answers as it is told, one answer after another, the last one for ever. */
  async function answering(
    ...answers: { status: number; headers?: Record<string, string>; body?: unknown }[]
  ) {
    listener = http.createServer((request, response) => {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(request.resume());
      if (answer === undefined || answer.status === 0) return void request.socket.destroy();
      response.writeHead(answer.status, { "content-type": "application/problem+json", ...answer.headers });
      response.end(JSON.stringify(answer.body ?? { type: "ATTUNE_SERVER_BUSY", detail: "Later." }));
    });
    await new Promise<void>((resolve) => listener?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }
  const busy = { status: 503, headers: { "retry-after": "0" } };
  const done = { status: 200, body: { ok: true } };

  it("waits as long as it is told, and sends again what may be sent twice", async () => {
    const url = await answering({ status: 429, headers: { "retry-after": "1" } }, busy, done);
    const started = performance.now();
    expect(await createClient({ url }).simulation()).toEqual({ ok: true });
    expect(performance.now() - started).toBeGreaterThanOrEqual(990);
    expect(asked).toHaveLength(3);
  });

  it("sends a call under one Idempotency-Key, and each call under another", async () => {
    const url = await answering(busy, done);
    const host = createClient({ url });
    await host.simulate(0);
    await host.simulate(0);
    await host.simulate(0, { idempotencyKey: "own" });
    const keys = asked.map(({ headers }) => headers["idempotency-key"]);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(3);
    expect(keys[3]).toBe("own");
  });

  it("never sends twice what must not be, nor what is refused for good", async () => {
    let url = await answering(busy);
    await expect(createClient({ url }).createSignInLink()).rejects.toMatchObject({
      code: "ATTUNE_SERVER_BUSY",
    });
    expect(asked).toHaveLength(1);
    listener?.close();
    asked.length = 0;
    url = await answering({ status: 400, body: { type: "ATTUNE_SERVER_QUERY", detail: "No.", errors: [] } });
    await expect(createClient({ url }).auditLog()).rejects.toMatchObject({ status: 400, message: "No." });
    expect(asked).toHaveLength(1);
  });

  it("gives up after its tries, or at once where it would have to wait too long", async () => {
    const url = await answering(busy);
    await expect(createClient({ url, retries: 1 }).live()).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(2);
    const slow = await answering({ status: 503, headers: { "retry-after": "3600" } });
    asked.length = 0;
    await expect(createClient({ url: slow }).live()).rejects.toMatchObject({ status: 503 });
    expect(asked).toHaveLength(1);
  });

  it("goes on after a broken connection, and says so where there is no other", async () => {
    const url = await answering({ status: 0 }, done);
    expect(await createClient({ url }).live()).toEqual({ ok: true });
    const away = createClient({ url: "http://127.0.0.1:1", retries: 0 });
    await expect(away.live()).rejects.toMatchObject({ code: "ATTUNE_CLIENT_NETWORK", status: 0 });
  });

  it("says so where what answers is not the server", async () => {
    const url = await answering({ status: 404, body: "<html>" });
    const strange = (status: number) => ({ code: "ATTUNE_CLIENT_ANSWER", status });
    await expect(createClient({ url }).live()).rejects.toMatchObject(strange(404));
    const portal = () => Promise.resolve(new Response("<html>"));
    await expect(createClient({ url, fetch: portal }).live()).rejects.toMatchObject(strange(200));
  });

  it("ends with its signal, also while it waits", async () => {
    const url = await answering({ status: 503, headers: { "retry-after": "20" } });
    const signal = AbortSignal.timeout(300);
    const started = performance.now();
    await expect(createClient({ url }).live({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    const leaving = new AbortController();
    const leavesMeanwhile = async (...of: Parameters<typeof fetch>): Promise<Response> => {
      const response = await fetch(...of);
      leaving.abort(new Error("enough"));
      return response;
    };
    const host = createClient({ url, fetch: leavesMeanwhile });
    await expect(host.live({ signal: leaving.signal })).rejects.toThrow("enough");
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe("what a page loads of it", () => {
  it("is less than 3 kB, with nothing of the server or of its schemas in it", async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("index.ts", import.meta.url))],
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
      alias: {
        "@attune/core": fileURLToPath(new URL("../../../core/src/kernel/errors.ts", import.meta.url)),
      },
    });
    const [file] = outputFiles;
    expect(file?.text).not.toContain("valibot");
    expect(gzipSync(file?.contents ?? "").byteLength).toBeLessThan(3000);
  });
});
