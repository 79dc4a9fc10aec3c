import { AttuneError } from "@attune/core";
import type { Assigner, Cluster, Consumer, Kafka, KafkaMessage } from "kafkajs";
import { connectOrEnd } from "./connect-or-end.js";
import { failureOf, unavailable } from "./errors.js";
import { lazily } from "./lazily.js";

export interface Place {
  topic: string;
  shard: number;
  /** Of the first message wanted. */
  offset: number;
}

/** Reads partitions at any offset, outside all groups: no rebalance, no commit, no group that the broker sees. */
export interface PartitionReader {
  /** How many partitions the topic has. */
  shards(topic: string): Promise<number>;
  /** Messages from the offset on, at most `limit`, as far as the partition goes now. */
  read(place: Place, limit: number): Promise<KafkaMessage[]>;
  close(): Promise<void>;
}

export interface PartitionReaderOptions {
  kafka: Kafka;
  /** Of one answer; a partition gives at least one batch of messages, however large. */
  maxBytes: number;
  retries: number;
}

interface Connected {
  consumer: Consumer;
  cluster: Cluster;
  /**
   * The last fetch of each broker. One at a time: for two that come before the connection is there, kafkajs opens a
   * socket each and loses sight of one.
   */
  turns: Map<string, Promise<unknown>>;
}

const FIRST_WAIT_MS = 50;

/**
 * A {@link PartitionReader} on kafkajs, which has no consumer without a group: its client interface gives the cluster
 * to partition assigners, and a cluster fetches from whom one names. The consumer made for that joins no group.
 */
export function partitionReader(options: PartitionReaderOptions): PartitionReader {
  const { kafka, maxBytes, retries } = options;
  const connected = lazily(
    () => connect(kafka),
    ({ consumer }) => consumer.disconnect(),
  );

  /** Again, after a wait that doubles, where a broker was away or is no longer the leader. */
  const patiently = async <T>(attempt: (connection: Connected) => Promise<T>): Promise<T> => {
    for (let failures = 0; ; failures++) {
      let connection: Connected | null = null;
      try {
        connection = await connected.get();
        return await attempt(connection);
      } catch (error) {
        if (failures >= retries || !isPassing(error)) throw unavailable("give what was asked for", error);
        // With a new connection, not with this one mended: reads beside each other would take each other's brokers away.
        if (connection !== null) connected.drop(connection);
        await new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS * 2 ** failures));
      }
    }
  };

  return {
    shards: (topic) => patiently(async ({ cluster }) => countPartitions(cluster, topic)),
    async read(place, limit) {
      const found: KafkaMessage[] = [];
      let offset = place.offset;
      while (found.length < limit) {
        const page = await patiently((connection) => fetchPage(connection, { ...place, offset }, maxBytes));
        found.push(...page.messages.slice(0, limit - found.length));
        if (page.next === null) break;
        offset = page.next;
      }
      return found;
    },
    close: connected.close,
  };
}

async function connect(kafka: Kafka): Promise<Connected> {
  let cluster: Cluster | undefined;
  const never: Assigner = {
    name: "none",
    version: 0,
    assign: async () => [],
    protocol: () => ({ name: "none", metadata: Buffer.alloc(0) }),
  };
  const consumer = kafka.consumer({
    groupId: "attune-reader",
    allowAutoTopicCreation: false,
    partitionAssigners: [
      (given) => {
        cluster = given.cluster;
        return never;
      },
    ],
  });
  if (cluster === undefined)
    throw new AttuneError(
      "ATTUNE_LOG_CLIENT",
      "This kafkajs gives no cluster to assigners. Use kafkajs 2.2.",
    );
  await connectOrEnd(consumer);
  return { consumer, cluster, turns: new Map() };
}

async function countPartitions(cluster: Cluster, topic: string): Promise<number> {
  try {
    await cluster.addTargetTopic(topic);
  } catch (cause) {
    if (failureOf(cause).type !== "UNKNOWN_TOPIC_OR_PARTITION") throw cause;
    throw missing(topic, cause);
  }
  const { length } = cluster.findTopicPartitionMetadata(topic);
  if (length === 0) throw missing(topic);
  return length;
}

function missing(topic: string, cause?: unknown): AttuneError {
  return new AttuneError(
    "ATTUNE_LOG_TOPIC",
    `There is no topic ${JSON.stringify(topic)}. Make it, with as many partitions as the log is to have shards.`,
    { cause },
  );
}

interface Page {
  messages: KafkaMessage[];
  /** Where to go on; null at the end of the partition. */
  next: number | null;
}

/** What a broker answers, of the one partition that was asked for. */
interface FetchAnswer {
  responses: { partitions: { highWatermark: string; messages: FetchedMessage[] }[] }[];
}
type FetchedMessage = KafkaMessage & { isControlRecord?: boolean };

async function fetchPage(connection: Connected, place: Place, maxBytes: number): Promise<Page> {
  const { cluster, turns } = connection;
  const { topic, shard, offset } = place;
  await cluster.addTargetTopic(topic);
  const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [shard]))[0];
  // No such partition: nothing is there, as after the end of one.
  if (nodeId === undefined) return { messages: [], next: null };
  const broker = await cluster.findBroker({ nodeId });
  const partitions = [{ partition: shard, fetchOffset: String(offset), maxBytes }];
  const request = { maxWaitTime: 0, minBytes: 0, maxBytes, topics: [{ topic, partitions }] };
  try {
    const before = turns.get(nodeId) ?? Promise.resolve();
    const fetching = before.then(() => broker.fetch({ ...request, isolationLevel: 1 }));
    turns.set(
      nodeId,
      fetching.catch(() => undefined),
    );
    const answer = (await fetching) as FetchAnswer;
    const partition = answer.responses[0]?.partitions[0];
    return toPage(offset, partition?.messages ?? [], Number(partition?.highWatermark ?? 0));
  } catch (error) {
    if (failureOf(error).type !== "OFFSET_OUT_OF_RANGE") throw error;
    const low = await lowest(cluster, place);
    return { messages: [], next: low > offset ? low : null };
  }
}

/** A broker gives whole batches: also what comes before the offset in the first. */
function toPage(offset: number, fetched: readonly FetchedMessage[], highWatermark: number): Page {
  const last = fetched[fetched.length - 1];
  if (last === undefined) return { messages: [], next: null };
  const messages = fetched.filter(
    (message) => Number(message.offset) >= offset && message.isControlRecord !== true,
  );
  // Of a compacted batch the last messages may be gone: then nothing reaches the offset, and the batch lies behind it.
  const next = Math.max(Number(last.offset), offset) + 1;
  return { messages, next: next < highWatermark ? next : null };
}

async function lowest(cluster: Cluster, { topic, shard }: Place): Promise<number> {
  const asked = [{ topic, partitions: [{ partition: shard }], fromBeginning: true }];
  const [answer] = await cluster.fetchTopicsOffset(asked);
  return Number(answer?.partitions[0]?.offset ?? 0);
}

const PASSING = new Set([
  "KafkaJSConnectionError",
  "KafkaJSConnectionClosedError",
  "KafkaJSBrokerNotFound",
  "KafkaJSRequestTimeoutError",
  "KafkaJSLockTimeout",
  "KafkaJSTopicMetadataNotLoaded",
  "KafkaJSMetadataNotLoaded",
]);

function isPassing(error: unknown): boolean {
  const { name, retriable } = failureOf(error);
  return PASSING.has(name) || (name === "KafkaJSProtocolError" && retriable === true);
}
