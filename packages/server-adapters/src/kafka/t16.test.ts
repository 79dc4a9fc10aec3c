import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { memoryStore } from "@attune/core/memory";
import type { Log, LogRecord } from "@attune/core/ports";
import { createPersonalizationService } from "@attune/core/service";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { client, FAST, KCAT, type MockCluster, mockCluster } from "../../test/kafka.ts";
import { kafkaProxy, PRODUCE } from "../../test/kafka-proxy.ts";
import { kafkaLog } from "./index.js";

const JOIN_GROUP = 11;
/** The request that every connection begins with. */
const API_VERSIONS = 18;

type Numbered = { n: number };

const entries = (first: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `visitor-${(first + i) % 11}`, value: { n: first + i } }));
const place = ({ shard, position }: LogRecord): string => `${shard}:${position}`;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function allPlaces(log: Log): Promise<Set<string>> {
  const shards = Array.from({ length: log.capabilities.shards }, (_, shard) => log.read(shard, 0, 1_000_000));
  return new Set((await Promise.all(shards)).flat().map(place));
}

const lagIs = (log: Log, group: string, lag: number) =>
  vi.waitFor(async () => expect(await log.lag(group)).toBe(lag), { timeout: 30_000, interval: 50 });

describe.skipIf(KCAT.path === null)(`T16 Kafka ${KCAT.reason ?? ""}`, () => {
  const directory = mkdtempSync(join(tmpdir(), "attune-kafka-"));
  const script = join(directory, "consumer.mjs");
  let cluster: MockCluster;
  beforeAll(async () => {
    cluster = await mockCluster();
    await build({
      entryPoints: [fileURLToPath(new URL("./kill-consumer.fixture.ts", import.meta.url))],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      alias: { kafkajs: import.meta.resolve("kafkajs") },
      external: ["file:*"],
    });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.concurrent("a consumer killed between fold and commit: nothing is missing, twice comes only what it had not committed", async () => {
    const log = await kafkaLog({ kafka: client(cluster.brokers), topic: "killed", consumer: FAST });
    await log.append(entries(0, 200));
    const child = spawn(process.execPath, [script, cluster.brokers.join(","), "killed", "90"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    const committed: string[] = [];
    const uncommitted: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const stays = line.startsWith("stays ");
      (stays ? uncommitted : committed).push(...line.replace(/^(stays|goes on) /, "").split(" "));
      // Shards are handled beside each other: those that go on have time to commit.
      if (stays && uncommitted.length === line.split(" ").length - 1)
        setTimeout(() => child.kill("SIGKILL"), 300);
    }
    expect(await exited).toEqual([null, "SIGKILL"]);
    expect(committed.length + uncommitted.length).toBeGreaterThanOrEqual(90);
    expect(await log.lag("fold")).toBe(200 - committed.length);

    const seen: string[] = [];
    await log.consume("fold", async (batch) => void seen.push(...batch.map(place)));
    await lagIs(log, "fold", 0);
    const all = await allPlaces(log);
    expect(all.size).toBe(200);
    expect(new Set([...committed, ...seen])).toEqual(all);
    // Each comes once here, and what the dead consumer committed does not come again.
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.filter((at) => committed.includes(at))).toEqual([]);
    expect(uncommitted.filter((at) => !seen.includes(at))).toEqual([]);
    await log.close();
  }, 90_000);

  it.concurrent("members come and go while it is appended: nothing is missing, each key keeps its order", async () => {
    const log = await kafkaLog({ kafka: client(cluster.brokers), topic: "rebalanced", consumer: FAST });
    const seen: LogRecord<Numbered>[] = [];
    const join = () =>
      log.consume<Numbered>(
        "group",
        async (batch) => {
          await pause(3);
          seen.push(...batch);
        },
        { maxBatch: 7 },
      );
    let appended = 0;
    let appending = true;
    const appends = (async () => {
      for (; appending; appended += 20) {
        await log.append(entries(appended, 20));
        await pause(10);
      }
    })();
    const first = await join();
    await join();
    await pause(200);
    await first.stop();
    appending = false;
    await appends;
    await lagIs(log, "group", 0);

    const all = await allPlaces(log);
    expect(all.size).toBe(appended);
    expect(new Set(seen.map(place))).toEqual(all);
    // What came again came with its old place; told by that, each key's numbers only grow.
    const once = seen.filter((record, i) => seen.findIndex((other) => place(other) === place(record)) === i);
    for (let k = 0; k < 11; k++) {
      const own = once.filter(({ key }) => key === `visitor-${k}`).map(({ value }) => value.n);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
    await log.close();
  }, 90_000);

  it.concurrent("an append whose answers are lost is sent again; nothing is lost", async () => {
    const proxy = await kafkaProxy();
    const log = await kafkaLog({ kafka: proxy.client(cluster.brokers), topic: "lost-answers" });
    await log.append(entries(0, 1));
    proxy.loseAnswers(PRODUCE, 3);
    for (let n = 1; n < 60; n += 1) await log.append(entries(n, 1));
    expect(proxy.lost()).toBe(3);
    const records: LogRecord<Numbered>[] = [];
    for (let shard = 0; shard < log.capabilities.shards; shard++)
      records.push(...(await log.read<Numbered>(shard, 0, 1000)));
    // The brokers had taken what they were asked for: it is there once more for each answer that was lost.
    expect(records.length).toBe(60 + 3);
    expect(new Set(records.map(({ value }) => value.n)).size).toBe(60);
    await log.close();
    await proxy.close();
  }, 60_000);

  it.concurrent("appends of one turn share a request to each broker, and so do those that come while one is under way", async () => {
    const proxy = await kafkaProxy();
    const log = await kafkaLog({ kafka: proxy.client(cluster.brokers), topic: "shared" });
    await log.append([{ key: "one", value: 0 }]);
    const before = proxy.seen(PRODUCE);
    await Promise.all(Array.from({ length: 100 }, (_, n) => log.append([{ key: "one", value: n }])));
    expect(proxy.seen(PRODUCE) - before).toBe(1);
    const appends: Promise<void>[] = [];
    for (let n = 0; n < 100; n++) {
      appends.push(log.append([{ key: "one", value: n }]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await Promise.all(appends);
    expect(proxy.seen(PRODUCE) - before).toBeLessThan(60);
    await log.close();
    await proxy.close();
  }, 60_000);

  it.concurrent("a shard whose batches are refused does not hold up the others", async () => {
    const log = await kafkaLog({ kafka: client(cluster.brokers), topic: "refused", consumer: FAST });
    await log.append(entries(0, 110));
    const stuck = (await log.read(0, 0, 1000)).length;
    expect(stuck).toBeGreaterThan(0);
    expect(stuck).toBeLessThan(110);
    let refusals = 0;
    await log.consume("group", async ([record]) => {
      if (record?.shard !== 0) return;
      refusals++;
      throw new Error("not this one");
    });
    await lagIs(log, "group", stuck);
    await log.append(entries(0, 110));
    await lagIs(log, "group", 2 * stuck);
    await vi.waitFor(() => expect(refusals).toBeGreaterThan(1), { timeout: 10_000 });
    await log.close();
  }, 60_000);

  it.concurrent("a cluster that is away for a while: appends wait for it, consumers go on", async () => {
    const proxy = await kafkaProxy();
    const log = await kafkaLog({ kafka: proxy.client(cluster.brokers), topic: "away", consumer: FAST });
    const seen: LogRecord<Numbered>[] = [];
    const consume = () => log.consume<Numbered>("group", async (batch) => void seen.push(...batch));
    await consume();
    await log.append(entries(0, 50));
    await vi.waitFor(() => expect(seen.length).toBe(50), { timeout: 5000 });
    const away = proxy.away(4000);
    await log.append(entries(50, 50));
    await away;
    expect((await log.read(0, 0, 1000)).length).toBeGreaterThan(0);
    await log.append(entries(100, 50));
    await lagIs(log, "group", 0);
    expect(new Set(seen.map(({ value }) => value.n)).size).toBe(150);
    expect(new Set(seen.map(place))).toEqual(await allPlaces(log));
    await log.close();
    await proxy.close();
  }, 90_000);

  it.concurrent("a consumer that is stopped while it begins again after a crash stays stopped", async () => {
    const proxy = await kafkaProxy();
    const beside = await kafkaLog({ kafka: client(cluster.brokers), topic: "stopped", consumer: FAST });
    const log = await kafkaLog({ kafka: proxy.client(cluster.brokers), topic: "stopped", consumer: FAST });
    const errors: string[] = [];
    const handler = vi.fn(async () => undefined);
    const consumer = await log.consume("group", handler, {
      onError: (error) => errors.push((error as Error).message),
    });
    const joins = proxy.seen(JOIN_GROUP);
    const away = proxy.away(3000);
    await beside.append(entries(0, 50));
    await away;
    expect(errors).toContainEqual(expect.stringContaining("keep the consumer going"));
    await vi.waitFor(() => expect(proxy.seen(JOIN_GROUP)).toBeGreaterThan(joins), {
      timeout: 15_000,
      interval: 10,
    });
    await consumer.stop();
    const connections = proxy.seen(API_VERSIONS);
    let others = 0;
    await beside.consume("group", async (batch) => void (others += batch.length));
    await lagIs(beside, "group", 0);
    expect(others).toBe(50);
    expect(handler).not.toHaveBeenCalled();
    expect(proxy.seen(API_VERSIONS)).toBe(connections);
    await Promise.all([log.close(), beside.close()]);
    await proxy.close();
  }, 90_000);

  it.concurrent("no effect twice: what a retry has repeated in the log falls at the fold", async () => {
    const proxy = await kafkaProxy();
    const log = await kafkaLog({ kafka: proxy.client(cluster.brokers), topic: "folded", consumer: FAST });
    const reports: unknown[] = [];
    const service = createPersonalizationService({
      stores: { hot: memoryStore() },
      log,
      report: (error) => void reports.push(error),
    });
    const event = (n: number) => ({
      id: `event-${n}`,
      schemaVersion: 1,
      name: "Page Viewed",
      visitorId: `visitor-${n % 5}`,
      sessionId: `session-${n % 5}`,
      occurredAt: Date.now(),
      properties: {},
      context: { page: { url: "https://shop.example/a", path: "/a" } },
      consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
    });
    for (let n = 0; n < 60; n += 3) {
      if (n % 12 === 0) proxy.loseAnswers(PRODUCE, 1);
      await service.ingest([event(n), event(n + 1), event(n + 2)]);
    }
    expect(proxy.lost()).toBe(5);
    await vi.waitFor(async () => expect((await service.summary()).events).toBe(60), { timeout: 30_000 });
    await service.settled();
    expect((await allPlaces(log)).size).toBeGreaterThan(60);
    expect((await service.summary()).events).toBe(60);
    expect(reports).toEqual([]);
    await service.close();
    await log.close();
    await proxy.close();
  }, 90_000);
});
