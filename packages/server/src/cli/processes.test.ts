import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Fixture } from "../../../server-adapters/test/fixture.js";
import { freePort } from "../../../server-adapters/test/programs.js";
import { type RedisServer, redisProgram, startRedis } from "../../../server-adapters/test/redis-server.js";
import { type AttuneProgram, bundleAttune } from "../../test/attune-process.js";
import { runCli } from "../../test/run-cli.js";
import { nativeEvent } from "../testing/start.js";

const REDIS = redisProgram();
const WRITE = "wk_0123456789abcdef";
const SECRET = "sk_0123456789abcdef";
const OF_SHOP = "wk_fedcba9876543210";
/** Patience with a box that is busy. */
const PATIENT = { timeout: 30_000, interval: 100 };

/** Another one for each revision: one that differs in that alone is the same. */
const rulesetOf = (revision: number) => ({
  schemaVersion: 1,
  revision,
  segments: [],
  slots: {
    hero: {
      variants: { plain: 0, loud: revision },
      fallback: "plain",
      policy: { type: "rules", rules: [{ variant: "loud" }] },
    },
  },
});

/** Several processes that start at the same moment with a ruleset that none of them has published yet. */
describe("attune serve, started twice at once with a new ruleset", () => {
  let attune: AttuneProgram;
  let dir: string;
  beforeAll(async () => {
    [attune, dir] = await Promise.all([bundleAttune(), mkdtemp(join(tmpdir(), "attune-at-once-"))]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all([attune.remove(), rm(dir, { recursive: true })]);
  });

  /** Starts `processes` at once, and looks at what each of them answers and at the audit log that they share. */
  async function startAtOnce(config: string, revision: number, processes: number): Promise<void> {
    const ruleset = join(dir, `ruleset-${revision}.json`);
    await writeFile(ruleset, JSON.stringify(rulesetOf(revision)));
    const args = ["serve", "--config", config, "--ruleset", ruleset, "--json"];
    const started = await Promise.allSettled(
      Array.from({ length: processes }, () => attune.ready<{ url: string }>(args)),
    );
    const begun = started.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    try {
      expect(started.map(({ status }) => status)).toEqual(started.map(() => "fulfilled"));
      for (const { line } of begun) {
        const get = async <T>(path: string): Promise<T> => {
          const answer = await fetch(line.url + path, { headers: { authorization: `Bearer ${SECRET}` } });
          return (await answer.json()) as T;
        };
        expect(await get("/api/v1/ruleset")).toMatchObject({ revision });
        const { entries } = await get<{ entries: { type: string; detail: { revision: number } }[] }>(
          "/api/v1/behavioral/audit-log",
        );
        const published = entries
          .filter(({ type }) => type === "ruleset")
          .map(({ detail }) => detail.revision);
        expect(published).toEqual(Array.from({ length: revision }, (_, i) => i + 1));
      }
    } finally {
      await Promise.all(begun.map(({ process }) => process.kill()));
    }
  }
  it("ends quietly where nobody reads on, and when it is told to while its log is away", async () => {
    const { child } = attune.start(["help"]);
    child.stdout?.destroy();
    expect(await once(child, "exit")).toEqual([141, null]);
    const away = { kind: "redis", url: `redis://127.0.0.1:${await freePort()}` };
    const config = await configured("away", { hot: away, log: away, channel: { kind: "memory" } });
    const { process } = await attune.ready(["serve", "--config", config, "--json"]);
    process.child.kill("SIGTERM");
    expect(await process.exited).toEqual([0, null]);
  }, 60_000);

  const configured = async (name: string, ports: object): Promise<string> => {
    const config = join(dir, `${name}.json`);
    const sites = { default: { writeKeys: [WRITE], secretKeys: [SECRET] } };
    await writeFile(config, JSON.stringify({ dir: `data-${name}`, port: 0, sites, ports }));
    return config;
  };

  it("on one folder: both run, and one of them has published it", async () => {
    const lmdb = { kind: "lmdb" };
    const config = await configured("folder", { hot: lmdb, log: lmdb, channel: { kind: "memory" } });
    for (const revision of [1, 2]) await startAtOnce(config, revision, 2);
  }, 90_000);

  it.skipIf(REDIS.path === null)(
    "on one Redis: all run, and one of them has published it",
    async () => {
      const redis = await startRedis(REDIS.path ?? "");
      try {
        const system = { kind: "redis", url: `redis://127.0.0.1:${redis.port}` };
        const config = await configured("redis", { hot: system, log: system, channel: system });
        for (const revision of [1, 2]) await startAtOnce(config, revision, 3);
      } finally {
        await redis.stop();
      }
    },
    90_000,
  );
});

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
    const sites = {
      default: { writeKeys: [WRITE], secretKeys: [{ env: "ATTUNE_TEST_SECRET" }] },
      shop: { writeKeys: [OF_SHOP] },
    };
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

    const there = await call("/api/v1/behavioral/batch", OF_SHOP, [nativeEvent({ occurredAt: "never" })]);
    expect(await there.json()).toMatchObject({ accepted: 0, rejected: [{ index: 0 }] });
    const sitesOf = async (...more: string[]): Promise<string[]> => {
      const { out } = await runCli("dead-letters", "list", "--config", config, "--json", ...more);
      return out.map((line) => (JSON.parse(line) as { site: string }).site);
    };
    expect(await sitesOf()).toEqual(["default", "shop"]);
    expect(await sitesOf("--site", "shop")).toEqual(["shop"]);
    const all = await runCli("dead-letters", "replay", "--config", config, "--json");
    expect(JSON.parse(all.out[0] ?? "")).toEqual({ replayed: 0, stillRefused: 2, missing: [] });
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
