import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import { dynamoStore, dynamoTable } from "@attune/server-adapters/dynamodb";

const RECORDS = 1000;
/** Requests under way at once. */
const WIDTH = 20;
/** They take turns, so that noise meets all alike; the best round counts. */
const ROUNDS = 3;

/** A visitor's state as it is kept, about 1 KB. */
const state = (i) => ({
  stateVersion: 1,
  sessions: i % 40,
  categories: Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`category.${n}`, (i * n) % 97])),
  recent: Array.from({ length: 10 }, (_, n) => ({
    product: `fjell-${(i + n) % 500}`,
    at: 1_767_600_000_000 + n,
  })),
  text: "enamel, dark green, one litre",
});
const partitionOf = (i) => `default/v/${String(i % 50).padStart(4, "0")}`;
const sortOf = (i) => `state/${String(i).padStart(6, "0")}`;

/** Runs the action for every number, so many at once. */
async function spread(count, action, width = WIDTH) {
  let next = 0;
  const lane = async () => {
    while (next < count) await action(next++);
  };
  await Promise.all(Array.from({ length: width }, lane));
}

/** Things a second, and the processor time of this process (SDK included, server not) that one takes, µs. */
async function measure(count, action) {
  const before = process.cpuUsage();
  const began = performance.now();
  await action();
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(before);
  return { rate: count / seconds, cost: (used.user + used.system) / count };
}

/** What the bare SDK does with the same records: items without version, expiry or condition. */
function bare(client, table) {
  const key = (i) => ({ p: { B: Buffer.from(partitionOf(i)) }, s: { B: Buffer.from(sortOf(i)) } });
  const item = (i) => ({ ...key(i), j: { S: JSON.stringify(state(i)) } });
  const range = (from, size) => Array.from({ length: size }, (_, n) => from + n);
  return {
    put: () => spread(RECORDS, (i) => client.send(new PutItemCommand({ TableName: table, Item: item(i) }))),
    /** The least that counts versions up. */
    update: () =>
      spread(RECORDS, (i) =>
        client.send(
          new UpdateItemCommand({
            TableName: table,
            Key: key(i),
            UpdateExpression: "SET j = :j, v = if_not_exists(v, :zero) + :one",
            ExpressionAttributeValues: {
              ":j": { S: JSON.stringify(state(i)) },
              ":zero": { N: "0" },
              ":one": { N: "1" },
            },
            ReturnValues: "UPDATED_NEW",
          }),
        ),
      ),
    putBatches: () =>
      spread(RECORDS / 25, (n) => {
        const requests = range(n * 25, 25).map((i) => ({ PutRequest: { Item: item(i) } }));
        return client.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
      }),
    getBatches: () =>
      spread(
        RECORDS / 100,
        async (n) => {
          const Keys = range(n * 100, 100).map(key);
          const answer = await client.send(
            new BatchGetItemCommand({ RequestItems: { [table]: { Keys, ConsistentRead: true } } }),
          );
          for (const found of answer.Responses[table]) JSON.parse(found.j.S);
        },
        4,
      ),
    query: () =>
      spread(50, async (i) => {
        const answer = await client.send(
          new QueryCommand({
            TableName: table,
            ConsistentRead: true,
            KeyConditionExpression: "p = :p",
            ExpressionAttributeValues: { ":p": { B: Buffer.from(partitionOf(i)) } },
          }),
        );
        for (const found of answer.Items) JSON.parse(found.j.S);
      }),
  };
}

function ours(client, table) {
  const store = dynamoStore({ client, table });
  const key = (i) => ({ partition: partitionOf(i), sort: sortOf(i) });
  return {
    create: () =>
      spread(RECORDS, async (i) => {
        const { written } = await store.put(partitionOf(i), sortOf(i), state(i), { ifVersion: 0 });
        if (!written) throw new Error("a record was there before");
      }),
    put: () => spread(RECORDS, (i) => store.put(partitionOf(i), sortOf(i), state(i))),
    replace: (version) =>
      spread(RECORDS, (i) => store.put(partitionOf(i), sortOf(i), state(i), { ifVersion: version })),
    getMany: () => store.getMany(Array.from({ length: RECORDS }, (_, i) => key(i))),
    scan: () =>
      spread(50, async (i) => {
        let count = 0;
        for await (const record of store.scan(partitionOf(i))) count += record.version > 0 ? 1 : 0;
        if (count !== RECORDS / 50) throw new Error(`${count} records`);
      }),
  };
}

async function round(client, number, keep) {
  const tables = { bare: `bare-${number}`, ours: `ours-${number}` };
  for (const name of Object.values(tables)) {
    await client.send(new CreateTableCommand(dynamoTable({ name }).create));
    await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 1, maxDelay: 1 }, { TableName: name });
  }
  const [sdk, store] = [bare(client, tables.bare), ours(client, tables.ours)];
  const steps = {
    "bare put": sdk.put,
    "ours create": store.create,
    "bare update": sdk.update,
    "ours put": store.put,
    "ours replace": () => store.replace(2),
    "bare batch": sdk.putBatches,
    "bare get": sdk.getBatches,
    "ours get": store.getMany,
    "bare query": sdk.query,
    "ours scan": store.scan,
  };
  for (const [name, step] of Object.entries(steps)) keep(name, await measure(RECORDS, step));
}

export async function run() {
  const server = fork(fileURLToPath(new URL("./servers/dynalite.mjs", import.meta.url)));
  const [{ port }] = await once(server, "message");
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-bench-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  });
  const best = {};
  const keep = (name, result) => {
    if (best[name] === undefined || result.rate > best[name].rate) best[name] = result;
  };
  try {
    await round(client, 0, () => undefined);
    for (let number = 1; number <= ROUNDS; number++) await round(client, number, keep);
  } finally {
    client.destroy();
    server.kill("SIGKILL");
  }
  const share = (name, peer) => `${Math.round((best[name].rate / best[peer].rate) * 100)} % of bare`;
  const row = (label, name, peer) => ({
    label: `${label} (${best[name].cost.toFixed(0)} µs of the client's processor time each)`,
    value: Math.round(best[name].rate),
    unit: "records/s",
    ...(peer && { ratio: share(name, peer) }),
  });
  const check = (label, name, peer) => ({
    label,
    ok: best[name].rate / best[peer].rate >= 0.5,
    target: "≥ 50 % of bare",
    seen: share(name, peer),
  });
  return {
    name: `DynamoDB store against the bare SDK, ${RECORDS} records of ~1 KB, ${WIDTH} at once, dynalite as the server`,
    rows: [
      row("bare SDK: PutItem, no condition", "bare put"),
      row("Attune: put, ifVersion 0", "ours create", "bare put"),
      row("bare SDK: UpdateItem that counts a version up", "bare update"),
      row("Attune: put, unconditional", "ours put", "bare update"),
      row("Attune: put, ifVersion n", "ours replace", "bare update"),
      row("bare SDK: BatchWriteItem of 25, which can neither count versions nor ask for one", "bare batch"),
      row("bare SDK: BatchGetItem of 100", "bare get"),
      row("Attune: getMany of 1000", "ours get", "bare get"),
      row("bare SDK: Query of a partition", "bare query"),
      row("Attune: scan of a partition", "ours scan", "bare query"),
    ],
    checks: [
      check("conditional put against bare", "ours create", "bare put"),
      check("getMany against bare", "ours get", "bare get"),
      check("scan against bare", "ours scan", "bare query"),
    ],
  };
}
