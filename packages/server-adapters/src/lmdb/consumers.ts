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
/**
 * How long a position waits for an append to be written with, ms: a transaction of its own would cost as much as the append. Where the process
 * dies meanwhile, what it has handled is handled again, which handlers are made for.
 */
const SETTLE_MS = 20;
/** After how long what the disk did not take is tried again, ms. */
const RETRY_MS = 1000;

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
  /** {@link Environment.write}, with the positions that wait for a transaction. */
  write<T>(action: () => T): Promise<T>;
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

/** Up to where a shard is handled, which is not in the file yet. */
interface Handled {
  group: string;
  shard: number;
  position: number;
}

/**
 * Consumer groups over one file that several processes may have open: each shard of a group is handled by one of them at a time. A
 * position is committed only by the process whose shard it is, and never goes back. It is in the file at the latest when the shard is given back.
 */
export function lmdbConsumers(environment: Environment, records: ConsumedRecords): LmdbConsumers {
  const { shards, read, hasAfter } = records;
  const offsets = environment.database("groups");
  const handled = new Map<string, Handled>();
  /** What has kept a position from the file, until it is told. */
  const failures = new Map<string, unknown>();
  let settling: NodeJS.Timeout | undefined;
  const consumed = new Map<string, Consumed>();
  let seen: readonly number[] = [];
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const committed = (group: string, shard: number): number =>
    Number(offsets.get(recordKey(group, String(shard))) ?? 0);
  const handledUpTo = (group: string, shard: number): number =>
    Math.max(handled.get(nameOf(group, shard))?.position ?? 0, committed(group, shard));
  const isBehind = (group: string, shard: number, end: number): boolean => {
    const position = handledUpTo(group, shard);
    return position < end && hasAfter(shard, position);
  };

  /** Within a transaction; false where the shard is another process's by now. */
  const putDown = ({ group, shard, position }: Handled): boolean => {
    if (!leases.holds(group, shard)) return false;
    if (position > committed(group, shard))
      offsets.putSync(recordKey(group, String(shard)), String(position));
    return true;
  };
  const write = async <T>(action: () => T): Promise<T> => {
    const { result, down, lost } = await environment.write(() => {
      const waiting = [...handled.values()];
      const lost = waiting.filter((one) => !putDown(one));
      return { result: action(), down: waiting, lost };
    });
    for (const one of down) {
      const name = nameOf(one.group, one.shard);
      if (handled.get(name) === one) handled.delete(name);
    }
    for (const one of lost) fail(one, fenced());
    if (handled.size === 0) {
      clearTimeout(settling);
      settling = undefined;
    }
    return result;
  };
  /** Whoever handles the shard is told when it comes to it next. */
  const fail = ({ group, shard }: Handled, error: unknown): void => {
    if (!consumed.has(group)) return;
    failures.set(nameOf(group, shard), error);
    groups.wake(shard);
  };
  const settleIn = (ms: number): void => {
    settling ??= setTimeout(() => {
      settling = undefined;
      if (handled.size === 0) return;
      write(() => undefined).catch((error: unknown) => {
        if (isStopped) return;
        for (const one of handled.values()) fail(one, error);
        settleIn(RETRY_MS);
      });
    }, ms);
  };
  const leases = createLeases({ ...environment, write }, { owner: randomUUID(), shards });

  const groups = consumerGroups({
    shards,
    read: async (shard, after, limit) => read(shard, after, limit),
    committed: async (group, shard) => handledUpTo(group, shard),
    async claim(group, shard) {
      const name = nameOf(group, shard);
      const failure = failures.get(name);
      if (failures.delete(name)) throw failure;
      // Where nothing is to be handled, nothing is claimed: an idle process writes nothing.
      return isBehind(group, shard, Number.POSITIVE_INFINITY) && leases.claim(group, shard);
    },
    async commit(group, shard, position) {
      handled.set(nameOf(group, shard), { group, shard, position });
      settleIn(SETTLE_MS);
    },
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
    write,
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
      // What cannot be given back, as on a full disk, runs out by itself.
      await Promise.allSettled(left.map((group) => leases.release(group)));
      clearTimeout(settling);
    },
  };
}

const nameOf = (group: string, shard: number): string => `${shard}/${group}`;

const fenced = (): AttuneError =>
  new AttuneError(
    "ATTUNE_LOG_FENCED",
    "Another process took this shard over while its batch was handled, so the batch will be handled there again. Where this happens often, hand batches out smaller: this process was silent for seconds.",
  );
