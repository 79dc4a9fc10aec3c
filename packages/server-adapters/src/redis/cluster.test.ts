import { channelConformance, logConformance, storeConformance } from "@attune/core/testing";
import type { AtomicStore, Log } from "@attune/core/ports";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RedisCluster, startCluster, until } from "../../test/redis-cluster.js";
import { poll } from "../../test/poll.js";
import { redisProgram } from "../../test/redis-server.js";
import { redisChannel, redisLog, redisStore } from "./index.js";

const { path, reason } = redisProgram();

describe.skipIf(path === null)(`Redis Cluster${reason === null ? "" : ` (left out: ${reason})`}`, () => {
  let cluster: RedisCluster;
  beforeAll(async () => {
    cluster = await startCluster(path ?? "");
  }, 60_000);
  afterAll(() => cluster?.stop());
  const dispose = (): Promise<void> => cluster.flush();

  storeConformance(
    { describe, it },
    {
      name: "Redis Cluster",
      make: async ({ clock }) => redisStore({ client: cluster.client, clock }),
      reopen: async ({ clock }) => redisStore({ client: cluster.client, clock }),
      dispose,
      capabilities: { atomic: true, durable: true },
    },
  );

  logConformance(
    { describe, it },
    {
      name: "Redis Cluster",
      make: async ({ clock }) => redisLog({ client: cluster.client, clock }),
      reopen: async ({ clock }) => redisLog({ client: cluster.client, clock }),
      dispose,
      capabilities: { durable: true, erase: "delete" },
    },
  );

  channelConformance(
    { describe, it },
    { name: "Redis Cluster, sharded", make: async () => redisChannel({ client: cluster.client }) },
  );
  channelConformance(
    { describe, it },
    {
      name: "Redis Cluster, plain",
      make: async () => redisChannel({ client: cluster.connect({ shardedSubscribers: false }) }),
    },
  );

  describe("T14 a cluster in motion", () => {
    const closing: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      await Promise.all(closing.splice(0).map((close) => close()));
    });
    const use = <T extends { close(): Promise<void> }>(made: T): T => {
      closing.push(() => made.close());
      return made;
    };

    it("every operation of the suites stayed within a slot: CROSSSLOT 0", async () => {
      for (const { client } of cluster.nodes)
        expect(await client.info("errorstats")).not.toContain("CROSSSLOT");
    });

    it("a sharded topic is subscribed to once, however many listen, and again after the last has left", async () => {
      const channel = use(redisChannel({ client: cluster.client }));
      const asked = async (): Promise<number> => {
        const told = await Promise.all(cluster.nodes.map(({ client }) => client.info("commandstats")));
        return told.reduce(
          (sum, text) => sum + Number(/cmdstat_ssubscribe:calls=(\d+)/.exec(text)?.[1] ?? 0),
          0,
        );
      };
      const before = await asked();
      const listen = () => channel.subscribe(["topic"], () => undefined);
      const listeners = [await listen(), await listen(), await listen()];
      expect((await asked()) - before).toBe(1);
      for (const leave of listeners) await leave();
      const heard: unknown[] = [];
      await channel.subscribe(["topic"], (frame) => heard.push(frame));
      expect((await asked()) - before).toBe(2);
      await channel.publish("topic", "hello");
      await expect.poll(() => heard).toEqual([{ type: "message", topic: "topic", data: "hello" }]);
    });

    it("slots move while they are in use: nothing is lost, doubled or refused", async () => {
      const store = use(redisStore({ client: cluster.client }));
      const log = use(redisLog({ client: cluster.client, name: "moving", shards: 1 }));
      const load = startLoad({ store, log, partition: "moving" });
      await sleep(200);
      for (const key of ["attune:{s/moving}:r", "attune:{l/moving/0}:s"]) {
        const before = await cluster.primaryOf(key);
        await cluster.move(key);
        expect(await cluster.primaryOf(key)).not.toBe(before);
        await sleep(200);
      }
      const { acknowledged, failed } = await load.stop();
      expect(failed).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(10);
      expect(await missing({ store, log, partition: "moving" }, acknowledged)).toEqual([]);
      expect((await store.get<number>("moving", "count"))?.value).toBe(acknowledged.length);
      for (const { client } of cluster.nodes)
        expect(await client.info("errorstats")).not.toContain("CROSSSLOT");
    });

    const ROUNDS = process.env.ATTUNE_LONG === "1" ? 5 : 1;
    it(
      "a primary is killed: its replica takes over, operations resume, and what was lost is counted",
      async () => {
        for (let round = 0; round < ROUNDS; round++) {
          const partition = `falling-${round}`;
          const store = use(redisStore({ client: cluster.client, patience: 10_000 }));
          const log = use(
            redisLog({ client: cluster.client, name: partition, patience: 10_000, lease: 1000 }),
          );
          const channel = use(redisChannel({ client: cluster.client, patience: 10_000 }));
          const gaps: string[] = [];
          const topics = Array.from({ length: 12 }, (_, n) => `topic-${n}`);
          await channel.subscribe(topics, ({ type, topic }) => type === "gap" && gaps.push(topic));
          const handled = new Set<unknown>();
          await log.consume<number>("g", async (batch) => {
            for (const { value } of batch) handled.add(value);
          });
          const victim = await cluster.primaryOf(`attune:{s/${partition}}:r`);
          const load = startLoad({ store, log, partition });
          await sleep(500);
          const killedAt = Date.now();
          await victim.kill();
          await load.grows(killedAt);
          const pause = load.longestPause(killedAt);
          const { acknowledged, failed } = await load.stop();
          for (const code of failed) expect(code).toBe("ATTUNE_REDIS_CONNECTION");
          const lost = await missing({ store, log, partition }, acknowledged);
          console.info(
            `failover ${round + 1}: ${pause} ms without an acknowledged write, ${failed.length} calls of unknown outcome, ` +
              `${lost.length} of ${acknowledged.length} acknowledged writes lost`,
          );
          expect(lost.length).toBeLessThan(acknowledged.length / 10);
          await poll(() => log.lag("g")).toBe(0);
          const inLog = await valuesOf(log);
          expect([...inLog].filter((value) => !handled.has(value))).toEqual([]);
          await poll(() => new Set(gaps)).toEqual(new Set(topics));
          await victim.restart();
          await until(async () =>
            (await victim.client.info("replication")).includes("master_link_status:up"),
          );
          await Promise.all(closing.splice(0).map((close) => close()));
        }
      },
      ROUNDS * 40_000,
    );
  });
});

interface Loaded {
  store: AtomicStore;
  log: Log;
  partition: string;
}

/** Four lanes that count up in one partition, write a record for each step and append its number. */
function startLoad({ store, log, partition }: Loaded) {
  const acknowledged: number[] = [];
  const times: number[] = [];
  const failed: string[] = [];
  let isOver = false;
  let next = 0;
  const step = async (): Promise<void> => {
    const n = next++;
    for (;;) {
      const count = await store.get<number>(partition, "count");
      const { status } = await store.commit(
        partition,
        [
          { op: "put", sort: "count", value: (count?.value ?? 0) + 1, ifVersion: count?.version ?? 0 },
          { op: "put", sort: `step/${n}`, value: n },
        ],
        { once: String(n) },
      );
      if (status !== "conflict") break;
    }
    await log.append([{ key: `k${n % 50}`, value: n }]);
    acknowledged.push(n);
    times.push(Date.now());
  };
  const lane = async (): Promise<void> => {
    while (!isOver) await step().catch((error: { code: string }) => failed.push(error.code));
  };
  const lanes = Promise.all([lane(), lane(), lane(), lane()]);
  return {
    /** Resolves once writes flow again: 100 of them, later than a second after that time. */
    async grows(after: number): Promise<void> {
      await until(async () => {
        const since = times.filter((time) => time > after + 1000);
        return since.length > 100;
      });
    },
    longestPause(after: number): number {
      const since = [after, ...times.filter((time) => time >= after)];
      return Math.max(...since.slice(1).map((time, i) => time - (since[i] ?? time)));
    },
    async stop() {
      isOver = true;
      await lanes;
      return { acknowledged, failed };
    },
  };
}

/** What was acknowledged and is not there. */
async function missing(
  { store, log, partition }: Loaded,
  acknowledged: readonly number[],
): Promise<number[]> {
  const inLog = await valuesOf(log);
  const inStore = new Set<number>();
  for await (const { value } of store.scan<number>(partition, { prefix: "step/" })) inStore.add(value);
  return acknowledged.filter((n) => !inLog.has(n) || !inStore.has(n));
}

async function valuesOf(log: Log): Promise<Set<unknown>> {
  const values = new Set<unknown>();
  for (let shard = 0; shard < log.capabilities.shards; shard++) {
    for (const { value } of await log.read(shard, 0, 1e6)) values.add(value);
  }
  return values;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
