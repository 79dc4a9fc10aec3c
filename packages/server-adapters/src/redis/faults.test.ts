import { createFakeClock } from "@attune/core/testing";
import { Redis } from "ioredis";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { poll } from "../../test/poll.js";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { type RedisLogOptions, redisAdvice, redisChannel, redisLog, redisStore } from "./index.js";

const { path } = redisProgram();
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

describe.skipIf(path === null)("T14 a Redis in trouble", () => {
  let server: RedisServer;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startRedis(path ?? "");
  }, 30_000);
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    await server.client.flushall();
  });
  afterAll(() => server?.stop());

  const store = (patience = 5000) => {
    const made = redisStore({ client: server.client, patience });
    closing.push(() => made.close());
    return made;
  };
  const log = (options: Partial<RedisLogOptions> = {}) => {
    const made = redisLog({ client: server.client, ...options });
    closing.push(() => made.close());
    return made;
  };

  it("SCRIPT FLUSH in the middle of the work goes unnoticed", async () => {
    const [records, events] = [store(), log()];
    let isOver = false;
    const flushing = (async () => {
      while (!isOver) await server.client.script("FLUSH");
    })();
    try {
      await Promise.all(
        upTo(200).map(async (n) => {
          await records.commit("p", [{ op: "put", sort: String(1000 + n), value: n }], { once: String(n) });
          await events.append([{ key: `k${n}`, value: n }]);
        }),
      );
    } finally {
      isOver = true;
      await flushing;
    }
    let count = 0;
    for await (const _ of records.scan("p")) count++;
    expect([count, await events.lag("g")]).toEqual([200, 200]);
  });

  it("a connection that breaks in the middle of counting loses no step and doubles none", async () => {
    const records = store();
    await records.put("p", "count", 0);
    let isOver = false;
    let breaks = 0;
    const breaking = (async () => {
      while (!isOver) {
        await sleep(15);
        breaks += Number(await server.client.call("client", "kill", "type", "normal", "skipme", "yes"));
      }
    })();
    let unknown = 0;
    let done = 0;
    const add = async (): Promise<void> => {
      const record = await records.get<number>("p", "count");
      const options = { ifVersion: record?.version ?? 0 };
      await records.put("p", "count", (record?.value ?? 0) + 1, options).then(
        ({ written }) => {
          if (written) done++;
        },
        (error: { code: string; message: string }) => {
          expect(error.code).toBe("ATTUNE_REDIS_CONNECTION");
          expect(error.message).toContain("may or may not have been done");
          unknown++;
        },
      );
    };
    try {
      for (const until = Date.now() + 1500; Date.now() < until; ) await Promise.all([add(), add(), add()]);
    } finally {
      isOver = true;
      await breaking;
    }
    const record = await records.get<number>("p", "count");
    expect(breaks).toBeGreaterThan(3);
    expect(done).toBeGreaterThan(5);
    // Each write counts one up, so what is there is what was acknowledged and, at most, what nobody knows of.
    expect(record?.version).toBe((record?.value ?? 0) + 1);
    expect(record?.value).toBeGreaterThanOrEqual(done);
    expect(record?.value).toBeLessThanOrEqual(done + unknown);
  });

  it("commits with a token are repeated through broken connections, and each takes effect once", async () => {
    const records = store();
    let breaks = 0;
    const breakOnce = async (): Promise<void> => {
      breaks += Number(await server.client.call("client", "kill", "type", "normal", "skipme", "yes"));
    };
    for (let n = 0; n < 300; n++) {
      const options = { once: `event-${n}` };
      const made = records.commit("p", [{ op: "put", sort: "count", value: n }], options);
      // By what was done, not by the clock: on a slow machine nothing would ever get through.
      const breaking = n % 3 === 0 ? sleep(n % 4).then(breakOnce) : null;
      await Promise.all([made, breaking]);
    }
    expect(breaks).toBeGreaterThan(50);
    expect((await records.get("p", "count"))?.version).toBe(300);
  });

  it("what was acknowledged is there after SIGKILL and a restart on the append-only file; calls wait it out", async () => {
    const [records, events] = [store(10_000), log({ patience: 10_000 })];
    const acknowledged: number[] = [];
    let n = 0;
    let isOver = false;
    const lane = async (): Promise<void> => {
      while (!isOver) {
        const own = n++;
        try {
          await records.put("p", String(own), own);
          await events.append([{ key: "k", value: own }]);
          acknowledged.push(own);
        } catch (error) {
          expect((error as { code: string }).code).toBe("ATTUNE_REDIS_CONNECTION");
        }
      }
    };
    const lanes = Promise.all([lane(), lane(), lane(), lane()]);
    await sleep(300);
    await server.kill();
    const before = acknowledged.length;
    await server.restart();
    await poll(() => acknowledged.length).toBeGreaterThan(before + 50);
    isOver = true;
    await lanes;
    const inLog = new Set<unknown>();
    for (let shard = 0; shard < 8; shard++) {
      for (const { value } of await events.read(shard, 0, 1e6)) inLog.add(value);
    }
    const inStore = new Set<string>();
    for await (const { sort } of records.scan("p")) inStore.add(sort);
    expect(acknowledged.filter((each) => !inLog.has(each) || !inStore.has(String(each)))).toEqual([]);
  }, 30_000);

  it("a server that is gone is said to be so, within the patience", async () => {
    const records = redisStore({ client: new Redis({ port: 1, lazyConnect: true }), patience: 300 });
    closing.push(() => records.close());
    const began = Date.now();
    await expect(records.get("p", "s")).rejects.toMatchObject({
      code: "ATTUNE_REDIS_CONNECTION",
      message: expect.stringContaining("Nothing was sent"),
      cause: expect.objectContaining({ code: "ECONNREFUSED" }),
    });
    expect(Date.now() - began).toBeLessThan(3000);
  });

  it("READONLY is waited out for a while, then said", async () => {
    const records = store(400);
    await records.put("p", "s", 1);
    await server.client.call("replicaof", "127.0.0.1", "1");
    await expect(records.put("p", "s", 2)).rejects.toMatchObject({ code: "ATTUNE_REDIS_READONLY" });
    const waiting = store(5000).put("p", "s", 3);
    await sleep(200);
    await server.client.call("replicaof", "no", "one");
    expect(await waiting).toMatchObject({ written: true });
  });

  it("BUSY is waited out for a while, then said", async () => {
    const records = store(300);
    await records.put("p", "s", 1);
    await server.client.config("SET", "busy-reply-threshold", "1");
    const other = new Redis({ port: server.port });
    const endless = other.eval("while true do end", 0).catch((error: Error) => error.message);
    await sleep(50);
    await expect(records.put("p", "s", 2)).rejects.toMatchObject({ code: "ATTUNE_REDIS_BUSY" });
    const waiting = store(5000).put("p", "t", 3);
    await sleep(100);
    await server.client.script("KILL");
    expect(await waiting).toEqual({ written: true, version: 1 });
    expect(await endless).toContain("killed");
    other.disconnect();
    await server.client.config("SET", "busy-reply-threshold", "5000");
  });

  it("maxmemory: writes are refused whole and with a cure, reads go on, and room helps at once", async () => {
    const [records, events] = [store(), log()];
    await records.put("p", "s", "before");
    await events.append([{ key: "k", value: 1 }]);
    await server.client.config("SET", "maxmemory", "1");
    const ops = [
      { op: "delete", sort: "s" },
      { op: "put", sort: "t", value: 1 },
    ] as const;
    const refusal = { code: "ATTUNE_REDIS_OOM", message: expect.stringContaining("maxmemory") };
    await expect(records.commit("p", [ops[1], ops[0]])).rejects.toMatchObject(refusal);
    await expect(events.append([{ key: "k", value: 2 }])).rejects.toMatchObject(refusal);
    expect((await records.get("p", "s"))?.value).toBe("before");
    expect(await events.lag("g")).toBe(1);
    await server.client.config("SET", "maxmemory", "0");
    expect(await records.commit("p", ops)).toEqual({ status: "committed" });
    await events.append([{ key: "k", value: 2 }]);
  });

  it("errors keep their cause without the command's arguments, which are personal data", async () => {
    const records = store(200);
    await records.put("p", "s", 1);
    await server.client.config("SET", "maxmemory", "1");
    const error = await records.put("visitor-secret", "s", "secret").catch((thrown: unknown) => thrown);
    await server.client.config("SET", "maxmemory", "0");
    const { inspect } = await import("node:util");
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("secret");
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  it("nor do those that Redis repeats in its refusal of a command", async () => {
    const poor = await startRedis(path ?? "", [
      "--rename-command",
      "PUBLISH",
      "",
      "--rename-command",
      "EVALSHA",
      "",
    ]);
    const options = { client: poor.client, patience: 200 };
    const [records, channel] = [redisStore(options), redisChannel(options)];
    const { inspect } = await import("node:util");
    const calls = [() => records.put("visitor-secret", "s", 1), () => channel.publish("visitor-secret", 1)];
    for (const call of calls) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ATTUNE_REDIS_REPLY" });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("secret");
      expect((error as { cause: Error }).cause.message).toContain("unknown command");
    }
    await Promise.all([records.close(), channel.close()]);
    await poor.stop();
  });

  it("nothing of a call that was given up stays in memory while the server is away", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const gone = await startRedis(path ?? "");
    const records = redisStore({ client: gone.client, patience: 1 });
    closing.push(() => records.close());
    await poll(() => records.get("p", "s").catch(() => "not yet")).toBeNull();
    await gone.kill();
    const used = async (calls: number): Promise<number> => {
      for (let n = 0; n < calls; n += 500)
        await Promise.allSettled(upTo(500).map((each) => records.get("p", String(each))));
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await used(2000);
    expect((await used(20_000)) - before).toBeLessThan(20_000 * 100);
    await gone.stop();
  });

  it("an expiry or a token beyond any date is kept, and Redis lets go of the partition by itself no more", async () => {
    const records = store();
    expect(await records.put("p", "a", 1, { expiresAt: 1e21 })).toEqual({ written: true, version: 1 });
    expect(await records.get("p", "a")).toMatchObject({ value: 1, expiresAt: 1e21 });
    await records.put("p", "never", 1, { expiresAt: Number.POSITIVE_INFINITY });
    expect(await records.get("p", "never")).not.toHaveProperty("expiresAt");
    const ops = [{ op: "put", sort: "a", value: 2, expiresAt: 1e21 }] as const;
    const options = { once: "t", onceTtl: Number.POSITIVE_INFINITY };
    expect(await records.commit("p", ops, options)).toEqual({ status: "committed" });
    expect(await records.commit("p", ops, options)).toEqual({ status: "duplicate" });
  });

  it("the host's client stays open, and its key prefix holds for every key", async () => {
    const client = new Redis({ port: server.port, keyPrefix: "host*:" });
    const records = redisStore({ client });
    await records.put("p", "s", 1);
    const names: string[] = [];
    for await (const name of records.partitions("")) names.push(name);
    await records.close();
    expect(names).toEqual(["p"]);
    expect(await client.ping()).toBe("PONG");
    expect((await server.client.keys("*")).filter((key) => !key.startsWith("host*:"))).toEqual([]);
    client.disconnect();
  });

  it("what a newer version wrote is refused, and a log keeps its number of shards", async () => {
    await server.client.hset("attune:{store}", "schema", "2");
    await expect(store().get("p", "s")).rejects.toMatchObject({ code: "ATTUNE_STORE_SCHEMA" });
    await log({ shards: 3 }).append([{ key: "k", value: 1 }]);
    await expect(log().append([{ key: "k", value: 1 }])).rejects.toMatchObject({
      code: "ATTUNE_LOG_SHARDS",
      message: expect.stringContaining("shards: 3"),
    });
  });

  it("tells what the server lacks", async () => {
    expect(await redisAdvice({ client: server.client })).toEqual([]);
    await server.client.config("SET", "maxmemory-policy", "allkeys-lru");
    await server.client.config("SET", "appendonly", "no");
    const codes = (await redisAdvice({ client: server.client })).map(({ code }) => code);
    await server.client.config("SET", "maxmemory-policy", "noeviction");
    await server.client.config("SET", "appendonly", "yes");
    expect(codes).toEqual(["ATTUNE_REDIS_NOT_DURABLE", "ATTUNE_REDIS_EVICTS"]);
  });

  it("Redis drops a partition by itself only where all of it expires, a day late, by the host's clock", async () => {
    const clock = createFakeClock();
    const records = redisStore({ client: server.client, clock });
    closing.push(() => records.close());
    const ttl = async (): Promise<number[]> =>
      Promise.all(["r", "k", "x"].map((kind) => server.client.pttl(`attune:{s/p}:${kind}`)));
    await records.put("p", "a", 1, { expiresAt: clock.now() + 60_000 });
    for (const ms of await ttl()) expect(ms).toBeGreaterThan(86_400_000);
    await records.put("p", "b", 1);
    expect(await ttl()).toEqual([-1, -1, -1]);
    await records.delete("p", "b");
    for (const ms of await ttl()) expect(ms).toBeLessThanOrEqual(86_460_000);
    await records.put("p", "a", 2);
    expect((await ttl()).slice(0, 2)).toEqual([-1, -1]);
  });

  it("erased texts are gone from the memory of Redis", async () => {
    const events = log({ shards: 1 });
    await events.append([
      { key: "one", value: "needle" },
      { key: "two", value: "hay" },
    ]);
    await events.append([{ key: "one", value: "needle" }]);
    expect(await events.erase("one")).toBe(2);
    const dumps = await Promise.all(
      (await server.client.keys("*")).map((key) => server.client.dumpBuffer(key)),
    );
    expect(Buffer.concat(dumps).includes("needle")).toBe(false);
    expect(Buffer.concat(dumps).includes("hay")).toBe(true);
  });

  it("two logs share the shards of a group, and each gets the other's when that leaves", async () => {
    const [one, two] = [log({ lease: 600 }), log({ lease: 600 })];
    const seen: { by: string; n: number }[] = [];
    const handler = (by: string) => async (batch: readonly { value: unknown }[]) => {
      seen.push(...batch.map(({ value }) => ({ by, n: value as number })));
    };
    const entries = upTo(80).map((n) => ({ key: `k${n}`, value: n }));
    const numbers = (): number[] => seen.map(({ n }) => n).sort((a, b) => a - b);
    await one.consume("g", handler("one"));
    const second = await two.consume("g", handler("two"));
    await poll(() => sharers()).toBe(2);
    await one.append(entries);
    await poll(numbers).toEqual(upTo(80));
    expect(new Set(seen.map(({ by }) => by)).size).toBe(2);
    await second.stop();
    seen.length = 0;
    await two.append(entries);
    await poll(numbers).toEqual(upTo(80));
    expect(new Set(seen.map(({ by }) => by))).toEqual(new Set(["one"]));
  });

  it("the shards of a consumer that died are taken over once its lease has run out, and not before", async () => {
    const events = log({ lease: 600 });
    await events.append(upTo(80).map((n) => ({ key: `k${n}`, value: n })));
    // What a process that is killed leaves behind.
    const until = Date.now() + 900;
    await server.client.zadd("attune:{l/events/members}:g", until, "~dead");
    for (let shard = 0; shard < 8; shard++)
      await server.client.set(`attune:{l/events/${shard}}:l/g`, "~dead", "PX", 900);
    const times = new Map<number, number>();
    await events.consume<number>("g", async (batch) => {
      for (const { value } of batch) times.set(value, Date.now());
    });
    await poll(() => times.size).toBe(80);
    expect(Math.min(...times.values())).toBeGreaterThanOrEqual(until - 50);
  });

  it("a consumer that comes while its log is being closed is refused, and leaves no timer behind", async () => {
    const events = log({ shards: 1 });
    await events.append([{ key: "k", value: 1 }]);
    const errors: unknown[] = [];
    const coming = events.consume("g", async () => undefined, { onError: (error) => errors.push(error) });
    await Promise.all([expect(coming).rejects.toMatchObject({ code: "ATTUNE_LOG_CLOSED" }), events.close()]);
    await sleep(200);
    expect(errors).toEqual([]);
  });

  it("a batch whose shard was taken over meanwhile is not committed", async () => {
    const events = log({ lease: 600, shards: 1 });
    await events.append([{ key: "k", value: 1 }]);
    const errors: unknown[] = [];
    let tries = 0;
    const steal = async (): Promise<void> => {
      if (tries++ === 0) await server.client.set("attune:{l/events/0}:l/g", "thief", "PX", 300);
    };
    await events.consume("g", steal, { onError: (error) => errors.push(error) });
    await poll(() => errors).toEqual([expect.objectContaining({ code: "ATTUNE_LOG_FENCED" })]);
    expect(await events.lag("g")).toBe(1);
    await poll(() => events.lag("g")).toBe(0);
    expect(tries).toBe(2);
  });

  it("positions that a failover has lost are not given out again", async () => {
    const events = log({ shards: 1 });
    await events.append([{ key: "k", value: "lost" }]);
    const last = (await events.read(0, 0, 1))[0]?.position ?? 0;
    // The replica that takes over has not got the last writes; it takes longer than a millisecond to do so.
    await sleep(5);
    await server.client.del("attune:{l/events/0}:s", "attune:{l/events/0}:p");
    await events.append([{ key: "k", value: "new" }]);
    expect((await events.read(0, last, 1)).map(({ value }) => value)).toEqual(["new"]);
  });

  /** How many have leases. */
  async function sharers(): Promise<number> {
    const owners = await Promise.all(
      upTo(8).map((shard) => server.client.get(`attune:{l/events/${shard}}:l/g`)),
    );
    return new Set(owners).size;
  }
});

describe.skipIf(path === null)("a channel on a Redis in trouble", () => {
  it("subscribes again by itself, and then says that messages may be missing", async () => {
    const server = await startRedis(path ?? "");
    const channel = redisChannel({ client: server.client });
    const frames: unknown[] = [];
    await channel.subscribe(["a", "b"], (frame) => frames.push(frame));
    await channel.publish("a", 1);
    await poll(() => frames.length).toBe(1);
    await server.client.call("client", "kill", "type", "pubsub");
    await poll(() => frames.length).toBe(3);
    await channel.publish("b", 2);
    await poll(() => frames.length).toBe(4);
    await server.kill();
    await server.restart();
    await poll(() => frames.length).toBe(6);
    await channel.publish("b", 3);
    await poll(() => frames.length).toBe(7);
    expect(frames).toEqual([
      { type: "message", topic: "a", data: 1 },
      { type: "gap", topic: "a" },
      { type: "gap", topic: "b" },
      { type: "message", topic: "b", data: 2 },
      { type: "gap", topic: "a" },
      { type: "gap", topic: "b" },
      { type: "message", topic: "b", data: 3 },
    ]);
    await channel.close();
    await server.stop();
  });

  it("a message that is not ours harms nobody", async () => {
    const server = await startRedis(path ?? "");
    const reported: unknown[] = [];
    const channel = redisChannel({ client: server.client, report: (error) => reported.push(error) });
    const frames: unknown[] = [];
    await channel.subscribe(["a"], (frame) => frames.push(frame));
    await server.client.publish("attune:c/a", "{not json");
    await channel.publish("a", 1);
    await poll(() => frames.length).toBe(1);
    expect(reported).toHaveLength(1);
    await channel.close();
    await server.stop();
  });
});
