import * as net from "node:net";
import { createFaultProxy, type FaultProxy } from "@attune/core/testing";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { poll } from "../../test/poll.js";
import { redisProgram, type RedisServer, startRedis } from "../../test/redis-server.js";
import { redisChannel, redisLog, redisStore } from "./index.js";

const { path } = redisProgram();
/** Of a command that runs a script: those are what writes. */
const isScript = (bytes: Uint8Array): boolean => /eval/i.test(Buffer.from(bytes).toString("latin1"));

describe.skipIf(path === null)("a network in trouble", () => {
  let server: RedisServer;
  let proxy: FaultProxy;
  let client: Redis;
  const closing: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    server = await startRedis(path ?? "");
  }, 30_000);
  beforeEach(async () => {
    proxy = await createFaultProxy({ net, target: { host: "127.0.0.1", port: server.port } });
    client = new Redis({ port: proxy.port, lazyConnect: true, commandTimeout: 500 });
  });
  afterEach(async () => {
    await Promise.all(closing.splice(0).map((close) => close()));
    client.disconnect();
    await proxy.close();
    await server.client.flushall();
  });
  afterAll(() => server?.stop());
  const use = <T extends { close(): Promise<void> }>(made: T): T => {
    closing.push(() => made.close());
    return made;
  };
  const lost = { code: "ATTUNE_REDIS_CONNECTION", message: expect.stringContaining("may or may not") };

  it("a write whose answer is lost is done once, and nobody claims to know", async () => {
    const store = use(redisStore({ client }));
    await store.put("p", "a", 1);
    await proxy.set({ type: "commit-then-drop", times: 1, request: isScript });
    await expect(store.put("p", "a", 2, { ifVersion: 1 })).rejects.toMatchObject(lost);
    expect(await store.get("p", "a")).toMatchObject({ value: 2, version: 2 });

    const log = use(redisLog({ client, shards: 1 }));
    await log.append([{ key: "k", value: 1 }]);
    await proxy.set({ type: "commit-then-drop", times: 1, request: isScript });
    await expect(log.append([{ key: "k", value: 2 }])).rejects.toMatchObject(lost);
    expect((await log.read(0, 0, 9)).map(({ value }) => value)).toEqual([1, 2]);
    expect(proxy.strikes("commit-then-drop")).toBe(2);
  });

  it("a commit with a token whose answer is lost is asked again, and took effect once", async () => {
    const store = use(redisStore({ client }));
    await store.get("p", "a");
    await proxy.set({ type: "commit-then-drop", times: 1, request: isScript });
    const result = await store.commit("p", [{ op: "put", sort: "a", value: 1 }], { once: "t" });
    expect(result).toEqual({ status: "duplicate" });
    expect((await store.get("p", "a"))?.version).toBe(1);
    expect(proxy.strikes("commit-then-drop")).toBe(1);
  });

  it("reads are asked again through resets", async () => {
    const store = use(redisStore({ client }));
    await store.put("p", "a", "x".repeat(5000));
    await proxy.set({ type: "reset", afterBytes: 2000, times: 2 });
    expect((await store.get("p", "a"))?.version).toBe(1);
    expect(proxy.strikes("reset")).toBe(2);
  });

  it("a peer that falls silent is given up, and used again when it speaks", async () => {
    const store = use(redisStore({ client, patience: 300 }));
    await store.put("p", "a", 1);
    await proxy.set({ type: "black-hole" });
    const late = { code: "ATTUNE_REDIS_TIMEOUT", message: expect.stringContaining("may or may not") };
    await expect(store.put("p", "a", 2)).rejects.toMatchObject(late);
    await expect(store.get("p", "a")).rejects.toMatchObject({ code: "ATTUNE_REDIS_TIMEOUT" });
    await proxy.clear();
    await poll(async () => (await store.get("p", "a"))?.value).toBe(2);
  });

  it("nobody waits for long to leave a topic of a peer that has fallen silent", async () => {
    const plain = new Redis({ port: proxy.port, lazyConnect: true });
    const channel = use(redisChannel({ client: plain }));
    const leave = await channel.subscribe(["a"], () => undefined);
    await proxy.set({ type: "black-hole" });
    const waited = new Promise((resolve) => setTimeout(resolve, 5000, "waits"));
    expect(await Promise.race([leave().then(() => "left"), waited])).toBe("left");
  }, 10_000);

  it("a log that holds shards of a peer that has fallen silent gives them up and closes", async () => {
    const plain = new Redis({ port: proxy.port, lazyConnect: true });
    const log = redisLog({ client: plain, shards: 1, poll: 60_000, lease: 60_000 });
    const handled: unknown[] = [];
    await log.append([{ key: "k", value: 1 }]);
    await log.consume("g", async (records) => void handled.push(...records));
    await poll(() => log.lag("g")).toBe(0);
    await proxy.set({ type: "black-hole" });
    const waited = new Promise((resolve) => setTimeout(resolve, 6000, "waits"));
    expect(await Promise.race([log.close().then(() => "closed"), waited])).toBe("closed");
    expect(handled).toHaveLength(1);
  }, 10_000);

  it("what is still on its way when nobody waits for it any more is not written over by what comes next", async () => {
    const store = use(redisStore({ client }));
    const valueOf = (i: number): string => String.fromCharCode(1000 + i).repeat(i < 40 ? 200_000 : 100_000);
    // Redis knows the script from then on.
    await store.put("p", "first", 1);
    await proxy.set({ type: "throttle", bytesPerSecond: 1000 }, { direction: "request" });
    const put = async (from: number, to: number): Promise<unknown> =>
      Promise.allSettled(
        Array.from({ length: to - from }, (_, i) => store.put("p", String(from + i), valueOf(from + i))),
      );
    // Far more than the buffers of the system take; the last ten of them in memory that others may get.
    await put(0, 50);
    const later = put(50, 70);
    await proxy.clear();
    await later;
    const keys = Array.from({ length: 70 }, (_, i) => ({ partition: "p", sort: String(i) }));
    const seen = async (): Promise<unknown[]> =>
      (await store.getMany<string>(keys)).map((record, i) => [record?.version, record?.value === valueOf(i)]);
    await poll(seen).toEqual(keys.map(() => [1, true]));
  }, 30_000);

  it("a server that refuses connections for a moment is waited for", async () => {
    await proxy.set({ type: "refuse" });
    const store = use(redisStore({ client }));
    const channel = use(redisChannel({ client }));
    const frames: unknown[] = [];
    const writing = store.put("p", "a", 1);
    const subscribing = channel.subscribe(["a"], (frame) => frames.push(frame));
    setTimeout(() => void proxy.clear(), 200);
    expect(await writing).toEqual({ written: true, version: 1 });
    await subscribing;
    await channel.publish("a", 1);
    await poll(() => frames).toEqual([{ type: "message", topic: "a", data: 1 }]);
  });
});
