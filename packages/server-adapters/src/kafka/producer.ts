import { AttuneError, type Clock } from "@attune/core";
import type { Kafka, Message, Producer } from "kafkajs";
import { connectOrEnd } from "./connect-or-end.js";
import { unavailable } from "./errors.js";
import { lazily } from "./lazily.js";

/** One message for one partition; a null value is a tombstone. */
export interface Outgoing {
  topic: string;
  partition: number;
  key: string;
  value: string | null;
}

export interface BatchingProducer {
  /** Resolves when every in-sync replica has all of them; rejects with the first that could not be had. */
  send(messages: readonly Outgoing[]): Promise<void>;
  /** Sends what waits, then disconnects. Where one request fails, what waits behind it fails with it. */
  close(): Promise<void>;
}

export interface BatchingProducerOptions {
  kafka: Kafka;
  clock: Clock;
  /** Of keys and values in one request; also the most that one entry may have. */
  maxBytes: number;
  /** How often kafkajs sends a request again, each time waiting longer. */
  retries: number;
}

interface Waiting {
  message: Outgoing;
  bytes: number;
  call: Call;
}

/** One call of `send`; its messages may go in several requests. */
interface Call {
  left: number;
  failed: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5000;
/** What a record costs beside its key and value: lengths, offsets, a timestamp. */
const OVERHEAD = 32;

/**
 * A producer that makes one request of all that was sent in one turn of the event loop, and of all that came while
 * the last request was under way: under load it batches by itself, idle it adds no wait. One request is under way at
 * a time, so a retry can repeat messages but never overtake any.
 */
export function batchingProducer(options: BatchingProducerOptions): BatchingProducer {
  const { kafka, clock, maxBytes, retries } = options;
  const producer = lazily(
    () =>
      connectOrEnd(
        kafka.producer({
          allowAutoTopicCreation: false,
          maxInFlightRequests: 1,
          retry: { retries, initialRetryTime: FIRST_BACKOFF_MS, maxRetryTime: LONGEST_BACKOFF_MS },
          createPartitioner: () => (args) => args.message.partition ?? 0,
        }),
      ),
    (made) => made.disconnect(),
  );
  let queue: Waiting[] = [];
  let flushing: Promise<void> | null = null;
  let closing = false;

  const flush = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const count = countWithin(queue, maxBytes);
      const batch = queue.slice(0, count);
      queue = queue.slice(count);
      try {
        await request(await producer.get(), batch, clock);
        for (const { call } of batch) if (--call.left === 0) call.resolve();
      } catch (cause) {
        const error = unavailable("take the entries", cause);
        // A cluster that is away would let whoever closes wait out all retries for each request.
        for (const { call } of closing ? [...batch, ...queue] : batch) {
          call.failed = true;
          call.reject(error);
        }
        // The rest of a call that is sent again from its start must not come before that start.
        queue = queue.filter(({ call }) => !call.failed);
      }
    }
  };

  const start = (): void => {
    flushing ??= flush().finally(() => {
      flushing = null;
      // What came between the last look and this moment must not wait for the next call.
      if (queue.length > 0) start();
    });
  };

  return {
    async send(messages) {
      if (messages.length === 0) return;
      const sizes = messages.map((message) => sizeOf(message, maxBytes));
      await new Promise<void>((resolve, reject) => {
        const call: Call = { left: messages.length, failed: false, resolve, reject };
        messages.forEach((message, i) => {
          queue.push({ message, bytes: sizes[i] as number, call });
        });
        start();
      });
    },
    async close() {
      closing = true;
      while (flushing !== null) await flushing;
      await producer.close();
    },
  };
}

function sizeOf({ key, value }: Outgoing, maxBytes: number): number {
  const bytes = Buffer.byteLength(key) + (value === null ? 0 : Buffer.byteLength(value)) + OVERHEAD;
  if (bytes <= maxBytes) return bytes;
  throw new AttuneError(
    "ATTUNE_LOG_VALUE",
    `An entry has ${bytes} bytes, more than the ${maxBytes} that one request may have. Append less, or raise \`maxBytes\` together with the topic's \`max.message.bytes\`.`,
  );
}

/** How many from the front fit into one request; at least one. */
function countWithin(queue: readonly Waiting[], maxBytes: number): number {
  let sum = 0;
  const over = queue.findIndex(({ bytes }) => {
    sum += bytes;
    return sum > maxBytes;
  });
  return over === -1 ? queue.length : Math.max(1, over);
}

async function request(producer: Producer, batch: readonly Waiting[], clock: Clock): Promise<void> {
  const timestamp = String(clock.now());
  const byTopic = new Map<string, Message[]>();
  for (const { message } of batch) {
    const { topic, partition, key, value } = message;
    const messages = byTopic.get(topic) ?? [];
    messages.push({ key, value, partition, timestamp });
    byTopic.set(topic, messages);
  }
  const topicMessages = Array.from(byTopic, ([topic, messages]) => ({ topic, messages }));
  await producer.sendBatch({ acks: -1, topicMessages });
}
