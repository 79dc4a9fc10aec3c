import type { ConsumeOptions, LogConsumer, LogHandler, LogRecord } from "../ports/log.js";

/** Calls back after `ms`; what it returns calls it off. */
export type Timer = (callback: () => void, ms: number) => () => void;

/** What a log must be able to do for {@link consumerGroups} to run on it. */
export interface ConsumerSource {
  shards: number;
  /**
   * Where several processes share the log: whether this one may handle the shard now. Asked before each batch; after a no, the shard is
   * looked at again when it is woken. Default: always.
   */
  claim?(group: string, shard: number): Promise<boolean>;
  read(shard: number, after: number, limit: number): Promise<LogRecord[]>;
  committed(group: string, shard: number): Promise<number>;
  commit(group: string, shard: number, position: number): Promise<void>;
  /** Default: the platform's `setTimeout`. */
  timer?: Timer;
}

export interface ConsumerGroups {
  consume<V>(group: string, handler: LogHandler<V>, options?: ConsumeOptions): LogConsumer;
  /** Says that a shard has grown. */
  wake(shard: number): void;
  /** Stops every consumer after the batch at hand. */
  stop(): Promise<void>;
}

interface Member {
  handler: LogHandler<unknown>;
  options: ConsumeOptions;
  stopped: boolean;
  /** Batches in the handler or on their way to being committed. */
  active: Set<Promise<void>>;
}

interface Group {
  name: string;
  members: readonly Member[];
  pumps: readonly Pump[];
}

/** One shard of one group: at most one batch of it is ever in a handler. */
interface Pump {
  shard: number;
  /** The run at hand, or null when idle. */
  running: Promise<void> | null;
  /** Whether the shard grew, or a member came, since the last look. */
  dirty: boolean;
  /** Failures in a row. */
  failures: number;
  /** Ends the wait at hand. */
  hurry: (() => void) | null;
}

const FIRST_BACKOFF_MS = 50;
const LONGEST_BACKOFF_MS = 10_000;
const DEFAULT_BATCH = 500;
/** After so many batches a pump lets timers and sockets have their turn, which a chain of resolved promises would not. */
const BATCHES_PER_TURN = 16;

/**
 * Consumer groups over any ordered log, for the members of this process: they share the shards of their group, a shard is handled in
 * order and never twice at once, a failed batch comes again after a back-off that doubles from 50 ms to 10 s. For adapters whose engine
 * has no groups of its own; where several processes share the log, `claim` says whose turn it is.
 */
export function consumerGroups(source: ConsumerSource): ConsumerGroups {
  const groups = new Map<string, Group>();
  const timer = source.timer ?? platformTimer;

  const start = (group: Group, pump: Pump): void => {
    pump.dirty = true;
    pump.running ??= run(source, timer, { group, pump }).finally(() => {
      pump.running = null;
      // What arrived between the last look and this moment must not wait for the next append.
      if (pump.dirty && group.members.length > 0) start(group, pump);
    });
  };

  const groupOf = (name: string): Group => {
    let group = groups.get(name);
    if (group === undefined) {
      const pumps = Array.from({ length: source.shards }, (_, shard): Pump => {
        return { shard, running: null, dirty: false, failures: 0, hurry: null };
      });
      group = { name, members: [], pumps };
      groups.set(name, group);
    }
    return group;
  };

  const leave = async (group: Group, member: Member): Promise<void> => {
    member.stopped = true;
    group.members = group.members.filter((other) => other !== member);
    for (const pump of group.pumps) pump.hurry?.();
    const last = group.members.length === 0;
    await Promise.all([...member.active, ...(last ? group.pumps.map((pump) => pump.running) : [])]);
    // The others take over where this one left.
    if (group.members.length > 0) for (const pump of group.pumps) start(group, pump);
  };

  return {
    consume<V>(name: string, handler: LogHandler<V>, options: ConsumeOptions = {}) {
      const group = groupOf(name);
      const member: Member = {
        handler: handler as LogHandler<unknown>,
        options,
        stopped: false,
        active: new Set(),
      };
      group.members = [...group.members, member];
      for (const pump of group.pumps) start(group, pump);
      return { stop: () => leave(group, member) };
    },
    wake(shard) {
      for (const group of groups.values()) {
        const pump = group.pumps[shard];
        if (pump !== undefined && group.members.length > 0) start(group, pump);
      }
    },
    async stop() {
      const leaving = [...groups.values()].flatMap((group) =>
        group.members.map((member) => leave(group, member)),
      );
      await Promise.all(leaving);
    },
  };
}

/** Handles batch after batch of one shard until nothing is left or nobody is there to handle it. */
async function run(source: ConsumerSource, timer: Timer, at: { group: Group; pump: Pump }): Promise<void> {
  const { group, pump } = at;
  for (let batches = 1; ; batches++) {
    const member = group.members[pump.shard % group.members.length];
    if (member === undefined) return;
    try {
      pump.dirty = false;
      const found = await step(source, at, member);
      if (!found && !pump.dirty) return;
      if (batches % BATCHES_PER_TURN === 0) await pause(pump, timer, 0);
    } catch (error) {
      tell(member, error);
      const ms = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** pump.failures++);
      if (!member.stopped) await pause(pump, timer, ms);
    }
  }
}

/** Reads, handles and commits one batch; false when there was none. */
async function step(
  source: ConsumerSource,
  at: { group: Group; pump: Pump },
  member: Member,
): Promise<boolean> {
  const { group, pump } = at;
  if (source.claim !== undefined && !(await source.claim(group.name, pump.shard))) return false;
  const after = await source.committed(group.name, pump.shard);
  const batch = await source.read(pump.shard, after, member.options.maxBatch ?? DEFAULT_BATCH);
  const last = batch[batch.length - 1];
  if (last === undefined) return false;
  if (member.stopped) return true;
  const work = (async () => {
    await member.handler(batch);
    await source.commit(group.name, pump.shard, last.position);
    pump.failures = 0;
  })();
  const settled = work.catch(() => undefined);
  member.active.add(settled);
  try {
    await work;
  } finally {
    member.active.delete(settled);
  }
  return true;
}

async function pause(pump: Pump, timer: Timer, ms: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const cancel = timer(resolve, ms);
    pump.hurry = () => {
      cancel();
      resolve();
    };
  });
  pump.hurry = null;
}

/** A listener for errors that throws itself must not end the pump. */
function tell(member: Member, error: unknown): void {
  try {
    member.options.onError?.(error);
  } catch {
    return;
  }
}

const platformTimer: Timer = (callback, ms) => {
  const timers = globalThis as unknown as {
    setTimeout(callback: () => void, ms: number): unknown;
    clearTimeout(handle: unknown): void;
  };
  const handle = timers.setTimeout(callback, ms);
  return () => timers.clearTimeout(handle);
};
