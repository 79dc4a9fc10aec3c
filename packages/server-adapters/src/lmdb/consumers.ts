import { randomUUID } from "node:crypto";
import { AttuneError } from "@attune/core";
import { consumerGroups } from "@attune/core/memory";
import type { ConsumeOptions, LogConsumer, LogHandler, LogRecord } from "@attune/core/ports";
import { closedError, type Environment } from "./environment.js";
import { asBuffer, recordKey, splitKey } from "./keys.js";
import { createLeases } from "./leases.js";

/** How often the file is looked at for what other processes have appended or left, ms. */
const POLL_MS = 100;
/** How often a shard that another process has is asked for, ms. */
const ASK_MS = 1000;

/** What consumers need of the log's records. */
export interface ConsumedRecords {
  shards: number;
  read(shard: number, after: number, limit: number): LogRecord[];
  /** The last position given out in each shard. */
  positions(): readonly number[];
  /** Whether there is a record after a position. */
  hasAfter(shard: number, position: number): boolean;
}

export interface LmdbConsumers {
  consume<V>(group: string, handler: LogHandler<V>, options?: ConsumeOptions): Promise<LogConsumer>;
  /** Says that a shard has grown. */
  wake(shard: number): void;
  committed(group: string, shard: number): number;
  /** Up to where every known group has committed. */
  settledUpTo(shard: number): number;
  stop(): Promise<void>;
}

/** Handlers of one group in this process. */
interface Consumed {
  members: number;
  /** Batches in a handler. */
  busy: number;
  /** When the shards of others were asked for last. */
  askedAt: number;
}

/**
 * Consumer groups over one file that several processes may have open: each shard of a group is handled by one of them at a time. A
 * position is committed only by the process whose shard it is, and never goes back.
 */
export function lmdbConsumers(environment: Environment, records: ConsumedRecords): LmdbConsumers {
  const { write } = environment;
  const { shards, read, hasAfter } = records;
  const offsets = environment.database("groups");
  const leases = createLeases(environment, { owner: randomUUID(), shards });
  const consumed = new Map<string, Consumed>();
  let seen: readonly number[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const committed = (group: string, shard: number): number =>
    Number(offsets.get(recordKey(group, String(shard))) ?? 0);
  const isBehind = (group: string, shard: number, end: number): boolean => {
    const position = committed(group, shard);
    return position < end && hasAfter(shard, position);
  };

  const groups = consumerGroups({
    shards,
    read: async (shard, after, limit) => read(shard, after, limit),
    committed: async (group, shard) => committed(group, shard),
    // Where nothing is to be handled, nothing is claimed: an idle process writes nothing.
    claim: async (group, shard) =>
      isBehind(group, shard, Number.POSITIVE_INFINITY) && leases.claim(group, shard),
    commit: (group, shard, position) =>
      write(() => {
        if (!leases.holds(group, shard)) throw fenced();
        if (position > committed(group, shard))
          offsets.putSync(recordKey(group, String(shard)), String(position));
      }),
  });

  const look = (): void => {
    const positions = records.positions();
    const grown = positions.map((position, shard) => position !== seen[shard]);
    seen = positions;
    for (const [group, state] of consumed) {
      // A renewal that fails shows where it matters: the commit is refused.
      if (state.busy > 0) leases.renew(group).catch(() => undefined);
      const asks = Date.now() - state.askedAt >= ASK_MS || Date.now() < state.askedAt;
      for (const [shard, end] of positions.entries()) {
        const isOwn = leases.has(group, shard);
        if (!grown[shard] && (isOwn || !asks)) continue;
        if (!isBehind(group, shard, end)) continue;
        if (!isOwn) state.askedAt = Date.now();
        groups.wake(shard);
      }
    }
  };

  const leave = async (group: string): Promise<void> => {
    const state = consumed.get(group);
    if (state === undefined || --state.members > 0) return;
    consumed.delete(group);
    if (consumed.size === 0) clearInterval(timer);
    await leases.release(group);
  };

  return {
    committed,
    wake: (shard) => groups.wake(shard),
    settledUpTo(shard) {
      let low = Number.POSITIVE_INFINITY;
      for (const { key, value } of offsets.getRange({})) {
        if (Number(splitKey(asBuffer(key)).sort) === shard) low = Math.min(low, Number(value));
      }
      return low;
    },
    async consume<V>(group: string, handler: LogHandler<V>, options?: ConsumeOptions) {
      // A group is known, and holds back trimming, from its first consumer on.
      await write(() => {
        for (let shard = 0; shard < shards; shard++) {
          const key = recordKey(group, String(shard));
          if (offsets.get(key) === undefined) offsets.putSync(key, "0");
        }
      });
      if (isStopped) throw closedError("log");
      const state = consumed.get(group) ?? { members: 0, busy: 0, askedAt: 0 };
      state.members++;
      consumed.set(group, state);
      if (consumed.size === 1 && state.members === 1) timer = setInterval(look, POLL_MS).unref();
      const handle: LogHandler<V> = async (batch) => {
        state.busy++;
        try {
          await handler(batch);
        } finally {
          state.busy--;
        }
      };
      const consumer = groups.consume(group, handle, options);
      let stopping: Promise<void> | null = null;
      return {
        stop: () => {
          stopping ??= consumer.stop().then(() => leave(group));
          return stopping;
        },
      };
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await groups.stop();
      const left = [...consumed.keys()];
      consumed.clear();
      await Promise.all(left.map((group) => leases.release(group)));
    },
  };
}

const fenced = (): AttuneError =>
  new AttuneError(
    "ATTUNE_LOG_FENCED",
    "Another process took this shard over while its batch was handled, so the batch will be handled there again. Where this happens often, hand batches out smaller: this process was silent for seconds.",
  );
