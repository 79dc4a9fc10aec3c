import http from "node:http";
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
});
afterAll(() => at.close());

const BATCH = "/api/v1/behavioral/batch?wait=5000";
const alive = async (): Promise<void> => {
  const answer = await (await at.post(BATCH, [nativeEvent()])).json();
  expect(answer).toMatchObject({ accepted: 1, rejected: [] });
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
};
const raw = (fields: string): string =>
  `[{"id":"hostile-${Math.random()}","name":"Product Viewed","visitorId":"v","occurredAt":${Date.now()},"consent":{"purposes":["analytics","personalization"],"policyVersion":"1"}${fields}}]`;

describe("T20 hostile input is refused or made safe, over HTTP", () => {
  const deep = `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`;
  const bodies: Record<string, string> = {
    "__proto__ in properties": raw(
      ',"properties":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ),
    "__proto__ in traits": raw(',"properties":{"traits":{"__proto__":{"polluted":true}}}').replace(
      "Product Viewed",
      "Visitor Identified",
    ),
    "__proto__ beside the fields": raw(',"__proto__":{"polluted":true}'),
    "dotted __proto__": raw(
      ',"properties":{"__proto__.polluted":true,"constructor.prototype.polluted":true}',
    ),
    "100,000 levels": raw(`,"properties":${deep}`),
    "100,000 levels of arrays": raw(`,"properties":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    "duplicate keys": raw(',"name":"Page Viewed","name":"Product Viewed"'),
    "numbers out of range": raw(',"properties":{"price":1e400,"quantity":-1e400}'),
    "NUL and lone surrogates": raw(',"properties":{"product_id":"\\u0000\\ud800","brand":"\\udfff"}'),
    "an id with a hash tag": raw("").replace('"visitorId":"v"', '"visitorId":"}{tag}:*?[x]\'\\"; DROP"'),
    "an id of 10 kB": raw("").replace('"visitorId":"v"', `"visitorId":"${"x".repeat(10_000)}"`),
    "an event id of 10 kB": raw("").replace("hostile-", "x".repeat(10_000)),
    "time −1": raw(',"occurredAt":-1'),
    "time NaN": raw(',"occurredAt":"NaN"'),
    "year 275760": raw(',"occurredAt":8640000000000001'),
    "a name that is a prototype key": raw("").replace("Product Viewed", "__proto__"),
    "a consent of prototype keys": raw("").replace('"analytics"', '"__proto__"'),
  };
  for (const [what, body] of Object.entries(bodies)) {
    it(what, async () => {
      const response = await at.post(BATCH, body);
      const answer = await response.json();
      expect(response.status).toBe(200);
      expect(answer.accepted + answer.withheld + answer.rejected.length).toBe(1);
      await at.server.service.settled();
      await alive();
      expect(at.reports).toEqual([]);
    });
  }

  it("the same as definitions and requests", async () => {
    const nested = await at.call("/api/v1/ruleset", { method: "PUT", body: deep, key: SECRET });
    expect(nested.status).toBe(400);
    const proto =
      '{"schemaVersion":1,"revision":1,"slots":{"__proto__":{"variants":{"a":1},"fallback":"a","policy":{"type":"rules","rules":[]}}}}';
    expect(
      (await at.call("/api/v1/ruleset", { method: "PUT", body: proto, key: SECRET })).status,
    ).toBeLessThan(500);
    const decide = await at.post(
      "/api/v1/decisions",
      '{"visitor":{"id":null},"slots":["__proto__","constructor"],"context":{"__proto__":{"polluted":true}}}',
    );
    expect(decide.status).toBe(200);
    for (const path of ["/api/v1/segments/__proto__/size", "/api/v1/experiments/constructor/results"]) {
      expect((await at.call(path, { key: SECRET })).status).toBe(404);
    }
    for (const id of ["%7D%7Btag%7D", "__proto__", "..%2F..", "%00", "x".repeat(5000)]) {
      expect(
        (await at.call(`/api/v1/behavioral/consent/${id}`, { key: SECRET })).status,
      ).toBeGreaterThanOrEqual(400);
    }
    await alive();
  });

  it("a small gzip that expands to 1 GB is refused early, with memory flat", async () => {
    const bomb = gzipOfZeros(1 << 30);
    expect(bomb.byteLength).toBeLessThanOrEqual(1 << 20);
    const before = process.memoryUsage.rss();
    const response = await at.call(BATCH, {
      method: "POST",
      body: new Uint8Array(bomb),
      headers: { "content-encoding": "gzip", "content-type": "application/json" },
    });
    expect(response.status).toBe(413);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 << 20);
    await alive();
  });

  it("takes gzip and br, and refuses what is not what it says, other encodings and other types", async () => {
    const text = JSON.stringify([nativeEvent()]);
    const send = (body: Uint8Array, encoding: string, type = "application/json"): Promise<Response> =>
      at.call(BATCH, {
        method: "POST",
        body: new Uint8Array(body),
        headers: { "content-encoding": encoding, "content-type": type },
      });
    expect((await send(zlib.gzipSync(text), "gzip")).status).toBe(200);
    expect((await send(zlib.brotliCompressSync(text), "br")).status).toBe(200);
    expect((await send(Buffer.from(text), "gzip")).status).toBe(400);
    expect((await send(zlib.gzipSync(text), "gzip, gzip")).status).toBe(415);
    expect((await send(zlib.deflateSync(text), "toString")).status).toBe(415);
    expect((await send(Buffer.from(text), "identity", "application/xml")).status).toBe(415);
  });

  it("bounds bodies with and without a length", async () => {
    const big = JSON.stringify([nativeEvent({ properties: { a: "x".repeat(1 << 20) } })]);
    expect((await at.post(BATCH, big)).status).toBe(413);
    expect(await chunked(`${at.url}${BATCH}`, Buffer.alloc(3 << 20, 0x20))).toBe(413);
    expect(
      (await at.post("/api/v1/behavioral/events", nativeEvent({ properties: { a: "x".repeat(33 << 10) } })))
        .status,
    ).toBe(413);
    const answer = await (
      await at.post(BATCH, [nativeEvent({ properties: { a: "x".repeat(33 << 10) } }), nativeEvent()])
    ).json();
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ index: 0 }] });
    await alive();
  });

  it("a body that is not JSON as a whole is refused", async () => {
    for (const body of ["", "{", "nothing", "[1,]", "\u0000"])
      expect((await at.post(BATCH, body)).status).toBe(400);
  });
});

/** Gzip members may follow each other, so one is enough to make many. */
function gzipOfZeros(bytes: number): Buffer {
  const member = 1 << 24;
  const packed = zlib.gzipSync(Buffer.alloc(member), { level: 9 });
  return Buffer.concat(Array.from({ length: bytes / member }, () => packed));
}

/** A body without a Content-Length. */
function chunked(url: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method: "POST", headers: { authorization: `Bearer ${WRITE}`, "content-type": "application/json" } },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on("error", reject);
    for (let from = 0; from < body.length; from += 65_536) request.write(body.subarray(from, from + 65_536));
    request.end();
  });
}
