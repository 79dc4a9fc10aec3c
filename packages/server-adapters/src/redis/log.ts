import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "@attune/core";
import { consumerGroups, shardOf } from "@attune/core/memory";
import type { Log, LogConsumer, LogEntry, LogRecord } from "@attune/core/ports";
import { clientPrefix, connect, type RedisClient } from "./connection.js";
import { redisDeadLetters } from "./dead-letters.js";
import { closedError } from "./errors.js";
import { checkedPrefix, logKeys } from "./keys.js";
import { redisLeases } from "./leases.js";
import { check, type Facts, once, settle } from "./meta.js";
import { redisShards } from "./shards.js";

/** Of the layout: keys as `keys.ts` and packs as `pack.ts` describe them. */
const SCHEMA = 1;
const DEFAULT_SHARDS = 8;

export interface RedisLogOptions {
  /** An ioredis `Redis` or `Cluster`. The log makes a connection of its own from it and never closes yours. */
  client: RedisClient;
  /** Stands before every key, behind the client's own `keyPrefix` (default `attune`). */
  prefix?: string;
  /** Tells logs of one Redis apart (default `events`). */
  name?: string;
  /** Fixed when the log is made (default 8): a key must stay in its shard. */
  shards?: number;
  clock?: Clock;
  /** How long a call may wait out a restart or a failover, ms (default 5000). */
  patience?: number;
  /** How long after a consumer's process has died others take its shards over, ms (default 10 000). A handler may take longer. */
  lease?: number;
  /** How often an idle shard is looked at for what other processes have appended, ms (default 50). Services over a channel tell each other, and look at once. */
  poll?: number;
}

/**
 * A {@link Log} on Redis or a Redis Cluster, 6.2 or newer, for any number of processes. Each shard lies in one slot: a stream is its
 * index, one entry for each pack of records that were appended together, and the packs themselves lie beside it in a hash. (A stream
 * keeps the bytes of a deleted entry until its neighbours go too, and cannot take a shortened one back in its place: what is erased
 * must be gone.) Appends are not repeated where their answer was lost.
 *
 * What was acknowledged survives a crash of Redis only with an append-only file, and a failover only where the replica has it: see
 * `redisAdvice`. An erased record stays in that file until Redis rewrites it.
 *
 * Calls reject with `ATTUNE_REDIS_…`; the first one with `ATTUNE_LOG_SCHEMA` where a newer version wrote the data, and with
 * `ATTUNE_LOG_SHARDS` where the log was made with another number of shards.
 */
export function redisLog(options: RedisLogOptions): Log {
  const { client, prefix = "attune", name = "events", shards = DEFAULT_SHARDS } = options;
  const { clock = systemClock, patience = 5000, lease: leaseMs = 10_000, poll = 50 } = options;
  const keys = logKeys(checkedPrefix(clientPrefix(client), prefix), name);
  const connection = connect(client, patience);
  const stored = redisShards(connection, keys);
  const facts: Facts = { room: "log", key: keys.meta, schema: SCHEMA, shards };
  const settled = once(() => settle(connection, facts));
  const checked = once(() => check(connection, facts));
  let isClosed = false;
  const open = async (ready = settled): Promise<void> => {
    if (isClosed) throw closedError("LOG");
    await ready();
  };
  const leases = redisLeases({ connection, keys, shards, owner: randomUUID(), leaseMs });
  const groups = consumerGroups({
    shards,
    read: stored.read,
    // Behind a position beyond all others there is nothing to read: what this process does not own stands still for it.
    committed: async (group, shard) => (await leases.position(group, shard)) ?? Number.POSITIVE_INFINITY,
    commit: leases.advance,
  });
  const consumers = consumerCount();
  const wakeAll = (): void => {
    for (let shard = 0; shard < shards; shard++) groups.wake(shard);
  };
  const beat = (): void => void leases.beat().catch(() => undefined);
  let timers: NodeJS.Timeout[] = [];
  const watch = (): void => {
    if (timers.length === 0) timers = [setInterval(wakeAll, poll), setInterval(beat, leaseMs / 3)];
  };
  const rest = (): void => {
    timers.forEach(clearInterval);
    timers = [];
  };
  const letters = redisDeadLetters(connection, keys.deadLetters, clock);

  const sum = async (action: (shard: number) => Promise<number>): Promise<number> => {
    await open();
    const counts = await Promise.all(Array.from({ length: shards }, (_, shard) => action(shard)));
    return counts.reduce((total, count) => total + count, 0);
  };
  const put = async (writes: readonly ShardWrite[], appendedAt: number): Promise<void> => {
    await open();
    await Promise.all(writes.map(({ write }) => write(appendedAt)));
    for (const { shard } of writes) groups.wake(shard);
  };

  return {
    capabilities: { shards, durable: true, dedupe: "none", erase: "delete", polled: true },
    async append<V>(entries: readonly LogEntry<V>[]) {
      const appendedAt = clock.now();
      const grown = byShard(entries, shards);
      const writes = Array.from(grown, ([shard, own]) => ({ shard, write: stored.prepare(shard, own) }));
      // Not awaited here, so that nobody holds the entries until Redis has answered: they are packed by now.
      return put(writes, appendedAt);
    },
    async read<V>(shard: number, after: number, limit: number) {
      await open(checked);
      return (await stored.read(shard, after, limit)) as LogRecord<V>[];
    },
    async consume(group, handler, consume): Promise<LogConsumer> {
      await open();
      consumers.add(group);
      try {
        await leases.join(group);
        if (isClosed) throw closedError("LOG");
      } catch (error) {
        consumers.remove(group);
        throw error;
      }
      watch();
      const consumer = groups.consume(group, handler, consume);
      let stopping: Promise<void> | undefined;
      const stop = async (): Promise<void> => {
        await consumer.stop();
        const left = consumers.remove(group);
        if (consumers.all() === 0) rest();
        if (left === 0) await leases.leave(group);
      };
      return {
        stop() {
          stopping ??= stop();
          return stopping;
        },
        look(shards) {
          for (const shard of shards) if (leases.isOurs(group, shard)) groups.wake(shard);
        },
      };
    },
    async committed(group, shard) {
      await open();
      return stored.committed(group, shard);
    },
    lag: (group) => sum((shard) => stored.lag(group, shard)),
    async erase(key) {
      await open();
      return stored.erase(shardOf(key, shards), key);
    },
    trim: (before) => sum((shard) => stored.trim(shard, before)),
    deadLetters: {
      async put(items) {
        await open();
        await letters.put(items);
      },
      async read(after, limit) {
        await open();
        return letters.read(after, limit);
      },
      async remove(ids) {
        await open();
        return letters.remove(ids);
      },
    },
    async close() {
      isClosed = true;
      // Until then what is handled is kept from others.
      await groups.stop();
      rest();
      await Promise.allSettled(consumers.groups().map(leases.leave));
      await connection.close();
    },
  };
}

/** What is left to do of an append to one shard. */
interface ShardWrite {
  shard: number;
  write(appendedAt: number): Promise<void>;
}

function byShard<V>(entries: readonly LogEntry<V>[], shards: number): Map<number, LogEntry<V>[]> {
  const groups = new Map<number, LogEntry<V>[]>();
  let last = { key: "", shard: shardOf("", shards) };
  for (const entry of entries) {
    // Neighbours mostly have one key.
    if (entry.key !== last.key) last = { key: entry.key, shard: shardOf(entry.key, shards) };
    const { shard } = last;
    const group = groups.get(shard);
    if (group === undefined) groups.set(shard, [entry]);
    else group.push(entry);
  }
  return groups;
}

/** How many consumers of this process each group has. */
function consumerCount() {
  const counts = new Map<string, number>();
  return {
    add: (group: string) => counts.set(group, (counts.get(group) ?? 0) + 1),
    remove(group: string): number {
      const left = (counts.get(group) ?? 1) - 1;
      if (left === 0) counts.delete(group);
      else counts.set(group, left);
      return left;
    },
    groups: () => [...counts.keys()],
    all: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
  };
}
