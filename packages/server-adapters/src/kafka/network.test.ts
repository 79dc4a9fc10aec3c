import { type AddressInfo, createServer, type Socket } from "node:net";
import { Kafka, logLevel } from "kafkajs";
import { systemClock } from "@attune/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kafkaOffsets } from "./offsets.js";
import { batchingProducer } from "./producer.js";
import { partitionReader } from "./reader.js";

describe("brokers that take connections and say nothing", () => {
  const sockets = new Set<Socket>();
  let connections = 0;
  const mute = createServer((socket) => {
    connections++;
    sockets.add(socket.on("error", () => undefined));
    socket.on("close", () => sockets.delete(socket)).resume();
  });
  beforeEach(() => {
    connections = 0;
    return new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
  });
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  const clients = () => {
    const kafka = new Kafka({
      brokers: [`127.0.0.1:${(mute.address() as AddressInfo).port}`],
      logLevel: logLevel.NOTHING,
      requestTimeout: 300,
      retry: { retries: 0 },
    });
    return {
      reader: partitionReader({ kafka, maxBytes: 1000, retries: 1 }),
      offsets: kafkaOffsets({ kafka, topic: "t", shards: 1 }),
      producer: batchingProducer({ kafka, clock: systemClock, maxBytes: 1000, retries: 0 }),
    };
  };
  const message = { topic: "t", partition: 0, key: "k", value: "1" };

  it("are left with no connection by whoever gives them up", async () => {
    const { reader, offsets, producer } = clients();
    const calls = [reader.shards("t"), offsets.ranges(), producer.send([message])];
    await expect.poll(() => sockets.size).toBe(calls.length);
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe("rejected");
    await Promise.all([reader.close(), offsets.close(), producer.close()]);
    await expect.poll(() => sockets.size, { timeout: 2000 }).toBe(0);
  });

  it("are asked for nothing more by whoever is closed", async () => {
    const { reader, offsets, producer } = clients();
    await Promise.all([reader.close(), offsets.close(), producer.close()]);
    const calls = [reader.shards("t"), offsets.ranges(), offsets.admin(), producer.send([message])];
    for (const outcome of await Promise.allSettled(calls))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "ATTUNE_LOG_CLOSED" } });
    expect(connections).toBe(0);
  });

  it("hold up a producer that closes for one request, however many wait", async () => {
    const { producer } = clients();
    const value = "x".repeat(600);
    const sends = Array.from({ length: 5 }, () => producer.send([{ ...message, value }]));
    const [outcomes] = await Promise.all([Promise.allSettled(sends), producer.close()]);
    const [first] = outcomes;
    expect(first).toMatchObject({ status: "rejected", reason: { code: "ATTUNE_LOG_UNAVAILABLE" } });
    for (const outcome of outcomes) expect(outcome).toEqual(first);
    expect(connections).toBe(1);
  });
});
