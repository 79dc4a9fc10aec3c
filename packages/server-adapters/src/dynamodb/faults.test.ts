import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { isAttuneError } from "@attune/core";
import type { Store } from "@attune/core/ports";
import { createFakeClock } from "@attune/core/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collect } from "../../test/collect.js";
import { type DynamoForTests, startDynamo } from "../../test/dynamodb.js";
import { dynamoStore } from "./index.js";

const P = "site/v/one";
const clock = createFakeClock();
const retry = { baseMs: 1, capMs: 5, attempts: 4 };

let dynamo: DynamoForTests;
let table = "";
/** Through the proxy where faults strike, the client trying once; the same, the client trying three times; straight to the server. */
let store: Store;
let patient: Store;
let other: Store;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  table = await dynamo.table();
  store = dynamoStore({ client: dynamo.client(), table, clock, retry });
  patient = dynamoStore({ client: dynamo.client({ maxAttempts: 3 }), table, clock, retry });
  other = dynamoStore({ client: dynamo.direct(), table, clock, retry });
  dynamo.seen();
});

const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (isAttuneError(error) ? error.code : String(error)),
  );
const standing = async (): Promise<unknown> => {
  const record = await other.get(P, "a");
  return record && [record.value, record.version];
};

describe("T15 races", () => {
  it("one of 20 conditional writes wins, on a new record and on an old one", async () => {
    for (const ifVersion of [0, 1]) {
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, i) => store.put(P, "a", `${ifVersion}/${i}`, { ifVersion })),
      );
      const winners = results.flatMap(({ written }, i) => (written ? [i] : []));
      expect(winners).toHaveLength(1);
      expect(new Set(results.map(({ version }) => version))).toEqual(new Set([ifVersion + 1]));
      expect(await standing()).toEqual([`${ifVersion}/${winners[0]}`, ifVersion + 1]);
    }
  });

  it("unconditional writes over a record that has expired begin again at 1 and lose no count", async () => {
    await store.put(P, "a", 0, { expiresAt: clock.now() + 10 });
    await store.put(P, "a", 0, { expiresAt: clock.now() + 10 });
    clock.advance(10);
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => store.put(P, "a", i)));
    expect(results.map(({ version }) => version).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});

describe("T15 applied, and the answer lost", () => {
  for (const kind of ["error-after", "reset-after"] as const) {
    for (const tries of [1, 3]) {
      const through = (): Store => (tries === 1 ? store : patient);
      it(`${kind}, a client that tries ${tries} times: written once, and said so`, async () => {
        dynamo.fail({ operation: "PutItem", kind });
        expect(await through().put(P, "a", "made", { ifVersion: 0 })).toEqual({ written: true, version: 1 });
        expect(await standing()).toEqual(["made", 1]);
        dynamo.fail({ operation: "UpdateItem", kind, times: 2 });
        expect(await through().put(P, "a", "changed", { ifVersion: 1 })).toEqual({
          written: true,
          version: 2,
        });
        expect(await standing()).toEqual(["changed", 2]);
        dynamo.fail({ operation: "UpdateItem", kind, times: 2 });
        expect(await through().put(P, "a", "set")).toEqual({ written: true, version: 3 });
        expect(await standing()).toEqual(["set", 3]);
        dynamo.fail({ operation: "DeleteItem", kind });
        expect(await through().delete(P, "a")).toBe(true);
        expect(await standing()).toBeNull();
        expect(await through().delete(P, "a")).toBe(false);
      });
    }
  }

  it("a write whose answer never comes is settled after the client's timeout", async () => {
    const hurried = dynamoStore({ client: dynamo.client({ timeoutMs: 1500 }), table, clock, retry });
    dynamo.fail({ operation: "UpdateItem", kind: "hang-after" });
    expect(await hurried.put(P, "a", "made")).toEqual({ written: true, version: 1 });
    expect(await standing()).toEqual(["made", 1]);
  });

  it("a write is recognised behind those that came after it, and is not applied over them", async () => {
    for (const ifVersion of [1, undefined]) {
      await other.deletePartition(P);
      await other.put(P, "a", "first");
      const meanwhile = async (): Promise<void> => {
        for (const value of ["x", "y", "z"]) await other.put(P, "a", value);
      };
      dynamo.fail({ operation: "UpdateItem", kind: "error-after", meanwhile });
      expect(await store.put(P, "a", "mine", ifVersion === undefined ? {} : { ifVersion })).toEqual({
        written: true,
        version: 2,
      });
      expect(await standing()).toEqual(["z", 5]);
    }
    await other.deletePartition(P);
    dynamo.fail({ operation: "PutItem", kind: "reset-after", meanwhile: () => other.put(P, "a", "x") });
    expect(await patient.put(P, "a", "mine", { ifVersion: 0 })).toEqual({ written: true, version: 1 });
    expect(await standing()).toEqual(["x", 2]);
  });

  it("not applied, and another was quicker: a conflict, not a write", async () => {
    const meanwhile = (): Promise<unknown> => other.put(P, "a", "theirs");
    dynamo.fail({ operation: "PutItem", kind: "error", meanwhile });
    expect(await store.put(P, "a", "mine", { ifVersion: 0 })).toEqual({ written: false, version: 1 });
    dynamo.fail({ operation: "UpdateItem", kind: "error", meanwhile });
    expect(await patient.put(P, "a", "mine", { ifVersion: 1 })).toEqual({ written: false, version: 2 });
    expect(await standing()).toEqual(["theirs", 2]);
  });

  it("says that it does not know where the record tells no more", async () => {
    const erased = (): Promise<unknown> => other.deletePartition(P);
    await other.put(P, "a", 1);
    dynamo.fail({ operation: "UpdateItem", kind: "error-after", meanwhile: erased });
    expect(await code(store.put(P, "a", 2, { ifVersion: 1 }))).toBe("ATTUNE_DYNAMO_UNKNOWN");
    await other.put(P, "a", 1);
    const busy = async (): Promise<void> => {
      for (let i = 0; i < 5; i++) await other.put(P, "a", i);
    };
    dynamo.fail({ operation: "UpdateItem", kind: "error-after", meanwhile: busy });
    expect(await code(store.put(P, "a", 2, { ifVersion: 1 }))).toBe("ATTUNE_DYNAMO_UNKNOWN");
  });

  it("20 counters that each lose answers count to 20", async () => {
    await other.put(P, "a", 0);
    dynamo.fail(
      { operation: "UpdateItem", kind: "error-after", times: 5 },
      { operation: "UpdateItem", kind: "reset-after", times: 5 },
      { operation: "UpdateItem", kind: "throttle", times: 5 },
      { operation: "UpdateItem", kind: "error", times: 5 },
    );
    const steady = dynamoStore({ client: dynamo.client(), table, clock, retry: { ...retry, attempts: 40 } });
    const add = async (): Promise<void> => {
      for (;;) {
        const record = await steady.get<number>(P, "a");
        const value = (record?.value ?? 0) + 1;
        if ((await steady.put(P, "a", value, { ifVersion: record?.version ?? 0 })).written) return;
      }
    };
    await Promise.all(Array.from({ length: 20 }, add));
    expect(await standing()).toEqual([20, 21]);
  });
});

describe("T15 throttling", () => {
  it("is waited out, and given up with a code after so many tries", async () => {
    dynamo.fail({ operation: "UpdateItem", kind: "throttle", times: 3 });
    expect(await store.put(P, "a", 1)).toEqual({ written: true, version: 1 });
    expect(dynamo.seen()).toHaveLength(4);
    dynamo.fail({ operation: "UpdateItem", kind: "throttle", times: 4 });
    expect(await code(store.put(P, "a", 2))).toBe("ATTUNE_DYNAMO_THROTTLED");
    expect(await standing()).toEqual([1, 1]);
    for (const operation of ["GetItem", "Query", "Scan"])
      dynamo.fail({ operation, kind: "throttle", times: 2 });
    expect((await store.get(P, "a"))?.value).toBe(1);
    expect(await collect(store.scan(P))).toHaveLength(1);
    expect(await collect(store.partitions(""))).toEqual([P]);
  });

  it("of parts of batches is sent again until all is done", async () => {
    for (let i = 0; i < 120; i++) await other.put(P, String(1000 + i), i);
    dynamo.fail({ operation: "BatchGetItem", kind: "part", times: 5 });
    const keys = Array.from({ length: 240 }, (_, i) => ({ partition: P, sort: String(1000 + (i % 130)) }));
    const values = (await store.getMany<number>(keys)).map((record) => record?.value ?? null);
    expect(values).toEqual(keys.map((_, i) => (i % 130 < 120 ? i % 130 : null)));
    dynamo.fail(
      { operation: "BatchWriteItem", kind: "part", times: 6 },
      { operation: "BatchWriteItem", kind: "error-after", times: 2 },
      { operation: "BatchWriteItem", kind: "throttle", times: 2 },
    );
    expect(await store.deletePartition(P)).toBe(120);
    expect(await collect(other.scan(P))).toEqual([]);
  });

  it("that never ends for a part of a batch is an error", async () => {
    await other.put(P, "a", 1);
    dynamo.fail({ operation: "BatchGetItem", kind: "part", times: 4 });
    expect(await code(store.getMany([{ partition: P, sort: "a" }]))).toBe("ATTUNE_DYNAMO_THROTTLED");
    dynamo.fail({ operation: "BatchWriteItem", kind: "part", times: 4 });
    expect(await code(store.deletePartition(P))).toBe("ATTUNE_DYNAMO_THROTTLED");
  });
});

describe("sweep", () => {
  it("spares a record that is written anew between the scan and the removal", async () => {
    await other.put(P, "a", "old", { expiresAt: clock.now() + 10 });
    await other.put(P, "b", "old", { expiresAt: clock.now() + 10 });
    clock.advance(10);
    dynamo.fail({ operation: "Scan", kind: "none", times: 4, meanwhile: () => other.put(P, "a", "new") });
    expect(await store.sweep()).toBe(1);
    expect((await other.get(P, "a"))?.value).toBe("new");
  });
});

describe("clear errors", () => {
  it("for a table that is not there, and for a server that is not", async () => {
    const elsewhere = dynamoStore({ client: dynamo.client(), table: "nowhere", retry });
    expect(await code(elsewhere.get(P, "a"))).toBe("ATTUNE_DYNAMO_TABLE");
    const gone = await startDynamo();
    const client = gone.client();
    const lost = dynamoStore({ client, table: "nowhere", retry });
    await gone.stop();
    expect(await code(lost.put(P, "a", 1))).toBe("ATTUNE_DYNAMO_UNAVAILABLE");
    const misnamed = new DynamoDBClient({
      endpoint: "http://nowhere.invalid",
      region: "eu-test-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts: 1,
    });
    const unnamed = dynamoStore({ client: misnamed, table: "nowhere", retry });
    expect(await code(unnamed.get(P, "a"))).toBe("ATTUNE_DYNAMO_UNAVAILABLE");
  });
});
