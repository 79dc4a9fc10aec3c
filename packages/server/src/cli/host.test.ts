import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import http from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbLog } from "@attune/server-adapters/lmdb";
import { describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { redisProgram, startRedis } from "../../../server-adapters/test/redis-server.js";
import { nativeEvent } from "../testing/start.js";
import { endAll } from "./end-host.js";
import { startHost } from "./host.js";
import type { OpenedPorts } from "./ports/open-ports.js";

const REDIS = redisProgram();

/** Where the system tells which files this process has open. */
const OPEN_FILES = "/proc/self/fd";

const fail = (error: unknown): never => {
  throw error;
};

const get = (url: string, agent: http.Agent): Promise<{ status: number; connection: string | undefined }> =>
  new Promise((resolve, reject) => {
    const outgoing = http.get(url, { agent }, (response) => {
      response.resume();
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    });
    outgoing.on("error", reject);
  });

describe("a host's WebSockets", () => {
  it("are taken, told of the end, and do not hold it up", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    const headers = { authorization: `Bearer ${host.keys?.secretKey}` };
    const connect = (path: string) => new WebSocket(host.url.replace("http", "ws") + path, { headers });
    const ws = connect("/api/v1/behavioral/stream");
    await new Promise((resolve) => ws.once("open", resolve));
    const answered = new Promise((resolve) =>
      ws.once("message", (data) => resolve(JSON.parse(String(data)))),
    );
    ws.send(JSON.stringify({ type: "connection" }));
    expect(await answered).toMatchObject({ type: "connected", reads: "site" });
    const nowhere = new Promise((resolve) => connect("/elsewhere").once("error", resolve));
    expect(String(await nowhere)).toContain("404");
    const code = new Promise((resolve) => ws.once("close", resolve));
    const started = Date.now();
    expect(await host.close()).toBe(true);
    expect(await code).toBe(1001);
    expect(Date.now() - started).toBeLessThan(2000);
  });
});

describe("a host that ends", () => {
  it("refuses new requests at once and waits for the fold only so long", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    expect(await get(`${host.url}/health/live`, agent)).toMatchObject({ status: 200 });
    host.server.service.settled = () => new Promise(() => {});
    const started = Date.now();
    const closing = host.close(400);
    expect(await get(`${host.url}/health/live`, agent)).toEqual({ status: 503, connection: "close" });
    expect(await closing).toBe(false);
    expect(Date.now() - started).toBeLessThan(2000);
    await expect(get(`${host.url}/health/live`, agent)).rejects.toThrow();
    agent.destroy();
  });

  it("closes everything where the log does not answer any more, and says that not all was folded", async () => {
    const reports: unknown[] = [];
    const report = (error: unknown): void => void reports.push(error);
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report });
    const away = new Error("away");
    host.server.service.settled = () => Promise.reject(away);
    expect(await host.close(5000)).toBe(false);
    expect(reports).toEqual([away]);
    await expect(fetch(`${host.url}/health/live`)).rejects.toThrow();
  });

  it("that has folded everything says so", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    expect(await host.close(5000)).toBe(true);
  });

  it("finishes the requests that had begun, slow bodies and slow answers, and folds what they brought", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    const { service } = host.server;
    const { summary } = service;
    const seen: number[] = [];
    let asked = (): void => undefined;
    const isAsked = new Promise<void>((resolve) => (asked = resolve));
    let answer = (): void => undefined;
    const mayAnswer = new Promise<void>((resolve) => (answer = resolve));
    service.summary = async (options) => {
      asked();
      await mayAnswer;
      const found = await summary(options);
      seen.push(found.events);
      return found;
    };
    const body = JSON.stringify([nativeEvent()]);
    const slow = connect(Number(new URL(host.url).port), "127.0.0.1");
    slow.write(
      `POST /api/v1/behavioral/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${host.keys?.writeKey}\r\nContent-Length: ${body.length}\r\n\r\n[`,
    );
    const headers = { authorization: `Bearer ${host.keys?.secretKey}` };
    const reading = fetch(`${host.url}/api/sessions/metrics`, { headers });
    await isAsked;
    const closing = host.close(20_000);
    slow.write(body.slice(1));
    let text = "";
    slow.on("data", (chunk) => (text += String(chunk)));
    await expect.poll(() => text).toContain('"accepted":1');
    answer();
    const got = await reading;
    expect([got.status, ((await got.json()) as { events: number }).events]).toEqual([200, seen[0]]);
    expect(await closing).toBe(true);
    slow.destroy();
  });

  it("does not wait for a body that never comes until there is no time left for the fold", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    const { service } = host.server;
    const { settled } = service;
    let waited = 0;
    service.settled = () => {
      waited += 1;
      return settled();
    };
    const stalled = connect(Number(new URL(host.url).port), "127.0.0.1");
    stalled.on("error", () => undefined);
    stalled.write(
      `POST /api/v1/behavioral/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${host.keys?.writeKey}\r\nContent-Length: 100\r\n\r\n[`,
    );
    const headers = { authorization: `Bearer ${host.keys?.secretKey}` };
    const metrics = async () => (await fetch(`${host.url}/metrics`, { headers })).text();
    await expect.poll(metrics).toContain("attune_in_flight_requests 2\n");
    const started = performance.now();
    expect(await host.close(1000)).toBe(true);
    expect([waited, performance.now() - started < 5000]).toEqual([1, true]);
    stalled.destroy();
  });

  it("ends where something does not come to its end, and says so", async () => {
    const codes: unknown[] = [];
    const report = (error: unknown): void => void codes.push((error as { code?: unknown }).code);
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report });
    const { close } = host.server;
    host.server.close = () => new Promise(() => {});
    expect(await host.close(100)).toBe(true);
    expect(codes).toEqual(["ATTUNE_SERVER_CUT_OFF"]);
    await close();
  }, 15_000);

  it("ends where a system does not let go of its connections, and says so", async () => {
    const codes: unknown[] = [];
    const report = (error: unknown): void => void codes.push((error as { code?: unknown }).code);
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report });
    const ports = { close: () => new Promise<void>(() => {}) } as OpenedPorts;
    const listener = http.createServer().listen(0, "127.0.0.1");
    const gate = { fetch: host.server.fetch, close: async () => {} };
    const running = { gate, folds: true, listener, server: host.server, service: null, ports, report };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let ended: boolean | null = null;
    try {
      void endAll(running, 100).then((settled) => (ended = settled));
      for (let s = 0; s < 15 && ended === null; s++) {
        await vi.advanceTimersByTimeAsync(1000);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      vi.useRealTimers();
    }
    expect(ended).toBe(true);
    expect(codes).toEqual(["ATTUNE_SERVER_CUT_OFF"]);
    await host.close();
  });

  // Half a minute, since each adapter has its patience.
  it.skipIf(REDIS.path === null || process.env.ATTUNE_HISTORIES === undefined)(
    "ends where its Redis takes connections and answers nothing any more",
    async () => {
      const redis = await startRedis(REDIS.path ?? "");
      const dir = await mkdtemp(join(tmpdir(), "attune-host-"));
      const system = { kind: "redis", url: `redis://127.0.0.1:${redis.port}` } as const;
      const config = { ports: { hot: system, log: system, channel: system } };
      const codes = new Set<unknown>();
      const report = (error: unknown): void => void codes.add((error as { code?: unknown }).code);
      const host = await startHost({ dir, port: 0, host: "127.0.0.1", report, config });
      const pid = Number(/process_id:(\d+)/.exec(await redis.client.info("server"))?.[1]);
      // Until it has subscribed to what it hears of others by.
      await expect.poll(() => redis.client.pubsub("CHANNELS")).not.toEqual([]);
      process.kill(pid, "SIGSTOP");
      try {
        expect(await host.close(200)).toBe(false);
        expect(codes).toContain("ATTUNE_SERVER_CUT_OFF");
      } finally {
        process.kill(pid, "SIGCONT");
        await redis.stop();
        await rm(dir, { recursive: true });
      }
    },
    60_000,
  );

  it("knows where sign-in links lead", async () => {
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail });
    const headers = { authorization: `Bearer ${host.keys?.secretKey}` };
    const made = await fetch(`${host.url}/api/v1/dashboard/sign-in`, { method: "POST", headers });
    expect(((await made.json()) as { url: string }).url).toMatch(`${host.url}/dashboard/sign-in?token=`);
    await host.close();
  });

  it("sends people to the origin of the configuration, and takes a session's changes from there", async () => {
    const origin = "https://attune.example";
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report: fail, config: { origin } });
    expect(host.origin).toBe(origin);
    const headers = { authorization: `Bearer ${host.keys?.secretKey}` };
    const made = await fetch(`${host.url}/api/v1/dashboard/sign-in`, { method: "POST", headers });
    const { url } = (await made.json()) as { url: string };
    expect(url).toMatch(`${origin}/dashboard/sign-in?token=`);
    const entry = await fetch(url.replace(origin, host.url), { redirect: "manual" });
    const setCookie = entry.headers.get("set-cookie") ?? "";
    expect(setCookie).toContain("; Secure");
    const signOut = (from: string): Promise<Response> =>
      fetch(`${host.url}/api/v1/dashboard/session`, {
        method: "DELETE",
        headers: { cookie: setCookie.split(";")[0] as string, origin: from },
      });
    expect((await signOut("https://elsewhere.example")).status).toBe(403);
    expect((await signOut(origin)).status).toBe(204);
    await host.close();
  });
});

describe("a host that cannot start", () => {
  it("says so at once, whatever waits in its log to be folded", async () => {
    const dir = await mkdtemp(join(tmpdir(), "attune-host-"));
    const at = { dir, port: 0, host: "127.0.0.1", report: () => undefined };
    await (await startHost(at)).close();
    // Of a version that this one does not know: it stays in the log.
    const log = lmdbLog({ path: join(dir, "log") });
    await log.append([{ key: "default/v/later", value: { v: 99 } }]);
    await log.close();
    const other = http.createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    await expect(startHost({ ...at, port })).rejects.toThrow(/in use/);
    other.close();
    await rm(dir, { recursive: true });
  }, 10_000);

  it.skipIf(!existsSync(OPEN_FILES))("leaves nothing open", async () => {
    const dir = await mkdtemp(join(tmpdir(), "attune-host-"));
    const config = { sensitive: ["diagnosis"] };
    for (const worker of [true, false])
      await expect(
        startHost({ dir, port: 0, host: "127.0.0.1", report: fail, config, worker }),
      ).rejects.toMatchObject({ code: "ATTUNE_SERVICE_SENSITIVE" });
    const open = await Promise.all(
      (await readdir(OPEN_FILES)).map((one) => readlink(join(OPEN_FILES, one)).catch(() => "")),
    );
    expect(open.filter((path) => path.startsWith(dir))).toEqual([]);
    await rm(dir, { recursive: true });
  });
});

describe("a host that listens", () => {
  it("tells of every later error of its listener, and goes on", async () => {
    const made = vi.spyOn(http, "createServer");
    const reports: unknown[] = [];
    const report = (error: unknown): void => void reports.push(error);
    const host = await startHost({ dir: null, port: 0, host: "127.0.0.1", report });
    const listener = made.mock.results[0]?.value as http.Server;
    made.mockRestore();
    const failures = [new Error("accept EMFILE"), new Error("accept ENFILE")];
    for (const failure of failures) listener.emit("error", failure);
    expect(reports).toEqual(failures);
    expect((await fetch(`${host.url}/health/live`)).status).toBe(200);
    await host.close();
  });
});

describe("a host on its configuration", () => {
  it.skipIf(REDIS.path === null)("T8 warns at its start of a Redis that keeps nothing on disk", async () => {
    const redis = await startRedis(REDIS.path ?? "", ["--appendonly", "no"]);
    const dir = await mkdtemp(join(tmpdir(), "attune-host-"));
    const system = { kind: "redis", url: `redis://127.0.0.1:${redis.port}` } as const;
    const config = { ports: { hot: system, log: system, channel: system } };
    const reports: unknown[] = [];
    const report = (error: unknown): void => void reports.push(error);
    const host = await startHost({ dir, port: 0, host: "127.0.0.1", report, config });
    try {
      await expect.poll(() => reports, { timeout: 10_000 }).toHaveLength(1);
      expect(reports).toMatchObject([{ code: "ATTUNE_REDIS_NOT_DURABLE" }]);
    } finally {
      await host.close();
      await redis.stop();
      await rm(dir, { recursive: true });
    }
  });

  it("T23 seals sensitive fields on disk, believes its proxy and keeps within its limits", async () => {
    const dir = await mkdtemp(join(tmpdir(), "attune-host-"));
    const config = {
      ports: {
        hot: { kind: "lmdb" },
        log: { kind: "lmdb" },
        channel: { kind: "memory" },
        keys: { kind: "files" },
      },
      sensitive: ["properties.diagnosis"],
      proxy: { country: "x-country" },
      limits: { strangersPerMinute: 3 },
    } as const;
    const host = await startHost({ dir, port: 0, host: "127.0.0.1", report: fail, config });
    try {
      const send = (key: string | undefined, headers = {}) =>
        fetch(`${host.url}/api/v1/behavioral/batch?wait=10000`, {
          method: "POST",
          headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
          body: JSON.stringify([nativeEvent({ properties: { diagnosis: "podagra-7f3a" } })]),
        });
      const taken = await send(host.keys?.writeKey, { "x-country": "DE", "cf-ipcountry": "US" });
      expect(await taken.json()).toMatchObject({ accepted: 1, sampled: 0 });
      const { visitors } = await host.server.service.exportData({
        visitorId: "visitor-0123456789-abcdefghij",
      });
      expect(visitors[0]?.events).toMatchObject([
        { properties: { diagnosis: "podagra-7f3a" }, context: { country: "DE" } },
      ]);
      const files = await readdir(dir, { recursive: true, withFileTypes: true });
      for (const file of files.filter((one) => one.isFile()))
        expect((await readFile(join(file.parentPath, file.name))).includes("podagra")).toBe(false);
      const strangers = [];
      for (let i = 0; i < 5; i++) strangers.push((await send("wk_unknown-to-all")).status);
      expect(strangers).toEqual([401, 401, 401, 429, 429]);
    } finally {
      await host.close();
      await rm(dir, { recursive: true });
    }
  });
});
