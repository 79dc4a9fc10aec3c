import { type Clock, systemClock } from "../kernel/clock.js";
import { AttuneError } from "../kernel/errors.js";
import type { Log, LogEntry, LogRecord } from "../ports/log.js";
import { consumerGroups, type Timer } from "./consumer-groups.js";
import { memoryDeadLetters } from "./dead-letters.js";
import { shardOf } from "./shards.js";

export interface MemoryLogOptions {
  clock?: Clock;
  /** Default 8. */
  shards?: number;
  /**
   * How many records a shard keeps that every known group has committed; the oldest beyond that are dropped as new
   * ones come (default: all are kept until `trim`).
   */
  retain?: number;
  /** For the back-off of failed batches (default: the platform's `setTimeout`). */
  timer?: Timer;
}

interface Shard {
  records: LogRecord[];
  /** The position given out last. */
  last: number;
}

/**
 * A {@link Log} in this process's memory, for tests, examples and short-lived hosts; nothing outlives the process.
 * Appended values are kept as they are, not copied: once appended they belong to the log, and neither the caller nor
 * a consumer may change them.
 */
export function memoryLog(options: MemoryLogOptions = {}): Log {
  const { clock = systemClock, shards: count = 8, retain = Number.POSITIVE_INFINITY, timer } = options;
  const shards = Array.from({ length: count }, (): Shard => ({ records: [], last: 0 }));
  /** Committed positions by shard, of each group that ever consumed. */
  const offsets = new Map<string, number[]>();
  let closed = false;

  const open = (): void => {
    if (closed) throw new AttuneError("ATTUNE_LOG_CLOSED", "The log is closed. Open a new one.");
  };
  const offsetsOf = (group: string): number[] => {
    let known = offsets.get(group);
    if (known === undefined) {
      known = shards.map(() => 0);
      offsets.set(group, known);
    }
    return known;
  };
  /** The position up to which every known group has committed. */
  const settledUpTo = (shard: number): number => {
    let low = Number.POSITIVE_INFINITY;
    for (const known of offsets.values()) low = Math.min(low, known[shard] ?? 0);
    return low;
  };
  const dropOldest = (shard: Shard, index: number): void => {
    // In chunks, since removing from the front moves all that follows.
    const excess = shard.records.length - retain;
    if (excess < 1024 && excess * 2 < retain) return;
    const settled = firstAfter(shard.records, settledUpTo(index));
    shard.records.splice(0, Math.min(excess, settled));
  };

  const groups = consumerGroups({
    shards: count,
    read: async (shard, after, limit) => slice(shards[shard], after, limit),
    committed: async (group, shard) => offsetsOf(group)[shard] ?? 0,
    commit: async (group, shard, position) => {
      offsetsOf(group)[shard] = position;
    },
    ...(timer && { timer }),
  });
  const letters = memoryDeadLetters();

  return {
    capabilities: { shards: count, durable: false, dedupe: "none", erase: "delete" },
    async append<V>(entries: readonly LogEntry<V>[]) {
      open();
      const appendedAt = clock.now();
      const grown = new Set<number>();
      let last = { key: "", index: shardOf("", count) };
      for (const { key, value } of entries) {
        // Neighbours mostly have one key.
        if (key !== last.key) last = { key, index: shardOf(key, count) };
        const { index } = last;
        const shard = shards[index] as Shard;
        shard.records.push({ key, value, shard: index, position: ++shard.last, appendedAt });
        grown.add(index);
      }
      for (const index of grown) {
        const shard = shards[index] as Shard;
        if (shard.records.length > retain) dropOldest(shard, index);
        groups.wake(index);
      }
    },
    async read<V>(shard: number, after: number, limit: number) {
      open();
      return slice(shards[shard], after, limit) as LogRecord<V>[];
    },
    async consume(group, handler, consume) {
      open();
      offsetsOf(group);
      return groups.consume(group, handler, consume);
    },
    async committed(group, shard) {
      open();
      return offsets.get(group)?.[shard] ?? 0;
    },
    async lag(group) {
      open();
      const known = offsets.get(group);
      return shards.reduce(
        (sum, { records }, i) => sum + records.length - firstAfter(records, known?.[i] ?? 0),
        0,
      );
    },
    async erase(key) {
      open();
      const shard = shards[shardOf(key, count)] as Shard;
      const before = shard.records.length;
      shard.records = shard.records.filter((record) => record.key !== key);
      return before - shard.records.length;
    },
    async trim(before) {
      open();
      let dropped = 0;
      shards.forEach((shard, i) => {
        const settled = firstAfter(shard.records, settledUpTo(i));
        const kept = shard.records.filter((record, at) => at >= settled || record.appendedAt >= before);
        dropped += shard.records.length - kept.length;
        shard.records = kept;
      });
      return dropped;
    },
    deadLetters: {
      async put(items) {
        open();
        await letters.put(items);
      },
      async read(after, limit) {
        open();
        return letters.read(after, limit);
      },
      async remove(ids) {
        open();
        return letters.remove(ids);
      },
    },
    async close() {
      closed = true;
      await groups.stop();
    },
  };
}

function slice(shard: Shard | undefined, after: number, limit: number): LogRecord[] {
  if (shard === undefined) return [];
  const first = firstAfter(shard.records, after);
  return shard.records.slice(first, first + limit);
}

/** Index of the first record after a position; positions grow but have gaps where entries were erased. */
function firstAfter(records: readonly LogRecord[], position: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((records[middle] as LogRecord).position <= position) low = middle + 1;
    else high = middle;
  }
  return low;
}
