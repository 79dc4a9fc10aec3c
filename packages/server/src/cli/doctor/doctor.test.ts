import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PortsConfig } from "@attune/core/wire";
import { kafkaLog } from "@attune/server-adapters/kafka";
import { lmdbLog } from "@attune/server-adapters/lmdb";
import { redisLog } from "@attune/server-adapters/redis";
import { postgresTable } from "@attune/server-adapters/postgres";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startDynamo } from "../../../../server-adapters/test/dynamodb.js";
import { INFLUXD, influxServer } from "../../../../server-adapters/test/influxdb.js";
import { client as kafkaClient, FAST, KCAT, mockCluster } from "../../../../server-adapters/test/kafka.js";
import { postgresProgram, startPostgres } from "../../../../server-adapters/test/postgres.js";
import { freePort } from "../../../../server-adapters/test/programs.js";
import { startCluster } from "../../../../server-adapters/test/redis-cluster.js";
import { redisProgram, startRedis } from "../../../../server-adapters/test/redis-server.js";
import { runCli } from "../../../test/run-cli.js";
import { checksOf } from "./checks.js";
import { type Diagnosis, reasonOf } from "./doctor.js";
import type { Finding } from "./finding.js";
import { lookAtRedis } from "./redis.js";

const REDIS = redisProgram();
const POSTGRES = postgresProgram();
const memory = { kind: "memory" };

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "attune-doctor-"));
  await mkdir(join(folder, "data"), { mode: 0o700 });
});
afterAll(() => rm(folder, { recursive: true }));

/** Exit code and what is found of the systems with that name. */
async function examine(ports: Record<string, unknown>, system: string, more: Record<string, unknown> = {}) {
  const file = join(folder, `config-${++files}.json`);
  const keys = { kind: "files", dir: join(folder, "keys") };
  await writeFile(
    file,
    JSON.stringify({
      dir: "data",
      consent: { version: "1", mode: "opt-in" },
      ports: { keys, ...ports },
      ...more,
    }),
  );
  const { code, out } = await runCli("doctor", "--config", file, "--json");
  const { checks } = JSON.parse(out[0] ?? "") as { checks: Diagnosis[] };
  const findings = checks.filter(({ name }) => name.startsWith(system)).flatMap((check) => check.findings);
  return { code, findings, names: checks.map(({ name }) => name), codes: codesOf(findings) };
}

const codesOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, code }) => `${level} ${code.replace("ATTUNE_", "")}`).sort();

describe("attune doctor, of a Redis that takes the connection and says nothing", () => {
  it("lets go of it when it waits no longer, so that the command ends", async () => {
    const connections = new Set<Socket>();
    const mute = createServer((socket) => {
      connections.add(socket.on("error", () => undefined));
      socket.on("close", () => connections.delete(socket)).resume();
    });
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    const given = new AbortController();
    const config = { kind: "redis", url: `redis://127.0.0.1:${port}` } as const;
    const looking = lookAtRedis({ config, hasChannel: false, holdsData: true, late: given.signal });
    await expect.poll(() => connections.size).toBe(1);
    given.abort();
    await expect(looking).rejects.toThrow();
    await expect.poll(() => connections.size).toBe(0);
    mute.close();
  });
});

describe("attune doctor, of a PostgreSQL that takes the connection and says nothing", () => {
  it("says that it gave no answer in time", async () => {
    const mute = createServer((socket) => void socket.on("error", () => undefined).resume());
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    const { port } = mute.address() as AddressInfo;
    const pool = new pg.Pool({ host: "127.0.0.1", port, connectionTimeoutMillis: 50 });
    const failure: unknown = await pool.connect().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(reasonOf(failure)).toBe("it gave no answer in time.");
    await pool.end();
    mute.close();
  });
});

describe("attune doctor, of keys whose log is on a server that says nothing", () => {
  const logs: ((at: string) => PortsConfig["log"])[] = [
    (at) => ({ kind: "redis", url: `redis://${at}` }),
    (at) => ({ kind: "kafka", brokers: [at], topic: "events" }),
  ];
  it.each(logs)(
    "does not wait for it, and lets go of it",
    async (logAt) => {
      const connections = new Set<Socket>();
      const mute = createServer((socket) => {
        connections.add(socket.on("error", () => undefined));
        socket.on("close", () => connections.delete(socket)).resume();
      });
      await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
      const at = `127.0.0.1:${(mute.address() as AddressInfo).port}`;
      const ports: PortsConfig = {
        hot: { kind: "redis", url: "redis://127.0.0.1:1" },
        log: logAt(at),
        channel: { kind: "memory" },
        keys: { kind: "files", dir: join(folder, "no-keys") },
      };
      const check = checksOf({ config: {}, dir: join(folder, "data"), ports }).find(
        ({ name }) => name === "Keys",
      );
      const started = performance.now();
      expect(codesOf((await check?.look(new AbortController().signal)) ?? [])).toEqual([
        "unchecked DOCTOR_UNCHECKED",
      ]);
      expect(performance.now() - started).toBeLessThan(6000);
      await expect.poll(() => connections.size, { timeout: 10_000 }).toBe(0);
      mute.close();
    },
    30_000,
  );
});

describe.skipIf(REDIS.path === null)("attune doctor, of Redis", () => {
  const program = REDIS.path ?? "";
  const all = (url: string, more = {}) => {
    const redis = { kind: "redis", url, ...more };
    return { hot: redis, log: redis, channel: redis };
  };

  it("finds what would lose data, and nothing once it is cured", async () => {
    const server = await startRedis(program, [
      ...["--appendonly", "no", "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"],
    ]);
    const url = `redis://127.0.0.1:${server.port}`;
    try {
      const bad = await examine(all(url), "Redis");
      expect(bad.names).toContain("Redis (hot, log, channel)");
      expect(bad.code).toBe(1);
      expect(bad.codes).toEqual([
        "error REDIS_EVICTS",
        "error REDIS_NOT_DURABLE",
        "warning DOCTOR_REDIS_ALONE",
      ]);
      expect(bad.findings.every(({ message }) => /Set `|Give it/.test(message))).toBe(true);

      await server.client.config("SET", "maxmemory-policy", "noeviction");
      await server.client.config("SET", "appendonly", "yes");
      await server.client.config("SET", "appendfsync", "no");
      const replica = await startRedis(program, ["--replicaof", "127.0.0.1", String(server.port)]);
      try {
        await expect
          .poll(() => server.client.info("replication"), { timeout: 15_000 })
          .toContain("connected_slaves:1");
        const better = await examine(all(url), "Redis");
        expect(better.codes).toEqual(["error DOCTOR_REDIS_FSYNC", "warning DOCTOR_REDIS_REPLICAS"]);

        await server.client.config("SET", "appendfsync", "everysec");
        await server.client.config("SET", "min-replicas-to-write", "1");
        const fair = await examine(all(url), "Redis");
        expect([fair.codes, fair.code]).toEqual([["warning DOCTOR_REDIS_EVERYSEC"], 0]);

        await server.client.config("SET", "appendfsync", "always");
        const good = await examine(all(url), "Redis");
        expect(good.findings).toEqual([]);
        expect(good.code).toBe(0);
        expect((await examine(all(url, { cluster: true }), "Redis")).codes).toEqual([
          "error DOCTOR_REDIS_CLUSTER",
        ]);
      } finally {
        await replica.stop();
      }
    } finally {
      await server.stop();
    }
  }, 60_000);

  it("says when it is away, and what it may not ask", async () => {
    const away = await examine(all(`redis://127.0.0.1:${await freePort()}`), "Redis");
    expect(away.codes).toEqual(["error DOCTOR_AWAY"]);
    expect(away.findings[0]?.message).toContain("ECONNREFUSED");
    const server = await startRedis(program);
    try {
      await server.client.call("acl", "setuser", "attune", "on", ">jane", "~*", "&*", "+@all", "-config");
      const shut = await examine(all(`redis://attune:jane@127.0.0.1:${server.port}`), "Redis");
      expect(shut.codes).toEqual(["unchecked DOCTOR_UNCHECKED", "warning DOCTOR_REDIS_ALONE"]);
      expect(shut.code).toBe(0);
      expect(JSON.stringify(shut)).not.toContain("jane");
    } finally {
      await server.stop();
    }
  });

  it("finds a replica where a primary is needed, and one that wants a password", async () => {
    const primary = await startRedis(program);
    const replica = await startRedis(program, ["--replicaof", "127.0.0.1", String(primary.port)]);
    try {
      const found = await examine(all(`redis://127.0.0.1:${replica.port}`), "Redis");
      expect(found.codes).toContain("error DOCTOR_REDIS_READONLY");
      expect(found.codes).not.toContain("warning DOCTOR_REDIS_ALONE");
      await primary.client.config("SET", "requirepass", "jane-1");
      const shut = await examine(all(`redis://127.0.0.1:${primary.port}`), "Redis");
      expect(shut.codes).toEqual(["error DOCTOR_AWAY"]);
      expect(shut.findings[0]?.message).toContain("asked: NOAUTH. See");
    } finally {
      await replica.stop();
      await primary.stop();
    }
  }, 30_000);

  it("asks nothing of the disk of a Redis that only live messages go through", async () => {
    const server = await startRedis(program, ["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    try {
      const channel = { kind: "redis", url: `redis://127.0.0.1:${server.port}` };
      const found = await examine({ hot: { kind: "lmdb" }, log: { kind: "lmdb" }, channel }, "Redis");
      expect([found.names.at(-1), found.findings]).toEqual(["Redis (channel)", []]);
    } finally {
      await server.stop();
    }
  });

  it("finds a log whose keys are gone, and makes none where there is none", async () => {
    const server = await startRedis(program);
    const url = `redis://127.0.0.1:${server.port}`;
    const codes = async () =>
      (await examine({ ...all(url), keys: { kind: "files", dir: join(folder, "gone") } }, "Keys")).codes;
    try {
      expect(await codes()).toEqual([]);
      expect(await server.client.dbsize()).toBe(0);
      const log = redisLog({ client: server.client });
      await log.append([{ key: "a", value: 1 }]);
      await log.close();
      expect(await codes()).toEqual(["error DOCTOR_KEYS_MISSING"]);
    } finally {
      await server.stop();
    }
  });

  it("finds slots of a cluster that nobody serves", async () => {
    const bus = String(await freePort());
    const node = await startRedis(program, ["--cluster-enabled", "yes", "--cluster-port", bus]);
    try {
      await node.client.call("cluster", "addslotsrange", 0, 99);
      const url = `redis://127.0.0.1:${node.port}`;
      const { findings, codes } = await examine(all(url, { cluster: true }), "Redis");
      expect(codes).toEqual(["error DOCTOR_REDIS_SLOTS"]);
      expect(findings[0]?.message).toContain("16284 of 16384");
      expect((await examine(all(url), "Redis")).codes).toEqual(["error DOCTOR_REDIS_CLUSTER"]);
    } finally {
      await node.stop();
    }
  });

  it("looks at every primary of a cluster", async () => {
    const cluster = await startCluster(program);
    try {
      const url = `redis://127.0.0.1:${cluster.nodes[0]?.port}`;
      const before = await examine(all(url, { cluster: true }), "Redis");
      expect(before.codes).toEqual(["warning DOCTOR_REDIS_EVERYSEC", "warning DOCTOR_REDIS_REPLICAS"]);
      for (const { client } of cluster.nodes) {
        await client.config("SET", "appendfsync", "always");
        await client.config("SET", "min-replicas-to-write", "1");
      }
      expect((await examine(all(url, { cluster: true }), "Redis")).findings).toEqual([]);
    } finally {
      await cluster.stop();
    }
  }, 60_000);
});

describe.skipIf(POSTGRES.path === null)("attune doctor, of PostgreSQL", () => {
  it("finds what a power cut would take and a table that is missing, and nothing once they are cured", async () => {
    const ports = (port: number) => {
      const hot = { kind: "postgres", url: `postgres://attune@127.0.0.1:${port}/postgres` };
      return { hot, log: { kind: "lmdb" }, channel: memory };
    };
    const bad = await startPostgres(POSTGRES.path ?? "", {
      synchronous_commit: "off",
      full_page_writes: "off",
    });
    try {
      expect((await examine(ports(bad.port), "PostgreSQL")).codes).toEqual([
        "error DOCTOR_POSTGRES_COMMIT",
        "error DOCTOR_POSTGRES_FSYNC",
        "error DOCTOR_POSTGRES_PAGES",
        "error DOCTOR_POSTGRES_TABLE",
      ]);
    } finally {
      await bad.stop();
    }
    const good = await startPostgres(POSTGRES.path ?? "", { fsync: "on" });
    try {
      await good.pool().query(postgresTable());
      expect((await examine(ports(good.port), "PostgreSQL")).findings).toEqual([]);
      const two = ports(good.port);
      const durable = { ...two.hot, table: "attune_profiles" };
      const halves = await examine({ ...two, durable }, "PostgreSQL");
      expect(halves.names).toEqual(expect.arrayContaining(["PostgreSQL (hot)", "PostgreSQL (durable)"]));
      expect(halves.codes).toEqual(["error DOCTOR_POSTGRES_TABLE"]);
      await good.pool().query("CREATE ROLE reader LOGIN; GRANT SELECT, INSERT ON attune_records TO reader");
      const hot = { kind: "postgres", url: `postgres://reader@127.0.0.1:${good.port}/postgres` };
      const denied = await examine({ ...two, hot }, "PostgreSQL");
      expect(denied.codes).toEqual(["error DOCTOR_POSTGRES_GRANT"]);
      expect(denied.findings[0]?.message).toContain("UPDATE, DELETE");
      await good.pool().query("CREATE TABLE attune_profiles (id int)");
      expect((await examine({ ...two, durable }, "PostgreSQL")).codes).toEqual([
        "error DOCTOR_POSTGRES_TABLE",
      ]);
    } finally {
      await good.stop();
    }
  }, 60_000);
});

describe("attune doctor, of DynamoDB", () => {
  it("tells the right table from a wrong and a missing one, and says what was not answered", async () => {
    const dynamo = await startDynamo();
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
    try {
      const endpoint = `http://127.0.0.1:${dynamo.port}`;
      const ports = (table: string) => ({
        hot: { kind: "lmdb" },
        durable: { kind: "dynamodb", table, region: "eu-test-1", endpoint },
        log: { kind: "lmdb" },
        channel: memory,
      });
      const right = await examine(ports(await dynamo.table()), "DynamoDB");
      // What answers here can neither enable time to live nor tell of recovery.
      expect(right.codes).toEqual(["unchecked DOCTOR_UNCHECKED", "warning DOCTOR_DYNAMO_TTL"]);
      expect(right.findings[1]?.message).toMatch(/^Point-in-time recovery could not be checked/);
      expect((await examine(ports("none"), "DynamoDB")).codes).toEqual(["error DOCTOR_DYNAMO_TABLE"]);
    } finally {
      vi.unstubAllEnvs();
      await dynamo.stop();
    }
  });
});

describe.skipIf(KCAT.path === null)("attune doctor, of Kafka", () => {
  it("finds topics that are missing, and says what the cluster does not describe", async () => {
    const cluster = await mockCluster();
    try {
      const log = { kind: "kafka", brokers: cluster.brokers, topic: "events" };
      // With a key there: else the log would be asked for entries, and the mock cluster makes a topic that is asked for by name.
      await mkdir(join(folder, "some-keys"), { mode: 0o700 });
      await writeFile(join(folder, "some-keys", "pseudonym"), "", { mode: 0o600 });
      const keys = { kind: "files", dir: join(folder, "some-keys") };
      const ports = { hot: { kind: "lmdb" }, log, channel: memory, keys };
      expect((await examine(ports, "Kafka")).codes).toEqual([
        "error DOCTOR_KAFKA_TOPIC",
        "error DOCTOR_KAFKA_TOPIC",
      ]);
      const admin = kafkaClient(cluster.brokers).admin();
      await admin.connect();
      await admin.fetchTopicMetadata({ topics: ["events", "events.dead"] });
      await admin.disconnect();
      const there = await examine(ports, "Kafka");
      expect(there.codes).toEqual(["unchecked DOCTOR_UNCHECKED", "unchecked DOCTOR_UNCHECKED"]);
    } finally {
      await cluster.stop();
    }
  }, 60_000);

  it("finds what the topic dropped before it was folded", async () => {
    const cluster = await mockCluster();
    const kafka = kafkaClient(cluster.brokers);
    const opened = await kafkaLog({ kafka, topic: "events", consumer: FAST });
    try {
      const ports = {
        hot: { kind: "lmdb" },
        log: { kind: "kafka", brokers: cluster.brokers, topic: "events" },
        channel: memory,
      };
      const lost = async () =>
        (await examine(ports, "Kafka")).findings.filter(({ code }) => code === "ATTUNE_DOCTOR_KAFKA_LOST");
      expect((await examine(ports, "Keys")).codes).toEqual([]);
      await opened.append([{ key: "a", value: 1 }]);
      expect((await examine(ports, "Keys")).codes).toEqual(["error DOCTOR_KEYS_MISSING"]);
      expect((await examine(ports, "Kafka")).codes).toContain("warning DOCTOR_KAFKA_UNFOLDED");
      let shard = -1;
      const worker = await opened.consume("fold", async ([first]) => {
        shard = first?.shard ?? -1;
      });
      await expect.poll(() => opened.lag("fold"), { timeout: 20_000 }).toBe(0);
      await worker.stop();
      expect(await lost()).toEqual([]);
      // The mock cluster keeps 5 MB of a partition.
      const text = "x".repeat(200_000);
      for (let n = 0; n < 40; n++) await opened.append([{ key: "a", value: { n, text } }]);
      const [oldest] = await opened.read(shard, 0, 1);
      const dropped = (oldest?.position ?? 0) - 2;
      expect(dropped).toBeGreaterThan(0);
      const findings = await lost();
      expect(findings).toHaveLength(1);
      expect(findings[0]?.message).toMatch(
        new RegExp(`^Partition ${shard} of the topic events dropped ${dropped} entries`),
      );
    } finally {
      await opened.close();
      await cluster.stop();
    }
  }, 90_000);
});

describe.skipIf(INFLUXD.path === null)("attune doctor, of InfluxDB", () => {
  it("finds a database that is missing and a retention that is short", async () => {
    const server = await influxServer();
    try {
      const series = { kind: "influxdb", url: server.url, database: "attune" };
      const ports = { hot: { kind: "lmdb" }, log: { kind: "lmdb" }, channel: memory, series };
      expect((await examine(ports, "InfluxDB")).codes).toEqual(["error DOCTOR_INFLUX_DATABASE"]);
      await server.admin('CREATE DATABASE "attune" WITH DURATION 7d');
      const short = await examine(ports, "InfluxDB");
      expect(short.codes).toEqual(["warning DOCTOR_INFLUX_RETENTION"]);
      expect(short.findings[0]?.message).toContain("7 days");
      await server.admin('ALTER RETENTION POLICY "autogen" ON "attune" DURATION INF');
      expect((await examine(ports, "InfluxDB")).findings).toEqual([]);
    } finally {
      await server.stop();
    }
  }, 60_000);
});

describe("attune doctor, of an address where no InfluxDB is", () => {
  it("says so, whichever version is configured", async () => {
    const other = createHttpServer((_, response) => response.writeHead(404).end("<!doctype html>"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const target of [{ database: "attune" }, { org: "o", bucket: "b", token: "t" }]) {
      const series = { kind: "influxdb", url, ...target };
      const ports = { hot: { kind: "lmdb" }, log: { kind: "lmdb" }, channel: memory, series };
      expect((await examine(ports, "InfluxDB")).codes).toEqual(["error DOCTOR_INFLUX_NONE"]);
    }
    other.closeAllConnections();
    other.close();
  });
});

describe("attune doctor, of this machine", () => {
  const embedded = { hot: { kind: "lmdb" }, log: { kind: "lmdb" }, channel: memory };

  it("finds folders that are open to others, and keys beside the data", async () => {
    const dir = join(folder, "open");
    await mkdir(join(dir, "keys"), { recursive: true, mode: 0o755 });
    await writeFile(join(dir, "keys", "pseudonym"), "", { mode: 0o644 });
    const bad = await examine({ ...embedded, keys: { kind: "files" } }, "Keys", { dir: "open" });
    expect(bad.codes).toEqual(["error DOCTOR_KEYS_OPEN", "warning DOCTOR_KEYS_BESIDE"]);
    expect(bad.code).toBe(1);
    const data = await examine(embedded, "LMDB", { dir: "open" });
    expect(data.codes).toContain("warning DOCTOR_FOLDER_OPEN");
    const good = await examine(embedded, "LMDB");
    expect(good.codes.filter((code) => !/MEMORY_DISK|NETWORK_DISK/.test(code))).toEqual([]);
    expect((await examine(embedded, "Keys")).findings).toEqual([]);
  });

  it("finds a data folder that is a file", async () => {
    await writeFile(join(folder, "no-folder"), "", { mode: 0o600 });
    const found = await examine(embedded, "LMDB", { dir: "no-folder" });
    expect(found.codes).toContain("error DOCTOR_FOLDER_NONE");
    expect((await examine(embedded, "LMDB", { dir: "no-folder/below" })).codes).toContain(
      "error DOCTOR_FOLDER_NONE",
    );
  });

  it("tells of keys also where the log cannot be read, and does not open what is no database", async () => {
    for (const [name, content] of [
      ["garbled", "garbage".repeat(5000)],
      ["short", "x"],
    ] as const) {
      const dir = join(folder, name, "log");
      await mkdir(dir, { recursive: true, mode: 0o700 });
      await writeFile(join(dir, "log.mdb"), content);
      const keys = await examine({ ...embedded, keys: { kind: "files" } }, "Keys", { dir: name });
      expect(keys.codes).toEqual(["error DOCTOR_KEYS_MISSING", "warning DOCTOR_KEYS_BESIDE"]);
      const { findings } = await examine(embedded, "LMDB", { dir: name });
      const broken = findings.filter(({ code }) => code === "ATTUNE_DOCTOR_FOLDER_BROKEN");
      expect(broken.map(({ message }) => message.split(" ")[0])).toEqual([join(dir, "log.mdb")]);
    }
  });

  it.skipIf(process.getuid?.() === 0)("finds a file of data that is another user's", async () => {
    const dir = join(folder, "others");
    await mkdir(dir, { mode: 0o700 });
    await lmdbLog({ path: join(dir, "log") }).close();
    await chmod(join(dir, "log", "log.mdb"), 0o400);
    expect((await examine(embedded, "LMDB", { dir: "others" })).codes).toContain("error DOCTOR_FOLDER_WRITE");
  });

  it("takes what LMDB has made for what it is", async () => {
    const dir = join(folder, "sound");
    await mkdir(dir, { mode: 0o700 });
    const log = lmdbLog({ path: join(dir, "log") });
    await log.close();
    expect((await examine(embedded, "LMDB", { dir: "sound" })).codes).not.toContain(
      "error DOCTOR_FOLDER_BROKEN",
    );
  });

  it("finds data whose keys are gone", async () => {
    const dir = join(folder, "orphaned", "store");
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeFile(join(dir, "store.mdb"), "");
    expect((await examine(embedded, "Keys", { dir: "orphaned" })).codes).toEqual([
      "error DOCTOR_KEYS_MISSING",
    ]);
  });

  it("finds events that wait for keys which are gone", async () => {
    const dir = join(folder, "waiting");
    await mkdir(dir, { mode: 0o700 });
    const codes = async () => (await examine(embedded, "Keys", { dir: "waiting" })).codes;
    const log = lmdbLog({ path: join(dir, "log") });
    const letter = {
      at: Date.now(),
      body: "{}",
      schemaVersion: 1,
      source: { site: "default", route: "(fold)" },
    };
    const reason = (code: string) => ({ path: "", code, message: "" });
    const fold = reason("ATTUNE_SERVICE_FOLD");
    await log.deadLetters.put([{ ...letter, id: "a", reasons: [fold] }]);
    expect(await codes()).not.toContain("error DOCTOR_KEYS_GONE");
    await log.deadLetters.put([{ ...letter, id: "b", reasons: [fold, reason("ATTUNE_PRIVACY_KEY")] }]);
    expect(await codes()).toContain("error DOCTOR_KEYS_GONE");
    await log.close();
  });

  it("finds what a configuration leaves open", async () => {
    const sites = { shop: { writeKeys: ["wk_0123456789abcdef"] } };
    const hot = { kind: "redis", url: "redis://127.0.0.1:1" };
    const found = await examine({ ...embedded, hot }, "Configuration", { sites, consent: undefined });
    expect(found.codes).toEqual([
      "warning DOCTOR_CHANNEL",
      "warning DOCTOR_CONSENT",
      "warning DOCTOR_MIXED",
      "warning DOCTOR_ORIGINS",
    ]);
  });

  it("speaks plainly", async () => {
    const { code, out } = await runCli("doctor", "--dir", join(folder, "data"));
    expect(code).toBe(0);
    expect(out.join("\n")).toContain("No consent policy is configured");
    expect(out.at(-1)).toMatch(/^0 to cure, \d to think about/);
  });
});
