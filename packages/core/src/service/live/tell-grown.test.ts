import { describe, expect, it } from "vitest";
import { memoryChannel, memoryLog, shardOf } from "../../memory/index.js";
import type { Channel } from "../../ports/channel.js";
import type { Log } from "../../ports/log.js";
import { sleep } from "../tools/platform.js";
import { hearGrown } from "./notices.js";
import { createGrownTeller } from "./tell-grown.js";

const SHARDS = 4;
const log = (polled: boolean): Log => {
  const made = memoryLog({ shards: SHARDS });
  return polled ? { ...made, capabilities: { ...made.capabilities, polled: true } } : made;
};
/** As one that reaches other processes. */
const farChannel = (): Channel => {
  const { publish, subscribe, close } = memoryChannel();
  return { publish, subscribe, close };
};
const entries = (...keys: string[]) => keys.map((key) => ({ key, value: null }));
const report = (error: unknown): never => {
  throw error;
};

async function heard(context: { log: Log | null; channel: Channel | null }, by = "door", own = "worker") {
  const told: (readonly number[])[] = [];
  await hearGrown(context, own, (shards) => told.push(shards));
  const teller = createGrownTeller({ ...context, report }, by);
  return { told, teller, grown: teller.of };
}

describe("telling other processes what was appended", () => {
  it("names each shard once, at first at once, and then together what came within some milliseconds", async () => {
    const { told, grown } = await heard({ log: log(true), channel: farChannel() });
    const tell = grown(entries("a", "a", "b"));
    await sleep(10);
    expect(told).toEqual([]);
    tell();
    grown(entries("c"))();
    grown(entries("d"))();
    await Promise.resolve();
    await sleep(0);
    const of = (...keys: string[]) => [...new Set(keys.map((key) => shardOf(key, SHARDS)))];
    expect(told).toEqual([of("a", "b")]);
    await expect.poll(() => told).toEqual([of("a", "b"), of("c", "d")]);
    await sleep(10);
    grown(entries("a"))();
    await sleep(0);
    expect(told[2]).toEqual(of("a"));
  });

  it("is one message at a time, however long the channel takes, and told before the end", async () => {
    const channel = farChannel();
    let [underWay, most, told] = [0, 0, 0];
    channel.publish = async () => {
      most = Math.max(most, ++underWay);
      await sleep(50);
      underWay -= 1;
      told += 1;
    };
    const { teller } = await heard({ log: log(true), channel });
    for (let n = 0; n < 30; n++) {
      teller.of(entries(`key-${n}`))();
      await sleep(2);
    }
    await teller.end();
    expect([most, underWay]).toEqual([1, 0]);
    expect(told).toBeGreaterThanOrEqual(2);
    channel.publish = () => new Promise(() => undefined);
    teller.of(entries("a"))();
    const began = Date.now();
    await teller.end();
    expect(Date.now() - began).toBeGreaterThan(900);
  });

  it("is not heard by who tells", async () => {
    const { told, grown } = await heard({ log: log(true), channel: farChannel() }, "both", "both");
    grown(entries("a"))();
    await sleep(10);
    expect(told).toEqual([]);
  });

  it("says nothing where the log tells by itself, or nobody else can hear it", async () => {
    for (const context of [
      { log: log(false), channel: farChannel() },
      { log: log(true), channel: memoryChannel() },
      { log: null, channel: farChannel() },
    ]) {
      const { told, grown } = await heard(context);
      grown(entries("a"))();
      await sleep(10);
      expect(told).toEqual([]);
    }
  });
});
