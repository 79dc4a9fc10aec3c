import { type Clock, systemClock } from "@attune/core";
import { shardOf } from "@attune/core/memory";
import type { Log, LogConsumer, LogEntry, LogHandler, LogRecord } from "@attune/core/ports";
import type { Kafka } from "kafkajs";
import { type GroupTiming, groupConsumer } from "./consume.js";
import { kafkaDeadLetters } from "./dead-letters.js";
import { closed } from "./errors.js";
import { encodeKey, encodeValue, toRecord } from "./messages.js";
import { kafkaOffsets } from "./offsets.js";
import { batchingProducer } from "./producer.js";
import { partitionReader } from "./reader.js";
import { trimTopic } from "./trim.js";

export interface KafkaLogOptions {
  /** The host's client (kafkajs 2.2) with its brokers, TLS, SASL and timeouts. Connections are made, and closed, here. */
  kafka: Kafka;
  /** Holds the entries; there must be no others in it. A partition is a shard. */
  topic: string;
  deadLetters?: {
    /** Default: the topic's name and `.dead`. */
    topic?: string;
    /** How many are kept (default 10,000); the oldest beyond that are removed when letters are next read. */
    limit?: number;
  };
  producer?: {
    /** Of one request and of one entry in it, bytes (default 900,000): less than the topic's `max.message.bytes`. */
    maxBytes?: number;
    /** How often a request is sent again before `append` rejects (default 8, which takes about 15 s). */
    retries?: number;
  };
  /** Defaults: session 30 s, heartbeat 3 s, poll 500 ms. The heartbeat is at most a third of the session. */
  consumer?: Partial<GroupTiming>;
  clock?: Clock;
}

const TIMING: GroupTiming = { sessionTimeoutMs: 30_000, heartbeatMs: 3000, pollMs: 500 };

/**
 * A {@link Log} on Kafka. Both topics must exist; it makes none.
 *
 * - **Durable** as the topic is: `append` resolves when all in-sync replicas have the entries (acks −1). For that to
 *   outlive a broker the topic needs `replication.factor` 3 and `min.insync.replicas` 2.
 * - **A retry may repeat entries** (dedupe `none`), never reorder a key's, never lose what was acknowledged.
 * - **Positions** are Kafka's offset + 1. Keys go to the shard that every log of this project would give them; adding
 *   partitions moves keys to other shards, so do it only where order over that moment does not matter.
 * - **Groups** are called `{topic}/{group}` at the broker. Batches are committed after the handler has resolved. What
 *   comes twice (after a crash, or when a handler outlasts its session) comes with its old position. A group that
 *   nobody has been in for `offsets.retention.minutes` is forgotten by Kafka and begins at the start again.
 * - **Erasing**: Kafka removes no single entry. `erase` resolves to 0: entries must be encrypted under a key per
 *   subject before they are appended, and destroying that key makes them unreadable wherever they lie.
 * - **Retention** is the topic's (`retention.ms`). What it took before a group had read it is told of (`onGap`), once; a group without a
 *   position (a new one, or one that Kafka has forgotten) is told of all that a shard no longer has. `trim` additionally asks for DeleteRecords where the client may list
 *   groups and delete records; else it resolves to 0.
 * - **Dead letters** lie in `{topic}.dead`, best with `cleanup.policy=compact,delete` and the retention that the host
 *   promises: a removed letter's bytes are gone when the broker has compacted.
 *
 * @throws AttuneError `ATTUNE_LOG_TOPIC` where a topic is missing, `ATTUNE_LOG_UNAVAILABLE` where the cluster is away;
 * so do all its calls, and `ATTUNE_LOG_CLOSED` after `close`.
 */
export async function kafkaLog(options: KafkaLogOptions): Promise<Log> {
  const { kafka, topic, clock = systemClock } = options;
  const { maxBytes = 900_000, retries = 8 } = options.producer ?? {};
  const { topic: deadTopic = `${topic}.dead`, limit = 10_000 } = options.deadLetters ?? {};
  const timing = { ...TIMING, ...options.consumer };
  const prefix = `${topic}/`;

  const reader = partitionReader({ kafka, maxBytes: 1_048_576, retries });
  const shards = await reader.shards(topic).catch(closing(reader));
  const deadShards = await reader.shards(deadTopic).catch(closing(reader));
  const producer = batchingProducer({ kafka, clock, maxBytes, retries });
  const offsets = kafkaOffsets({ kafka, topic, shards });
  const consumers = new Set<LogConsumer>();
  let ended: Promise<void> | null = null;
  const assertOpen = (): void => {
    if (ended !== null) throw closed();
  };

  return {
    capabilities: { shards, durable: true, dedupe: "none", erase: "key" },
    async append<V>(entries: readonly LogEntry<V>[]) {
      assertOpen();
      // Not awaited here, so that nobody holds the entries until the brokers have answered.
      return producer.send(
        entries.map(({ key, value }) => {
          return { topic, partition: shardOf(key, shards), key: encodeKey(key), value: encodeValue(value) };
        }),
      );
    },
    async read<V>(shard: number, after: number, limit: number) {
      assertOpen();
      const records: LogRecord[] = [];
      for (let offset = after; records.length < limit; ) {
        const messages = await reader.read({ topic, shard, offset }, limit - records.length);
        const last = messages[messages.length - 1];
        if (last === undefined) break;
        records.push(...messages.flatMap((message) => toRecord(message, shard) ?? []));
        offset = Number(last.offset) + 1;
      }
      return records as LogRecord<V>[];
    },
    async consume<V>(group: string, handler: LogHandler<V>, consume = {}) {
      assertOpen();
      const member = { kafka, topic, shards, groupId: prefix + group, timing, offsets };
      const consumer = await groupConsumer(member, handler as LogHandler<unknown>, consume);
      const own: LogConsumer = {
        async stop() {
          consumers.delete(own);
          await consumer.stop();
        },
      };
      consumers.add(own);
      // Joining takes seconds; `close` may have come and gone.
      if (ended !== null) {
        await own.stop();
        throw closed();
      }
      return own;
    },
    async committed(group, shard) {
      assertOpen();
      return (await offsets.committed(prefix + group))[shard] ?? 0;
    },
    async lag(group) {
      assertOpen();
      const [ranges, committed] = await Promise.all([offsets.ranges(), offsets.committed(prefix + group)]);
      return ranges.reduce((sum, { low, high }, shard) => {
        return sum + Math.max(0, high - Math.max(low, committed[shard] ?? low));
      }, 0);
    },
    async erase() {
      assertOpen();
      return 0;
    },
    async trim(before) {
      assertOpen();
      return trimTopic({ topic, offsets, prefix }, before);
    },
    deadLetters: kafkaDeadLetters({
      topic: deadTopic,
      producer,
      reader,
      shards: deadShards,
      limit,
      assertOpen,
    }),
    close() {
      ended ??= (async () => {
        const stopped = await Promise.allSettled(Array.from(consumers, (consumer) => consumer.stop()));
        const closed = await Promise.allSettled([producer.close(), reader.close(), offsets.close()]);
        // One that fails leaves none of the others open.
        for (const one of [...stopped, ...closed]) if (one.status === "rejected") throw one.reason;
      })();
      return ended;
    },
  };
}

/** Ends the connection that was opened for a log that cannot be. */
const closing =
  (reader: { close(): Promise<void> }) =>
  async (error: unknown): Promise<never> => {
    await reader.close();
    throw error;
  };
