import { connect, type Socket } from "node:net";
import zlib from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { nativeEvent, SECRET, startTestServer, type TestServer, WRITE } from "../testing/start.js";
import { parseJson } from "./parse-json.js";

const BATCH = "/api/v1/behavioral/batch";
let at: TestServer;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await at.close();
});

/** A request whose body is announced by these headers, with the part of it that is sent. */
function begin(headers: string, part = "", key = WRITE): Socket {
  const socket = connect(Number(new URL(at.url).port), "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => undefined);
  socket.write(
    `POST ${BATCH} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\n${headers}\r\n\r\n${part}`,
  );
  return socket;
}

async function answerOf(socket: Socket): Promise<string> {
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  return text;
}

const metrics = async (): Promise<string> => (await at.call("/metrics", { key: SECRET })).text();

const FORMS = {
  "small, of known length": ["Content-Length: 100", "half"],
  "large, of known length": ["Content-Length: 1000000", "half"],
  "of unknown length": ["Transfer-Encoding: chunked", "4\r\nhalf\r\n"],
  compressed: ["Content-Length: 1000\r\nContent-Encoding: gzip", "half"],
} as const;

describe("bodies that do not arrive", () => {
  it("keep nobody else out", async () => {
    at = await startTestServer({ limits: { inFlightBytes: 2 << 20 } });
    // So few that a busy machine has no reason to let in fewer at once.
    for (const [headers, part] of Object.values(FORMS)) for (let i = 0; i < 3; i++) begin(headers, part);
    await expect.poll(metrics).toContain("attune_in_flight_requests 13\n");
    expect((await at.post(BATCH, [nativeEvent()])).status).toBe(200);
  });

  for (const [form, limits] of [
    ["every place", { inFlight: 16 }],
    ["all room for bytes", { inFlightBytes: 16 * 120_000 }],
  ] as const) {
    it(`are given up after a second for those who come, where they fill ${form}`, async () => {
      at = await startTestServer({ limits });
      const stalled = Array.from({ length: 16 }, () => begin("Content-Length: 120000", "half"));
      await expect.poll(async () => (await at.post(BATCH, [nativeEvent()])).status).toBe(429);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const started = performance.now();
      for (let i = 0; i < 5; i++) expect((await at.post(BATCH, [nativeEvent()])).status).toBe(200);
      expect(performance.now() - started).toBeLessThan(5000);
      const answer = await answerOf(stalled[0] as Socket);
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect(answer).toContain("application/problem+json");
      expect(answer).toContain("ATTUNE_SERVER_BODY_LATE");
      expect(at.reports).toEqual([]);
    }, 20_000);
  }

  for (const [form, [headers, part]] of Object.entries(FORMS)) {
    it(`are refused in time and let go of their place: ${form}`, async () => {
      at = await startTestServer({ limits: { arrivalMs: 100 } });
      const answer = await answerOf(begin(headers, part));
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect(answer).toContain("ATTUNE_SERVER_BODY_LATE");
      const told = await metrics();
      expect(told).toContain("attune_in_flight_requests 1\n");
      expect(told).toContain("attune_in_flight_bytes 0\n");
    });

    it(`are no failure of the server where the client left: ${form}`, async () => {
      at = await startTestServer();
      const socket = begin(headers, part);
      await expect.poll(metrics).toContain("attune_in_flight_requests 2\n");
      socket.destroy();
      await expect.poll(metrics).toMatch(/attune_http_requests_total\{[^}]*batch",status="400"\} 1\n/);
      expect(at.reports).toEqual([]);
    });
  }

  it("count for the address of whoever shows no valid key", async () => {
    at = await startTestServer({ limits: { strangersPerMinute: 2 } });
    const send = () => at.post(BATCH, "{", { key: null });
    expect([(await send()).status, (await send()).status, (await send()).status]).toEqual([400, 400, 429]);
    expect((await at.post(BATCH, "{")).status).toBe(400);
  });
});

describe("T20 bodies that become large", () => {
  const send = (text: string | Buffer) =>
    at.call(BATCH, {
      method: "POST",
      body: new Uint8Array(zlib.gzipSync(text)),
      headers: { "content-encoding": "gzip", "content-type": "application/json" },
    });

  it("many small ones at once that decompress to 8 MiB each stay within the room for bodies", async () => {
    at = await startTestServer({ limits: { inFlightBytes: 16 << 20 } });
    const spaces = Buffer.alloc(8 << 20, " ");
    const before = process.memoryUsage.rss();
    let most = 0;
    const watching = setInterval(() => (most = Math.max(most, process.memoryUsage.rss() - before)), 2);
    const answers = await Promise.all(Array.from({ length: 100 }, () => send(spaces)));
    clearInterval(watching);
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status !== 400 && status !== 429)).toEqual([]);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(50);
    expect(most).toBeLessThan(400 << 20);
    expect((await at.post(BATCH, [nativeEvent()])).status).toBe(200);
  }, 30_000);

  // Where Node has zstd (22.15).
  it.runIf("zstdDecompress" in zlib)(
    "zstd that asks its decoder for more than 8 MiB is refused",
    async () => {
      at = await startTestServer();
      // `[1]` and spaces, by a window of 2^27 bytes and of 2^22.
      const frame = (window: string) =>
        Buffer.from(`28b52ffd00${window}540000205b315d2001003d0122010000`, "hex");
      const statusOf = async (body: Buffer): Promise<number> => {
        const headers = { "content-encoding": "zstd" };
        return (await at.call(BATCH, { method: "POST", body: new Uint8Array(body), headers })).status;
      };
      expect([await statusOf(frame("60")), await statusOf(frame("88"))]).toEqual([200, 400]);
    },
  );

  it("made of millions of values are refused before they are read", async () => {
    at = await startTestServer();
    for (const text of [
      `${"[".repeat(4_000_000)}${"]".repeat(4_000_000)}`,
      `[${"{},".repeat(2_700_000)}{}]`,
      `[{${Array.from({ length: 400_000 }, (_, i) => `"${i}":0`).join()}}]`,
    ]) {
      const refused = await send(text);
      expect([refused.status, (await refused.json()).type]).toEqual([413, "ATTUNE_SERVER_BODY_VALUES"]);
    }
  }, 30_000);

  it("values are counted outside of texts only", async () => {
    at = await startTestServer();
    const busy = '[{,"\\'.repeat(200_000);
    for (const value of [[busy], { [busy]: `${busy}\\` }, Array.from({ length: 290_000 }, () => 1)])
      expect(parseJson(JSON.stringify(value))).toEqual(value);
    expect(() => parseJson(`["\\\\",${"0,".repeat(300_000)}0]`)).toThrow(/300000 values/);
    expect(() => parseJson(`["${"x".repeat(70_000)}`)).toThrow(/not JSON/);
  });
});
