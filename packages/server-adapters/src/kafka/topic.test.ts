import type { DeadLetter, LogRecord } from "@attune/core/ports";
import { Kafka, logLevel } from "kafkajs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { client, FAST, KCAT, type MockCluster, mockCluster } from "../../test/kafka.ts";
import { freePort } from "../../test/programs.ts";
import { kafkaLog } from "./index.js";
import { decodeKey, encodeKey } from "./messages.js";
import { cutsOf } from "./trim.js";

const letter = (n: number): DeadLetter => ({
  id: `0194${String(n).padStart(4, "0")}-0000-7000-8000-000000000000`,
  at: 1_735_689_600_000 + n,
  body: `{"n":${n}}`,
  reasons: [],
  schemaVersion: 1,
  source: { site: "default", route: "POST /events" },
});
const ids = (letters: readonly DeadLetter[]) => letters.map(({ at }) => at - 1_735_689_600_000);
const upTo = (first: number, end: number) => Array.from({ length: end - first }, (_, i) => first + i);

describe("keys", () => {
  it("come back as they were, and different keys are different bytes", () => {
    const anyText = fc.oneof(
      fc.string({ unit: "binary" }),
      fc
        .array(fc.constantFrom("\u0000", '"', "a", "\ud83d", "\ude00", "\ud800", "\ufffd"))
        .map((units) => units.join("")),
    );
    fc.assert(
      fc.property(anyText, anyText, (one, two) => {
        const bytes = Buffer.from(encodeKey(one));
        expect(decodeKey(bytes)).toBe(one);
        expect(bytes.equals(Buffer.from(encodeKey(two)))).toBe(one === two);
      }),
      { numRuns: 200 },
    );
  });
});

describe("trim", () => {
  const ranges = [
    { low: 10, high: 100 },
    { low: 0, high: 50 },
  ];
  it("cuts what is old as far as every group has committed", () => {
    expect(cutsOf(ranges, [60, 50], [])).toEqual([60, 50]);
    expect(cutsOf(ranges, [60, 50], [[80, 20]])).toEqual([60, 20]);
    expect(
      cutsOf(
        ranges,
        [60, 50],
        [
          [80, 20],
          [30, 50],
        ],
      ),
    ).toEqual([30, 20]);
  });
  it("leaves a shard alone where a group has committed nothing, or less than is still there", () => {
    expect(cutsOf(ranges, [60, 50], [[null, null]])).toEqual([10, 0]);
    expect(cutsOf(ranges, [60, 50], [[5, 50]])).toEqual([10, 50]);
  });
  it("never cuts beyond the end", () => {
    expect(cutsOf(ranges, [200, 50], [[300, 60]])).toEqual([100, 50]);
  });
});

describe.skipIf(KCAT.path === null)(`Kafka topics ${KCAT.reason ?? ""}`, () => {
  let cluster: MockCluster;
  beforeAll(async () => {
    cluster = await mockCluster();
  });
  afterAll(() => cluster.stop());
  const open = (topic: string, options = {}) =>
    kafkaLog({ kafka: client(cluster.brokers), topic, consumer: FAST, ...options });

  it("a cluster that is away is said so", async () => {
    const kafka = new Kafka({
      brokers: [`127.0.0.1:${await freePort()}`],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1, initialRetryTime: 10 },
    });
    const opened = kafkaLog({ kafka, topic: "away", producer: { retries: 0 } });
    await expect(opened).rejects.toMatchObject({ code: "ATTUNE_LOG_UNAVAILABLE" });
  });

  it("an entry that no request can carry is refused, and the appends beside it are not", async () => {
    const log = await open("large", { producer: { maxBytes: 10_000 } });
    const many = Array.from({ length: 100 }, (_, n) => ({ key: "a", value: { n, text: "x".repeat(900) } }));
    const outcomes = await Promise.allSettled([
      log.append([{ key: "a", value: "x".repeat(10_000) }]),
      log.append(many),
      log.append([{ key: "a", value: BigInt(1) }]),
    ]);
    const codes = outcomes.map((outcome) =>
      outcome.status === "rejected" ? (outcome.reason as { code: string }).code : null,
    );
    expect(codes).toEqual(["ATTUNE_LOG_VALUE", null, "ATTUNE_LOG_VALUE"]);
    expect(await log.lag("group")).toBe(100);
    await log.close();
  });

  it("what the broker's retention has dropped is neither read nor counted", async () => {
    const log = await open("retained");
    const text = "x".repeat(200_000);
    for (let n = 0; n < 40; n++) await log.append([{ key: "a", value: { n, text } }]);
    const shards = await Promise.all(upTo(0, 4).map((shard) => log.read<{ n: number }>(shard, 0, 100)));
    const records = shards.flat();
    // The mock cluster keeps 5 MB of a partition.
    expect(records.length).toBeGreaterThan(15);
    expect(records.length).toBeLessThan(40);
    expect(records.map(({ value }) => value.n)).toEqual(upTo(40 - records.length, 40));
    expect(await log.lag("group")).toBe(records.length);
    expect(await log.read(records[0]?.shard ?? 0, 41, 5)).toEqual([]);
    await log.close();
  });

  it("what another program wrote is passed over and told of", async () => {
    const kafka = client(cluster.brokers);
    const log = await open("foreign");
    const producer = kafka.producer({ createPartitioner: () => () => 0 });
    await producer.connect();
    await producer.send({
      topic: "foreign",
      messages: [{ value: "no json" }, { key: "\u0000", value: "1" }, { key: "a", value: null }],
    });
    await producer.disconnect();
    await log.append(Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, value: n })));
    const read = await Promise.all(upTo(0, 4).map((shard) => log.read(shard, 0, 100)));
    expect(read.flat().length).toBe(20);
    const seen: LogRecord[] = [];
    const errors: string[] = [];
    await log.consume("group", async (batch) => void seen.push(...batch), {
      onError: (error) => errors.push((error as { code: string }).code),
    });
    await vi.waitFor(async () => expect(await log.lag("group")).toBe(0), 10_000);
    expect(seen.length).toBe(20);
    expect(errors).toEqual(["ATTUNE_LOG_FOREIGN", "ATTUNE_LOG_FOREIGN", "ATTUNE_LOG_FOREIGN"]);
    await log.close();
  });

  it("trim keeps everything where the cluster lets no groups be listed", async () => {
    const log = await open("kept");
    await log.append([{ key: "a", value: 1 }]);
    expect(await log.trim(Date.now() + 1000)).toBe(0);
    expect(await log.lag("group")).toBe(1);
    await log.close();
  });

  it("erase says that it removes nothing", async () => {
    const log = await open("erased");
    await log.append([{ key: "a", value: 1 }]);
    expect(await log.erase("a")).toBe(0);
    await log.close();
  });

  it("dead letters are bounded: the oldest go, for other processes too", async () => {
    const log = await open("bounded", { deadLetters: { limit: 30 } });
    await log.deadLetters.put(upTo(0, 50).map(letter));
    expect(ids(await log.deadLetters.read(null, 100))).toEqual(upTo(20, 50));
    const other = await open("bounded");
    expect(ids(await other.deadLetters.read(null, 100))).toEqual(upTo(20, 50));
    expect(ids(await other.deadLetters.read(letter(29).id, 7))).toEqual(upTo(30, 37));
    await other.deadLetters.put([letter(60)]);
    expect(await other.deadLetters.remove([letter(21).id, letter(60).id, letter(60).id, letter(5).id])).toBe(
      2,
    );
    expect(ids(await log.deadLetters.read(null, 3))).toEqual([20, 22, 23]);
    await log.deadLetters.put([letter(60)]);
    expect(ids(await other.deadLetters.read(letter(48).id, 9))).toEqual([49, 60]);
    await Promise.all([log.close(), other.close()]);
  });

  it("dead letters come from a topic that is named", async () => {
    const log = await open("named", { deadLetters: { topic: "elsewhere" } });
    await log.deadLetters.put([letter(1)]);
    const other = await open("another", { deadLetters: { topic: "elsewhere" } });
    expect(ids(await other.deadLetters.read(null, 5))).toEqual([1]);
    await Promise.all([log.close(), other.close()]);
  });
});
