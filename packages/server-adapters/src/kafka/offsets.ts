import type { Admin, Kafka } from "kafkajs";
import { connectOrEnd } from "./connect-or-end.js";
import { unavailable } from "./errors.js";
import { lazily } from "./lazily.js";

/** What a partition holds now: offsets `low ≤ o < high`. */
export interface Range {
  low: number;
  high: number;
}

/** What the cluster knows of offsets, asked of partition leaders and group coordinators: no controller is needed. */
export interface Offsets {
  ranges(): Promise<Range[]>;
  /** The offset that the group reads next, by shard; null where it has committed none. */
  committed(group: string): Promise<(number | null)[]>;
  /** The offset of the first message as young as the time or younger, by shard; the end where there is none. */
  at(time: number): Promise<number[]>;
  admin(): Promise<Admin>;
  close(): Promise<void>;
}

export function kafkaOffsets(options: { kafka: Kafka; topic: string; shards: number }): Offsets {
  const { kafka, topic, shards } = options;
  const admin = lazily(
    () => connectOrEnd(kafka.admin()),
    (made) => made.disconnect(),
  );
  const ask = async <T>(question: (admin: Admin) => Promise<T>): Promise<T> => {
    try {
      return await question(await admin.get());
    } catch (cause) {
      throw unavailable("tell its offsets", cause);
    }
  };
  /** Kafka answers in any order, and of partitions that came later too. */
  const byShard = <T extends { partition: number }, R>(found: readonly T[], read: (one?: T) => R): R[] =>
    Array.from({ length: shards }, (_, shard) => read(found.find(({ partition }) => partition === shard)));

  return {
    async ranges() {
      const found = await ask((made) => made.fetchTopicOffsets(topic));
      return byShard(found, (one) => ({ low: Number(one?.low ?? 0), high: Number(one?.high ?? 0) }));
    },
    async committed(group) {
      const [found] = await ask((made) => made.fetchOffsets({ groupId: group, topics: [topic] }));
      return byShard(found?.partitions ?? [], (one) => {
        const offset = Number(one?.offset ?? -1);
        return offset < 0 ? null : offset;
      });
    },
    async at(time) {
      const found = await ask((made) => made.fetchTopicOffsetsByTimestamp(topic, time));
      return byShard(found, (one) => Number(one?.offset ?? 0));
    },
    admin: admin.get,
    close: admin.close,
  };
}
