import http from "node:http";
import zlib from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { acceptedEncoding } from "./compress.js";

let at: TestServer;
beforeAll(async () => {
  at = await startTestServer();
  const variants = Object.fromEntries(
    Array.from({ length: 100 }, (_, i) => [`variant-${i}`, `A text of some length, number ${i}`]),
  );
  const slot = { variants, fallback: "variant-0", policy: { type: "rules", rules: [] } };
  const published = await at.server.service.loadRuleset({
    schemaVersion: 1,
    revision: 1,
    slots: { hero: slot },
  });
  if (!published.ok) throw new Error(JSON.stringify(published.error));
});
afterAll(() => at.close());

/** As it comes over the wire: fetch would have decoded it. */
function raw(path: string, headers: Record<string, string>, method = "GET") {
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>(
    (resolve, reject) => {
      const options = { method, headers: { authorization: `Bearer ${SECRET}`, ...headers } };
      const request = http.request(at.url + path, options, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      });
      request.on("error", reject).end();
    },
  );
}

const DECODERS: Record<string, (data: Buffer) => Buffer> = {
  br: zlib.brotliDecompressSync,
  gzip: zlib.gunzipSync,
};

describe("compressed answers", () => {
  for (const [encoding, decode] of Object.entries(DECODERS)) {
    it(`are given as ${encoding} to whoever takes it`, async () => {
      const plain = await raw("/api/v1/ruleset", {});
      const small = await raw("/api/v1/ruleset", { "accept-encoding": encoding });
      expect(small.headers["content-encoding"]).toBe(encoding);
      expect(small.headers.vary).toContain("accept-encoding");
      expect(plain.headers.vary).toContain("accept-encoding");
      expect(Number(small.headers["content-length"])).toBe(small.body.length);
      expect(small.body.length).toBeLessThan(plain.body.length / 2);
      expect(decode(small.body).equals(plain.body)).toBe(true);
    });
  }

  it("have a weak ETag, by which they are found unchanged", async () => {
    const strong = (await raw("/api/v1/ruleset", {})).headers.etag as string;
    const weak = (await raw("/api/v1/ruleset", { "accept-encoding": "gzip" })).headers.etag as string;
    expect(weak).toBe(`W/${strong}`);
    const again = await raw("/api/v1/ruleset", { "accept-encoding": "gzip", "if-none-match": weak });
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  it("are not what small answers, heads and streams of events are", async () => {
    const health = await raw("/health/live", { "accept-encoding": "br, gzip" });
    expect([health.headers["content-encoding"], health.headers.vary]).toEqual([undefined, "accept-encoding"]);
    const head = await raw("/api/v1/ruleset", { "accept-encoding": "br" }, "HEAD");
    expect([head.status, head.headers["content-encoding"]]).toEqual([200, undefined]);
    const stream = await fetch(`${at.url}/api/v1/behavioral/stream`, {
      headers: { authorization: `Bearer ${SECRET}`, "accept-encoding": "br, gzip" },
    });
    expect(stream.headers.get("content-encoding")).toBe(null);
    await stream.body?.cancel();
  });

  it("follow the weights of the header", () => {
    expect(acceptedEncoding(null)).toBe(null);
    expect(acceptedEncoding("")).toBe(null);
    expect(acceptedEncoding("gzip, deflate, br")).toBe("br");
    expect(acceptedEncoding("gzip;q=1.0, br;q=0.5")).toBe("gzip");
    expect(acceptedEncoding("br;q=0, gzip;q=0.1")).toBe("gzip");
    expect(acceptedEncoding("*")).toBe("br");
    expect(acceptedEncoding("*;q=0")).toBe(null);
    expect(acceptedEncoding("identity;q=1, br;q=0.5")).toBe(null);
    expect(acceptedEncoding("GZIP")).toBe("gzip");
    expect(acceptedEncoding("compress, gzip;q=nonsense")).toBe(null);
  });
});
