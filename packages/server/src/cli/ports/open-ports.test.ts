import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { postgresTable } from "@attune/server-adapters/postgres";
import type { PortsConfig } from "@attune/core/wire";
import { describe, expect, it, vi } from "vitest";
import { startDynamo } from "../../../../server-adapters/test/dynamodb.js";
import { INFLUXD, influxServer } from "../../../../server-adapters/test/influxdb.js";
import { client as kafkaClient, KCAT, mockCluster } from "../../../../server-adapters/test/kafka.js";
import { postgresProgram, startPostgres } from "../../../../server-adapters/test/postgres.js";
import { type OpenedPorts, openPorts } from "./open-ports.js";

const POSTGRES = postgresProgram();
const report = (error: unknown): never => {
  throw error;
};

/** Opens them, and closes them whatever the work comes to. */
async function withPorts(ports: PortsConfig, work: (opened: OpenedPorts) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "attune-ports-"));
  try {
    const opened = await openPorts({ ports, dir, retentionMs: 7 * 86_400_000, report });
    try {
      await work(opened);
    } finally {
      await opened.close();
    }
  } finally {
    await rm(dir, { recursive: true });
  }
}

const LMDB = { kind: "lmdb" } as const;
const MEMORY = { kind: "memory" } as const;

/** What is written is read back. */
async function roundTrip({ hot, durable = hot }: OpenedPorts["stores"]): Promise<void> {
  for (const store of new Set([hot, durable])) {
    await store.put("p", "s", { a: 1 });
    expect((await store.get("p", "s"))?.value).toEqual({ a: 1 });
  }
}

describe("the systems of a configuration, opened", () => {
  it("files, for all there is", async () => {
    await withPorts(
      { hot: LMDB, log: { ...LMDB, shards: 3 }, channel: MEMORY, series: LMDB },
      async (opened) => {
        await roundTrip(opened.stores);
        expect(opened.log.capabilities.shards).toBe(3);
        await opened.series?.write([{ name: "n", at: Date.now(), fields: { f: 1 } }]);
        expect(await opened.keys?.rotate("default")).toMatch(/^wrapping-/);
      },
    );
  });

  it.skipIf(POSTGRES.path === null)(
    "PostgreSQL and a DynamoDB beside it",
    async () => {
      const [postgres, dynamo] = await Promise.all([startPostgres(POSTGRES.path ?? ""), startDynamo()]);
      for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]) vi.stubEnv(name, "test");
      try {
        await postgres.pool().query(postgresTable("records"));
        const hot = {
          kind: "postgres",
          url: `postgres://attune@127.0.0.1:${postgres.port}/postgres`,
          table: "records",
        } as const;
        const endpoint = `http://127.0.0.1:${dynamo.port}`;
        const durable = {
          kind: "dynamodb",
          table: await dynamo.table(),
          region: "eu-test-1",
          endpoint,
        } as const;
        await withPorts({ hot, durable, log: LMDB, channel: MEMORY }, async (opened) => {
          await roundTrip(opened.stores);
          expect(opened.keys).toBeNull();
        });
      } finally {
        vi.unstubAllEnvs();
        await Promise.all([postgres.stop(), dynamo.stop()]);
      }
    },
    60_000,
  );

  it.skipIf(KCAT.path === null)(
    "Kafka",
    async () => {
      const cluster = await mockCluster();
      try {
        const admin = kafkaClient(cluster.brokers).admin();
        await admin.connect();
        await admin.fetchTopicMetadata({ topics: ["events", "letters"] });
        await admin.disconnect();
        const log = {
          kind: "kafka",
          brokers: cluster.brokers,
          topic: "events",
          deadLetterTopic: "letters",
        } as const;
        await withPorts({ hot: LMDB, log, channel: MEMORY, keys: { kind: "files" } }, async (opened) => {
          await opened.log.append([{ key: "k", value: 1 }]);
          expect(await opened.log.lag("fold")).toBe(1);
        });
      } finally {
        await cluster.stop();
      }
    },
    60_000,
  );

  it.skipIf(INFLUXD.path === null)(
    "InfluxDB",
    async () => {
      const server = await influxServer();
      try {
        await server.admin('CREATE DATABASE "attune"');
        const series = { kind: "influxdb", url: server.url, database: "attune" } as const;
        await withPorts({ hot: LMDB, log: LMDB, channel: MEMORY, series }, async (opened) => {
          const at = Math.floor(Date.now() / 60_000) * 60_000;
          await opened.series?.write([{ name: "n", at, fields: { f: 2 } }]);
          const query = {
            name: "n",
            field: "f",
            from: at,
            to: at + 1,
            windowMs: 60_000,
            aggregate: "sum",
          } as const;
          expect(await opened.series?.query(query)).toEqual([{ tags: {}, windows: [{ at, value: 2 }] }]);
        });
      } finally {
        await server.stop();
      }
    },
    60_000,
  );

  it("closes those that it has opened where one cannot be", async () => {
    const dir = await mkdtemp(join(tmpdir(), "attune-ports-"));
    const open = (shards: number): Promise<OpenedPorts> =>
      openPorts({
        ports: { hot: LMDB, log: { ...LMDB, shards }, channel: MEMORY },
        dir,
        retentionMs: 7 * 86_400_000,
        report,
      });
    await (await open(3)).close();
    await expect(open(5)).rejects.toMatchObject({ code: "ATTUNE_LOG_SHARDS" });
    const opened = await open(3);
    await roundTrip(opened.stores);
    await opened.close();
    await rm(dir, { recursive: true });
  });
});
