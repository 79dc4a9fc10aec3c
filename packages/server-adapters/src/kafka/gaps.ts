import type { LogGap } from "@attune/core/ports";
import type { Offsets } from "./offsets.js";

/**
 * What a group misses of a shard.
 *
 * Offsets that are left out inside of a partition (compaction, the marks of transactions) are no loss: only what lies before the lowest
 * offset that the broker still has is gone.
 *
 * @param next The offset that the group reads next; null where it has none.
 * @param low The lowest offset that the broker still has.
 * @returns Null where nothing is missing.
 */
export function gapOf(shard: number, next: number | null, low: number): LogGap | null {
  const after = next ?? 0;
  return low > after ? { shard, after, to: low, atMost: low - after } : null;
}

/** Finds out, for one member of a group, what its shards lost before the group could read it. Each gap is told once. */
export interface GapWatch {
  /** Before the group is joined. */
  begin(): Promise<void>;
  /** These shards are this member's now. */
  joined(shards: readonly number[]): void;
  /** Waits until it is known whether something is missing before this offset, the first that has come. */
  arrived(shard: number, first: number): Promise<void>;
  /** What lies before this offset was handled. */
  handled(shard: number, next: number): void;
  /** Resolves when nothing is asked any more. */
  idle(): Promise<void>;
}

export interface GapWatchOptions {
  offsets: Offsets;
  groupId: string;
  /** Whatever it throws is the caller's. */
  onGap(gap: LogGap): void;
  onError(error: unknown): void;
  /** Makes the group stand there, so that no other member tells of the same gap. */
  commit(shard: number, offset: number): Promise<void>;
}

/**
 * kafkajs meets an offset that is gone by going on at the first one that is left, without a word, and what the group had committed is
 * overwritten by that. So the watch asks where the group stands before kafkajs can have fetched anything, and then goes along with it.
 */
export function gapWatch({ offsets, groupId, onGap, onError, commit }: GapWatchOptions): GapWatch {
  /** The offset that comes next, by shard. */
  const next = new Map<number, number>();
  let looking: Promise<void> = Promise.resolve();

  const judge = async (shard: number, low: number): Promise<void> => {
    const gap = gapOf(shard, next.get(shard) ?? null, low);
    if (gap === null) return;
    next.set(shard, low);
    onGap(gap);
    // Where the group is rebalancing it takes none: then whoever has the shard next tells of it again.
    await commit(shard, low).catch(() => undefined);
  };

  /** Where the group stands; where the broker knows nothing (any more), what was known stays. */
  const ask = async (shards: readonly number[] | null): Promise<void> => {
    const committed = await offsets.committed(groupId);
    for (const [shard, offset] of committed.entries())
      if (offset !== null && (shards === null || shards.includes(shard)))
        next.set(shard, Math.max(offset, next.get(shard) ?? 0));
  };

  const look = async (shards: readonly number[]): Promise<void> => {
    try {
      await ask(shards);
      const ranges = await offsets.ranges();
      for (const shard of shards) await judge(shard, ranges[shard]?.low ?? 0);
    } catch (error) {
      onError(error);
    }
  };

  return {
    begin: () => ask(null),
    joined(shards) {
      looking = looking.then(() => look(shards));
    },
    async arrived(shard, first) {
      await looking;
      // What is missing before it may also have been left out: only then the broker is asked.
      if (first <= (next.get(shard) ?? 0)) return;
      const ranges = await offsets.ranges();
      await judge(shard, Math.min(first, ranges[shard]?.low ?? 0));
    },
    handled: (shard, offset) => void next.set(shard, offset),
    idle: () => looking,
  };
}
