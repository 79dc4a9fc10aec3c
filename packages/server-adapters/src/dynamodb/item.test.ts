import { isAttuneError, seededRandom } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { createFakeClock } from "@attune/core/testing";
import { GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { type DynamoForTests, startDynamo } from "../../test/dynamodb.js";
import { createBackOff } from "./back-off.js";
import { dynamoStore } from "./index.js";
import { itemKey, keyText, sortBounds } from "./keys.js";

const clock = createFakeClock();
let dynamo: DynamoForTests;
let table = "";
let store: Store;
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = await dynamo.table();
  store = dynamoStore({ client: dynamo.client(), table, clock, random: seededRandom(1) });
});

const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (isAttuneError(error) ? error.code : String(error)),
  );
const raw = async (sort: string): Promise<Record<string, unknown>> => {
  const key = itemKey({ partition: "p", sort });
  const command = new GetItemCommand({
    TableName: table,
    Key: { p: { B: key.partition }, s: { B: key.sort } },
  });
  return (await dynamo.direct().send(command)).Item ?? {};
};

describe("keys", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc
      .array(fc.constantFrom("\u0000", "\u0001", "a", "\u00e9", "\ud83d", "\ude00", "\ufb01", "\uffff"))
      .map((units) => units.join("")),
  );
  const bytes = (sort: string): Buffer => itemKey({ partition: "p", sort }).sort;

  it("come back, and compare as the strings do, the empty one too", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(keyText(bytes(a))).toBe(a);
        expect(Math.sign(bytes(a).compare(bytes(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it("bounds let through what is in the range and nothing else", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "\ud83d", "\ufb01", "\u0000"), maxLength: 3 });
    fc.assert(
      fc.property(part, fc.option(part, { nil: undefined }), part, part, (from, to, prefix, key) => {
        const range = { from, prefix, ...(to !== undefined && { to }) };
        const bounds = sortBounds(range);
        const own = bytes(key);
        const within =
          bounds !== null &&
          own.compare(bounds.from) >= 0 &&
          own.compare(bounds.to) <= 0 &&
          !bounds.except?.equals(own);
        expect(within).toBe(key >= from && (to === undefined || key < to) && key.startsWith(prefix));
      }),
    );
  });

  it("may be empty, and as long as DynamoDB allows", async () => {
    const longest = { partition: "x".repeat(2048), sort: "y".repeat(1024) };
    for (const { partition, sort } of [
      longest,
      { partition: "", sort: "" },
      { partition: "é".repeat(1024), sort: "" },
    ]) {
      await store.put(partition, sort, 1);
      expect(await collect(store.scan(partition, { prefix: sort }))).toHaveLength(1);
      expect(await store.deletePartition(partition)).toBe(1);
    }
    expect(await code(store.put("x".repeat(2049), "s", 1))).toBe("ATTUNE_STORE_KEY");
    expect(await code(store.get("p", "é".repeat(513)))).toBe("ATTUNE_STORE_KEY");
    expect(await code(store.deletePartition("x".repeat(2049)))).toBe("ATTUNE_STORE_KEY");
  });
});

describe("items", () => {
  it("may have 400 KB; more is refused before it is sent", async () => {
    await store.put("p", "s", "x".repeat(408_000));
    dynamo.seen();
    expect(await code(store.put("p", "s", "x".repeat(410_000)))).toBe("ATTUNE_STORE_VALUE");
    expect(await code(store.put("p", "s", "é".repeat(205_000)))).toBe("ATTUNE_STORE_VALUE");
    expect(dynamo.seen()).toEqual([]);
  });

  it("carry DynamoDB's own time to live in seconds, never before the record's, and lose it with a write that has none", async () => {
    await store.put("p", "s", 1, { expiresAt: 1_735_689_600_001 });
    expect(await raw("s")).toMatchObject({ e: { N: "1735689600001" }, t: { N: "1735689601" } });
    await store.put("p", "s", 2);
    expect(Object.keys(await raw("s")).sort()).toEqual(["j", "l", "p", "s", "v", "w", "w1", "w2", "w3"]);
    await store.put("p", "s", 3, { expiresAt: Number.POSITIVE_INFINITY });
    expect((await store.get("p", "s"))?.value).toBe(3);
  });

  it("of a newer layout are refused", async () => {
    await store.put("p", "s", 1);
    const item = { ...(await raw("s")), l: { N: "2" } } as PutItemCommand["input"]["Item"];
    await dynamo.direct().send(new PutItemCommand({ TableName: table, Item: item }));
    expect(await code(store.get("p", "s"))).toBe("ATTUNE_STORE_SCHEMA");
  });
});

describe("T20 expressions", () => {
  it("hold placeholders, operators and functions, and nothing that came from outside", async () => {
    const hostile = '#s = :p OR attribute_exists("x")';
    dynamo.seen();
    await store.put(hostile, hostile, hostile, { expiresAt: clock.now() + 9 });
    await store.put(hostile, hostile, hostile);
    await store.put(hostile, hostile, hostile, { ifVersion: 2 });
    await store.put(hostile, `${hostile}2`, { [hostile]: hostile }, { ifVersion: 0 });
    expect(await collect(store.scan(hostile, { prefix: hostile, to: `${hostile}3` }))).toHaveLength(2);
    expect(await collect(store.partitions(hostile))).toEqual([hostile]);
    await store.sweep();
    expect(await store.deletePartition(hostile)).toBe(2);
    const words = dynamo.seen().flatMap(({ body }) =>
      Object.entries(JSON.parse(body) as Record<string, unknown>)
        .filter(([name]) => name.endsWith("Expression"))
        .flatMap(([, expression]) => String(expression).split(/[\s(),]+/)),
    );
    const allowed = /^(|[#:]\w+|[=+]|<=|>|SET|REMOVE|AND|OR|NOT|BETWEEN|if_not_exists|attribute_not_exists)$/;
    expect(words.length).toBeGreaterThan(100);
    expect(words.filter((word) => !allowed.test(word))).toEqual([]);
  });
});

describe("back-off", () => {
  it("grows with failures up to its cap, jitters over the whole range, and is remembered until answers come", async () => {
    const waits: number[] = [];
    const options = { baseMs: 10, capMs: 1000, attempts: 5 };
    const backOff = createBackOff(
      options,
      () => 0.5,
      async (ms) => void waits.push(ms),
    );
    for (let attempt = 1; attempt <= 8; attempt++) await backOff.pause(attempt);
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 500]);
    await backOff.pause(1);
    expect(waits.at(-1)).toBe(500);
    for (let i = 0; i < 30; i++) backOff.relax();
    await backOff.pause(1);
    expect(waits.at(-1)).toBe(5);
    const even = createBackOff(options, seededRandom(3), async (ms) => void waits.push(ms));
    waits.length = 0;
    for (let i = 0; i < 200; i++) await even.pause(9);
    expect(Math.min(...waits)).toBeLessThan(100);
    expect(Math.max(...waits)).toBeGreaterThan(900);
  });
});
