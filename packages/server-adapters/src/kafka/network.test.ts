import { type AddressInfo, createServer, type Socket } from "node:net";
import { Kafka, logLevel } from "kafkajs";
import { systemClock } from "@attune/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { kafkaOffsets } from "./offsets.js";
import { batchingProducer } from "./producer.js";
import { partitionReader } from "./reader.js";

describe("brokers that take connections and say nothing", () => {
  const sockets = new Set<Socket>();
  const mute = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    socket.on("close", () => sockets.delete(socket)).resume();
  });
  beforeEach(() => new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve)));
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    mute.close();
  });

  it("are left with no connection by whoever gives them up", async () => {
    const kafka = new Kafka({
      brokers: [`127.0.0.1:${(mute.address() as AddressInfo).port}`],
      logLevel: logLevel.NOTHING,
      requestTimeout: 300,
      retry: { retries: 0 },
    });
    const reader = partitionReader({ kafka, maxBytes: 1000, retries: 1 });
    const offsets = kafkaOffsets({ kafka, topic: "t", shards: 1 });
    const producer = batchingProducer({ kafka, clock: systemClock, maxBytes: 1000, retries: 0 });
    const calls = [
      reader.shards("t"),
      offsets.ranges(),
      producer.send([{ topic: "t", partition: 0, key: "k", value: "1" }]),
    ];
    await expect.poll(() => sockets.size).toBe(calls.length);
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe("rejected");
    await Promise.all([reader.close(), offsets.close(), producer.close()]);
    await expect.poll(() => sockets.size, { timeout: 2000 }).toBe(0);
  });
});
