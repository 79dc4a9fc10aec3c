import type { PutOptions, RecordKey, ScanRange, Store } from "@attune/core/ports";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { type Clock, type RandomSource, secureRandom, systemClock } from "@attune/core";
import { type BackOffOptions, createBackOff } from "./back-off.js";
import { inParallel, nameOf, readItems, removeItems } from "./batch.js";
import { type Connection, connect } from "./connection.js";
import { isExpired, keyOf, toDraft, toRecord } from "./item.js";
import { type ItemKey, itemKey, keyText, partitionKey, sortBounds } from "./keys.js";
import { partitionPages, tablePages } from "./pages.js";
import { put, readItem, remove, removeExpired } from "./write.js";

/** Records a page of a scan, at most: it holds no more than this. */
const SCAN_PAGE = 128;
/** Keys a page of a partition's removal, at most. */
const REMOVE_PAGE = 1000;
/** Conditional deletes of a sweep under way at once, for each segment. */
const SWEEP_WIDTH = 8;

export interface DynamoStoreOptions {
  /** The host's own client, with its region, credentials and retries. It is never closed here. */
  client: DynamoDBClient;
  /** A table as `dynamoTable` describes it. It is not created here. */
  table: string;
  clock?: Clock;
  /** Jitter and ids of writes. */
  random?: RandomSource;
  retry?: BackOffOptions;
  /** In how many segments `sweep` and `partitions` read the table at the same time (default 4, at most 1,000,000). */
  segments?: number;
}

/**
 * A {@link Store} on one DynamoDB table: an item for each record, every write conditional, every read consistent. Keys are binary in
 * code-unit order (partition up to 2048 bytes, sort key up to 1024), values JSON text; an item has at most 400 KB. A record that was
 * deleted or has expired starts again at version 1.
 *
 * What is throttled is sent again with back-off and jitter, on top of the client's own retries; a write whose answer was lost is
 * recognised by its id and takes effect once. Costs: one request for get, put and delete; ⌈n/100⌉ for getMany; `partitions` and `sweep` read
 * the whole table, and `partitions` holds all names that it finds in memory. `deletePartition` reads the partition and writes every item.
 *
 * @throws AttuneError from every call: `ATTUNE_STORE_KEY`, `ATTUNE_STORE_VALUE`, `ATTUNE_STORE_CLOSED`, `ATTUNE_STORE_SCHEMA`,
 *   `ATTUNE_DYNAMO_THROTTLED`, `ATTUNE_DYNAMO_UNAVAILABLE`, `ATTUNE_DYNAMO_UNKNOWN`, `ATTUNE_DYNAMO_TABLE`, `ATTUNE_DYNAMO_REFUSED`.
 */
export function dynamoStore(options: DynamoStoreOptions): Store {
  const { client, table, clock = systemClock, random = secureRandom, segments = 4 } = options;
  const backOff = createBackOff(options.retry ?? {}, random, wait);
  const now = (): number => clock.now();
  let closed = false;
  const connection = connect(client, table, backOff, () => closed);
  const { assertOpen } = connection;

  return {
    async get<V>(partition: string, sort: string) {
      assertOpen();
      const item = await readItem(connection, itemKey({ partition, sort }));
      return item === null ? null : toRecord<V>(item, now());
    },
    async getMany<V>(keys: readonly RecordKey[]) {
      assertOpen();
      const wanted = keys.map(itemKey);
      const items = await readItems(connection, wanted);
      return wanted.map((key) => {
        const item = items.get(nameOf(key));
        // Each gets an object of its own, also where a key is asked for twice.
        return item === undefined ? null : toRecord<V>(item, now());
      });
    },
    async put(partition, sort, value, { ifVersion, expiresAt }: PutOptions = {}) {
      assertOpen();
      const draft = toDraft({ partition, sort }, value, expiresAt);
      return put(connection, { id: writeId(random), draft, ifVersion, now });
    },
    async delete(partition, sort) {
      assertOpen();
      return remove(connection, itemKey({ partition, sort }), now);
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      assertOpen();
      const bounds = sortBounds(range);
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      if (bounds === null || left <= 0) return;
      // The first page is what was asked for. Where that was not enough, expired records stood in between, and there may be many.
      let asked = 0;
      const pageSize = (): number => (asked++ === 0 ? Math.min(left + 1, SCAN_PAGE) : SCAN_PAGE);
      const reverse = range.reverse ?? false;
      const query = { partition: partitionKey(partition), bounds, reverse, pageSize };
      for await (const page of partitionPages(connection, query)) {
        for (const item of page) {
          if (bounds.except?.equals(keyOf(item).sort)) continue;
          const record = toRecord<V>(item, now());
          if (record === null) continue;
          yield record;
          if (--left <= 0) return;
        }
      }
    },
    async deletePartition(partition) {
      return deletePartition(connection, partitionKey(partition), now());
    },
    async *partitions(prefix) {
      assertOpen();
      for (const name of await livingPartitions(connection, { prefix, segments, now: now() })) yield name;
    },
    sweep: () => sweep(connection, segments, now()),
    async close() {
      closed = true;
    },
  };
}

async function deletePartition(connection: Connection, partition: Buffer, now: number): Promise<number> {
  const bounds = sortBounds({});
  let count = 0;
  if (bounds === null) return count;
  const query = { partition, bounds, headsOnly: true, pageSize: () => REMOVE_PAGE };
  for await (const page of partitionPages(connection, query)) {
    await removeItems(connection, page.map(keyOf));
    for (const item of page) if (!isExpired(item, now)) count++;
  }
  return count;
}

interface Listing {
  prefix: string;
  segments: number;
  now: number;
}

/** DynamoDB keeps partitions in the order of a hash, so all names are gathered before the first is handed out. */
async function livingPartitions(
  connection: Connection,
  { prefix, segments, now }: Listing,
): Promise<string[]> {
  const names = new Set<string>();
  const filter = { expression: "attribute_not_exists(#e) OR #e > :now", now };
  await inParallel(numbers(segments), segments, async (segment) => {
    for await (const page of tablePages(connection, { segment, segments, filter })) {
      for (const item of page) {
        const name = keyText(keyOf(item).partition);
        if (name.startsWith(prefix)) names.add(name);
      }
    }
  });
  return [...names].sort();
}

/**
 * Deletes are conditional and therefore one request each: a batch has no conditions, and would take with it a record that was written
 * anew between the page and the batch.
 */
async function sweep(connection: Connection, segments: number, now: number): Promise<number> {
  let count = 0;
  const filter = { expression: "#e <= :now", now };
  await inParallel(numbers(segments), segments, async (segment) => {
    for await (const page of tablePages(connection, { segment, segments, filter })) {
      await inParallel(page.map(keyOf), SWEEP_WIDTH, async (key: ItemKey) => {
        if (await removeExpired(connection, key, now)) count++;
      });
    }
  });
  return count;
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** 64 bits of chance, which is more than four ids in one item can ever collide on. */
function writeId(random: RandomSource): string {
  const word = (): string => Math.floor(random() * 2 ** 32).toString(36);
  return `${word()}.${word()}`;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
