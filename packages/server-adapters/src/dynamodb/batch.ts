import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { AttuneError } from "@attune/core";
import type { Connection } from "./connection.js";
import { ATTRIBUTE, type Item, keyOf, toKey } from "./item.js";
import type { ItemKey } from "./keys.js";

/** DynamoDB's own limits of keys in a request. */
const READ_BATCH = 100;
const WRITE_BATCH = 25;
/** Requests of one call under way at once. */
const PARALLEL = 4;

/** One text for a key. A length in front keeps its parts apart. */
export const nameOf = ({ partition, sort }: ItemKey): string =>
  `${partition.length}:${partition.toString("latin1")}${sort.toString("latin1")}`;

/** Items by the names of their keys; absent where there is none. A key may be given several times. */
export async function readItems(
  connection: Connection,
  keys: readonly ItemKey[],
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  // DynamoDB refuses a batch that names a key twice.
  const distinct = new Map(keys.map((key) => [nameOf(key), toKey(key)]));
  await inParallel(chunks([...distinct.values()], READ_BATCH), PARALLEL, async (chunk) => {
    await untilDone(connection, chunk, async (left) => {
      const command = new BatchGetItemCommand({
        RequestItems: { [connection.table]: { Keys: left, ConsistentRead: true } },
      });
      const output = await connection.call((client) => client.send(command));
      for (const item of output.Responses?.[connection.table] ?? []) found.set(nameOf(keyOf(item)), item);
      return output.UnprocessedKeys?.[connection.table]?.Keys ?? [];
    });
  });
  return found;
}

/** Removes items whatever they hold. Doing it twice does no harm, so a lost answer is simply asked for again. */
export async function removeItems(connection: Connection, keys: readonly ItemKey[]): Promise<void> {
  await inParallel(chunks(keys, WRITE_BATCH), PARALLEL, async (chunk) => {
    const requests = chunk.map((key): WriteRequest => ({ DeleteRequest: { Key: toKey(key) } }));
    await untilDone(connection, requests, async (left) => {
      const command = new BatchWriteItemCommand({ RequestItems: { [connection.table]: left } });
      const output = await connection.call((client) => client.send(command));
      return output.UnprocessedItems?.[connection.table] ?? [];
    });
  });
}

/** Sends again what a batch left undone, which is how DynamoDB throttles a part of one. */
async function untilDone<T extends WriteRequest | Record<string, AttributeValue>>(
  { backOff, table }: Connection,
  all: T[],
  send: (left: T[]) => Promise<T[]>,
): Promise<void> {
  let left = all;
  for (let attempt = 1; left.length > 0; attempt++) {
    const before = left.length;
    left = await send(left);
    if (left.length === 0) return;
    // A batch that still gets on is not stuck, however slowly it goes.
    if (left.length < before) attempt = 1;
    if (attempt >= backOff.attempts) {
      throw new AttuneError(
        "ATTUNE_DYNAMO_THROTTLED",
        `DynamoDB leaves parts of batches to the table ${table} undone, and went on doing so. Raise its capacity, spread hot partitions, or send less.`,
      );
    }
    await backOff.pause(attempt);
  }
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** Runs the action over all items, so many at once; rejects with the first failure once those under way have ended. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  action: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      try {
        await action(items[next++] as T);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  for (const each of lanes) if (each.status === "rejected") throw each.reason;
}

/** The attributes that tell which item it is and whether it lives. */
export const HEAD = `#${ATTRIBUTE.partition}, #${ATTRIBUTE.sort}, #${ATTRIBUTE.expiresAt}`;
