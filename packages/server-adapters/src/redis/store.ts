import type { AtomicStore, PutResult, RecordKey, ScanRange, StoreRecord } from "@attune/core/ports";
import { type Clock, systemClock } from "@attune/core";
import { placesByPartition } from "../shared/by-partition.js";
import { clientPrefix, connect, type Connection, type RedisClient } from "./connection.js";
import { closedError } from "./errors.js";
import { findKeys } from "./find-keys.js";
import { checkedPrefix, type StoreKeys, storeKeys } from "./keys.js";
import { SWEEP } from "./lua/sweep-4.lua.js";
import { once, settle } from "./meta.js";
import { redisPartitions, toCommitResult } from "./partitions.js";
import { runScript } from "./scripts.js";

/** Of the layout: keys and texts as `keys.ts` and `record.ts` describe them. */
const SCHEMA = 1;
/** How many expired records of a partition one step removes, so that Redis is held up by none of them. */
const SWEEP_STEP = 1000;
/** How many partitions are asked at once whether they have living records. */
const ASK_AT_ONCE = 128;

export interface RedisStoreOptions {
  /** An ioredis `Redis` or `Cluster`. The store makes a connection of its own from it and never closes yours. */
  client: RedisClient;
  /** Stands before every key, behind the client's own `keyPrefix` (default `attune`). */
  prefix?: string;
  clock?: Clock;
  /** How long a call may wait out a restart or a failover, ms (default 5000). */
  patience?: number;
}

/**
 * An {@link AtomicStore} on Redis or a Redis Cluster, 6.2 or newer. A partition lies in one slot, and a commit is one script call,
 * however many operations it has. A record that was deleted or has expired starts again at version 1. What was acknowledged survives
 * a crash of Redis only with an append-only file, and a failover only where the replica has it: see `redisAdvice`.
 *
 * While a slot moves to another node, calls to its partitions wait for it (within `patience`): Redis serves no script over several keys
 * of it before it has arrived.
 *
 * Calls reject with `ATTUNE_REDIS_…`. `ATTUNE_REDIS_CONNECTION` and `ATTUNE_REDIS_TIMEOUT` may mean that a write was done and its answer
 * lost; reads, and commits with `once`, are repeated by themselves.
 */
export function redisStore(options: RedisStoreOptions): AtomicStore {
  const { client, prefix = "attune", clock = systemClock, patience = 5000 } = options;
  const root = checkedPrefix(clientPrefix(client), prefix);
  const keys = storeKeys(root);
  const connection = connect(client, patience);
  const partitions = redisPartitions(connection, keys, clock);
  const settled = once(() => settle(connection, { room: "store", key: `${root}:{store}`, schema: SCHEMA }));
  let isClosed = false;
  const open = async (): Promise<void> => {
    if (isClosed) throw closedError("STORE");
    await settled();
  };

  return {
    async get<V>(partition: string, sort: string) {
      await open();
      return partitions.get<V>(partition, sort);
    },
    async getMany<V>(wanted: readonly RecordKey[]) {
      await open();
      const found: (StoreRecord<V> | null)[] = new Array<null>(wanted.length).fill(null);
      // One command for each partition, all under way together: ioredis finds each its node.
      await Promise.all(
        Array.from(placesByPartition(wanted), async ([partition, places]) => {
          const sorts = places.map((place) => wanted[place]?.sort ?? "");
          const records = await partitions.getAll<V>(partition, sorts);
          for (const [i, record] of records.entries()) found[places[i] as number] = record;
        }),
      );
      return found;
    },
    async put(partition, sort, value, put = {}): Promise<PutResult> {
      await open();
      const outcome = await partitions.commit(partition, [{ op: "put", sort, value, ...put }]);
      return { written: outcome.status === "committed", version: "version" in outcome ? outcome.version : 0 };
    },
    async delete(partition, sort) {
      await open();
      const outcome = await partitions.commit(partition, [{ op: "delete", sort }]);
      return outcome.status === "committed" && outcome.removed > 0;
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      await open();
      for await (const record of partitions.scan<V>(partition, range)) {
        yield record;
        await open();
      }
    },
    async deletePartition(partition) {
      await open();
      return partitions.remove(partition);
    },
    async *partitions(startsWith) {
      await open();
      const names = await namesOf(connection, keys, startsWith);
      for (let i = 0; i < names.length; i += ASK_AT_ONCE) {
        await open();
        const some = names.slice(i, i + ASK_AT_ONCE);
        const counts = await Promise.all(some.map(partitions.count));
        yield* some.filter((_, at) => (counts[at] ?? 0) > 0);
      }
    },
    async sweep() {
      await open();
      let count = 0;
      for await (const found of findKeys(connection, keys.pattern("[xt]", ""))) {
        for (const name of new Set(found.map(keys.partitionOf))) count += await sweepPartition(name);
      }
      return count;
    },
    async commit(partition, ops, commit) {
      await open();
      return toCommitResult(await partitions.commit(partition, ops, commit), ops);
    },
    async close() {
      isClosed = true;
      await connection.close();
    },
  };

  async function sweepPartition(name: string): Promise<number> {
    let count = 0;
    for (;;) {
      const args = [clock.now(), SWEEP_STEP];
      const removed = (await runScript(connection, SWEEP, keys.of(name), args)) as number;
      count += removed;
      if (removed < SWEEP_STEP) return count;
    }
  }
}

/** The names of all partitions that have records, living or not, in order. */
async function namesOf(connection: Connection, keys: StoreKeys, startsWith: string): Promise<string[]> {
  const names = new Set<string>();
  for await (const found of findKeys(connection, keys.pattern("r", startsWith))) {
    for (const key of found) names.add(keys.partitionOf(key));
  }
  return [...names].sort();
}
