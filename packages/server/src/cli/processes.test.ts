import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fixture } from "../../../server-adapters/test/fixture.js";
import { type RedisServer, redisProgram, startRedis } from "../../../server-adapters/test/redis-server.js";
import { type AttuneProgram, bundleAttune } from "../../test/attune-process.js";
import { runCli } from "../../test/run-cli.js";
import { nativeEvent } from "../testing/start.js";

const REDIS = redisProgram();
const WRITE = "wk_0123456789abcdef";
const SECRET = "sk_0123456789abcdef";
/** Patience with a box that is busy. */
const PATIENT = { timeout: 30_000, interval: 100 };

describe.skipIf(REDIS.path === null)("attune serve and attune worker, each a process, on one Redis", () => {
  let attune: AttuneProgram;
  let redis: RedisServer;
  let dir: string;
  let config: string;
  let url: string;
  const running: Fixture[] = [];
  const begin = async <T>(...args: string[]): Promise<{ process: Fixture; line: T }> => {
    const begun = await attune.ready<T>([...args, "--config", config, "--json"]);
    running.push(begun.process);
    return begun;
  };
  const call = (path: string, key: string, body?: unknown): Promise<Response> =>
    fetch(url + path, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    });
  const send = async (events: readonly unknown[]): Promise<void> =>
    expect((await call("/api/v1/behavioral/batch", WRITE, events)).status).toBe(200);
  const totals = async (): Promise<{ visitors: number; events: number }> => {
    const { visitors, events } = (await (await call("/api/sessions/metrics", SECRET)).json()) as {
      visitors: number;
      events: number;
    };
    return { visitors, events };
  };
  const visits = (from: number, visitors: number, each: number): unknown[] =>
    Array.from({ length: visitors * each }, (_, i) => {
      const visitor = from + (i % visitors);
      return nativeEvent({ visitorId: `visitor-0123456789-${visitor}`, sessionId: `session-${visitor}` });
    });

  beforeAll(async () => {
    [attune, redis, dir] = await Promise.all([
      bundleAttune(),
      startRedis(REDIS.path ?? ""),
      mkdtemp(join(tmpdir(), "attune-processes-")),
    ]);
    const system = { kind: "redis", url: { env: "ATTUNE_TEST_REDIS" } };
    process.env.ATTUNE_TEST_REDIS = `redis://127.0.0.1:${redis.port}`;
    config = join(dir, "config.json");
    const sites = { default: { writeKeys: [WRITE], secretKeys: [{ env: "ATTUNE_TEST_SECRET" }] } };
    process.env.ATTUNE_TEST_SECRET = SECRET;
    const ports = { hot: system, log: system, channel: system, keys: { kind: "files", dir: "keys" } };
    await writeFile(config, JSON.stringify({ dir: "data", port: 0, sites, ports }));
    const { line } = await begin<{ url: string; worker: boolean }>("serve", "--no-worker");
    expect(line).toMatchObject({ worker: false, ports: { hot: "redis", log: "redis", channel: "redis" } });
    url = line.url;
  }, 60_000);
  afterAll(async () => {
    await Promise.all(running.map((process) => process.kill()));
    await Promise.all([attune.remove(), redis.stop(), rm(dir, { recursive: true })]);
    delete process.env.ATTUNE_TEST_REDIS;
    delete process.env.ATTUNE_TEST_SECRET;
  });

  it("takes events without folding them, until there is a worker; several share the work, and one that is ended finishes its batch", async () => {
    await send(visits(0, 40, 5));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await totals()).toEqual({ visitors: 0, events: 0 });

    const workers = await Promise.all([begin<Ready>("worker"), begin<Ready>("worker")]);
    for (const { line } of workers) expect(line).toMatchObject({ ready: true, group: "fold", shards: 8 });
    await expect.poll(totals, PATIENT).toEqual({ visitors: 40, events: 200 });

    const [first, second] = workers;
    const sending = (async () => {
      for (let batch = 0; batch < 10; batch++) await send(visits(100 + batch * 10, 10, 10));
    })();
    first.process.child.kill("SIGTERM");
    await sending;
    expect((await first.process.exited)[0]).toBe(0);
    await expect.poll(totals, PATIENT).toEqual({ visitors: 140, events: 1200 });
    second.process.child.kill("SIGTERM");
    expect((await second.process.exited)[0]).toBe(0);
    // Everything was folded once, by one or the other.
    const folded = workers.map(
      ({ process }) => JSON.parse(process.lines.at(-1) ?? "{}") as { events: number },
    );
    expect(folded.reduce((sum, { events }) => sum + events, 0)).toBe(1200);
  }, 90_000);

  it("lets dead letters be listed, and what is refused again is said", async () => {
    const bad = await call("/api/v1/behavioral/batch", WRITE, [nativeEvent({ occurredAt: "never" })]);
    expect(await bad.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] });
    const listed = await runCli("dead-letters", "list", "--config", config, "--json");
    expect(listed.out).toHaveLength(1);
    const letter = JSON.parse(listed.out[0] ?? "") as { id: string; site: string; reasons: unknown[] };
    expect(letter).toMatchObject({ site: "default" });
    expect(letter.reasons.length).toBeGreaterThan(0);
    const again = await runCli(
      "dead-letters",
      "replay",
      "--config",
      config,
      "--id",
      letter.id,
      "--id",
      "none",
    );
    expect(again.code).toBe(1);
    expect(again.out.join("\n")).toContain("1 refused again");
    expect(again.err.join("\n")).toContain("no letter none");
    const other = await runCli("dead-letters", "list", "--config", config, "--site", "shop");
    expect(other.out).toEqual(["There are no dead letters."]);
  });

  it("says that a variable is missing before it connects to anything", async () => {
    delete process.env.ATTUNE_TEST_REDIS;
    const { code, err } = await runCli("worker", "--config", config);
    process.env.ATTUNE_TEST_REDIS = `redis://127.0.0.1:${redis.port}`;
    expect(code).toBe(2);
    expect(err.join("\n")).toContain("/ports/hot/url: Set the environment variable ATTUNE_TEST_REDIS");
  });
});

interface Ready {
  ready: true;
  group: string;
  shards: number;
}
