import { AttuneError } from "@attune/core";
import type { ConsumeOptions, LogConsumer, LogHandler, LogRecord } from "@attune/core/ports";
import type { Consumer, EachBatchPayload, Kafka, KafkaMessage } from "kafkajs";
import { type BackOffs, backOffs } from "./back-offs.js";
import { unavailable } from "./errors.js";
import { type GapWatch, gapWatch } from "./gaps.js";
import { toRecord } from "./messages.js";
import type { Offsets } from "./offsets.js";

export interface GroupTiming {
  /** A member that was not heard of for so long has lost its shards, ms. */
  sessionTimeoutMs: number;
  /** How often a member is heard of, also while a handler runs, ms. */
  heartbeatMs: number;
  /** How long a broker may hold back the answer where nothing is there, ms. Stopping waits for it. */
  pollMs: number;
}

export interface GroupConsumerOptions {
  kafka: Kafka;
  topic: string;
  shards: number;
  /** The group's id at the broker. */
  groupId: string;
  timing: GroupTiming;
  offsets: Offsets;
}

const DEFAULT_BATCH = 500;
const FIRST_RESTART_MS = 1000;
const LONGEST_RESTART_MS = 10_000;

/**
 * A member of a consumer group. Resolves when it has joined. A batch is handed on, then committed, then the next: of
 * one shard never two at once. While a handler runs the member goes on being heard of. A shard whose batch was refused
 * stands still until its back-off ends, the others go on. What a shard lost before the group could read it is told of.
 */
export async function groupConsumer(
  options: GroupConsumerOptions,
  handler: LogHandler<unknown>,
  consume: ConsumeOptions,
): Promise<LogConsumer> {
  const { kafka, topic, shards, groupId, timing, offsets } = options;
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: timing.sessionTimeoutMs,
    heartbeatInterval: timing.heartbeatMs,
    maxWaitTimeInMs: timing.pollMs,
    allowAutoTopicCreation: false,
    // Where kafkajs begins again by itself, nothing stops it while it is at it. The retries are its own default.
    retry: { retries: 5, restartOnFailure: async () => false },
  });
  const backOff = backOffs();
  const tell = (error: unknown): void => safely(() => consume.onError?.(error));
  const gaps = gapWatch({
    offsets,
    groupId,
    onGap: (gap) => safely(() => consume.onGap?.(gap)),
    onError: tell,
    commit: (partition, offset) => consumer.commitOffsets([{ topic, partition, offset: String(offset) }]),
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    gaps.joined(payload.memberAssignment[topic] ?? []);
  });
  const handling: Handling = {
    topic,
    handler,
    tell,
    maxBatch: consume.maxBatch ?? DEFAULT_BATCH,
    timing,
    backOff,
    gaps,
    uncommitted: new Map(),
    isStopped: () => restarts.isStopped(),
  };
  const begin = async (): Promise<void> => {
    await gaps.begin();
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    if (restarts.isStopped()) return;
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: shards,
      eachBatch: (payload) => handleAnswer(handling, payload),
    });
  };
  const restarts = restartOnCrash(consumer, begin, tell);
  try {
    await begin();
  } catch (cause) {
    await restarts.stop();
    await consumer.disconnect().catch(() => undefined);
    throw unavailable("let the consumer join its group", cause);
  }
  return {
    async stop() {
      await restarts.stop();
      await consumer.disconnect();
      // Only now: a batch that was refused meanwhile has set another timer.
      backOff.stop();
      await gaps.idle();
    },
  };
}

/** A listener that throws must not end the consumer. */
function safely(listener: () => void): void {
  try {
    listener();
  } catch {
    return;
  }
}

interface Handling {
  topic: string;
  handler: LogHandler<unknown>;
  tell(error: unknown): void;
  maxBatch: number;
  timing: GroupTiming;
  backOff: BackOffs;
  gaps: GapWatch;
  /**
   * The last offset of each shard that the handler has taken and the broker has not: in the middle of a rebalance a
   * group takes no commit. What comes again of that is committed, and not handled a second time.
   */
  uncommitted: Map<number, bigint>;
  /** The handler is called no more: a member that is stopped while it begins again first joins, then leaves. */
  isStopped(): boolean;
}

/** One answer of a broker for one shard, in batches. What is not committed in the end is fetched again. */
async function handleAnswer(handling: Handling, payload: EachBatchPayload): Promise<void> {
  const { topic, backOff, uncommitted, timing, gaps } = handling;
  const { resolveOffset, commitOffsetsIfNecessary, heartbeat, pause } = payload;
  const { partition, messages } = payload.batch;
  try {
    await gaps.arrived(partition, Number(payload.batch.firstOffset() ?? 0));
  } catch (error) {
    handling.tell(error);
    backOff.wait(partition, pause());
    return;
  }
  for (const part of split(messages, uncommitted.get(partition) ?? -1n, handling.maxBatch)) {
    if (handling.isStopped() || !payload.isRunning() || payload.isStale()) return;
    const beat = keepBeating(heartbeat, timing.heartbeatMs);
    const taken = part.isHandled || (await handOn(handling, part.messages, partition));
    beat.stop();
    if (!taken) {
      backOff.wait(partition, pause());
      return;
    }
    backOff.forget(partition);
    uncommitted.set(partition, part.last);
    gaps.handled(partition, Number(part.last) + 1);
    // Also where the group is rebalancing: brokers take it for as long as they can, and then nothing comes twice.
    const offset = String(part.last + 1n);
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] });
    uncommitted.delete(partition);
    resolveOffset(String(part.last));
    beat.rethrow();
    await heartbeat();
  }
  // Further than the last message, where marks of transactions come behind it.
  gaps.handled(partition, Number(payload.batch.lastOffset()) + 1);
}

interface Part {
  messages: readonly KafkaMessage[];
  last: bigint;
  /** Only to be committed. */
  isHandled: boolean;
}

/** What was handled up to an offset, as one part; the rest in parts of at most `maxBatch`. */
function split(messages: readonly KafkaMessage[], handledTo: bigint, maxBatch: number): Part[] {
  const found = messages.findIndex(({ offset }) => BigInt(offset) > handledTo);
  const fresh = found === -1 ? messages.length : found;
  const parts: Part[] = [];
  const add = (first: number, end: number, isHandled: boolean): void => {
    const last = messages[end - 1];
    if (last !== undefined && end > first)
      parts.push({ messages: messages.slice(first, end), last: BigInt(last.offset), isHandled });
  };
  add(0, fresh, true);
  for (let first = fresh; first < messages.length; first += maxBatch)
    add(first, Math.min(messages.length, first + maxBatch), false);
  return parts;
}

/** False where the handler refused them. */
async function handOn(
  handling: Handling,
  messages: readonly KafkaMessage[],
  shard: number,
): Promise<boolean> {
  const records = readable(messages, shard, handling.tell);
  try {
    if (records.length > 0) await handling.handler(records);
    return true;
  } catch (error) {
    handling.tell(error);
    return false;
  }
}

function readable(
  messages: readonly KafkaMessage[],
  shard: number,
  tell: (error: unknown) => void,
): LogRecord[] {
  return messages.flatMap((message) => {
    const record = toRecord(message, shard);
    if (record !== null) return [record];
    tell(
      new AttuneError(
        "ATTUNE_LOG_FOREIGN",
        `A message of shard ${shard} at offset ${message.offset} was not written by this log and is passed over. Give the log a topic of its own.`,
      ),
    );
    return [];
  });
}

/** Heartbeats while something takes its time; what they were told (mostly: the group rebalances) is kept for later. */
function keepBeating(heartbeat: () => Promise<void>, ms: number): { stop(): void; rethrow(): void } {
  const failures: unknown[] = [];
  const timer = setInterval(() => void heartbeat().catch((error: unknown) => failures.push(error)), ms);
  return {
    stop: () => clearInterval(timer),
    rethrow() {
      if (failures.length > 0) throw failures[0];
    },
  };
}

/**
 * After a crash the consumer would stand still unnoticed: `onError` is told, and it begins again after a wait that
 * doubles until it has joined. Stopping waits for a beginning under way, which nothing can break off.
 */
function restartOnCrash(
  consumer: Consumer,
  begin: () => Promise<void>,
  tell: (error: unknown) => void,
): { isStopped(): boolean; stop(): Promise<void> } {
  let stopped = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let beginning: Promise<void> = Promise.resolve();
  const again = (failed: string, cause: unknown): void => {
    if (stopped) return;
    tell(unavailable(failed, cause));
    timer = setTimeout(
      () => {
        beginning = begin().catch((error: unknown) => again("let the consumer join its group", error));
      },
      Math.min(LONGEST_RESTART_MS, FIRST_RESTART_MS * 2 ** failures++),
    );
  };
  consumer.on(consumer.events.CRASH, ({ payload }) => again("keep the consumer going", payload.error));
  consumer.on(consumer.events.GROUP_JOIN, () => {
    failures = 0;
  });
  return {
    isStopped: () => stopped,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await beginning;
    },
  };
}
