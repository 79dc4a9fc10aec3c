import { shardOf } from "@attune/core/memory";
import type { DeadLetter, Log } from "@attune/core/ports";
import type { KafkaMessage } from "kafkajs";
import { decodeKey, encodeKey, encodeValue } from "./messages.js";
import type { BatchingProducer, Outgoing } from "./producer.js";
import type { PartitionReader } from "./reader.js";

export interface KafkaDeadLettersOptions {
  topic: string;
  producer: BatchingProducer;
  reader: PartitionReader;
  /** Of the topic. */
  shards: number;
  /** How many letters are kept. */
  limit: number;
  assertOpen(): void;
}

interface Place {
  shard: number;
  offset: number;
}

const STEP = 1000;

/**
 * Dead letters in a topic of their own, each under its id, removed by a tombstone. A topic cannot be asked by id, so
 * this process keeps an index of ids and offsets, brought up to date at every call; the letters stay with the broker.
 * The first call reads the topic once from its start.
 */
export function kafkaDeadLetters(options: KafkaDeadLettersOptions): Log["deadLetters"] {
  const { topic, producer, reader, shards, limit, assertOpen } = options;
  const index = new Map<string, Place>();
  const next = new Array<number>(shards).fill(0);
  let turn: Promise<unknown> = Promise.resolve();

  /** One after the other: two calls that read the same stretch would count it twice. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    assertOpen();
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  const outgoing = (id: string, value: string | null): Outgoing => {
    return { topic, partition: shardOf(id, shards), key: encodeKey(id), value };
  };
  const forget = async (ids: readonly string[]): Promise<void> => {
    await producer.send(ids.map((id) => outgoing(id, null)));
    for (const id of ids) index.delete(id);
  };
  const catchUp = async (): Promise<void> => {
    for (let shard = 0; shard < shards; shard++) await follow(shard);
    const excess = index.size - limit;
    if (excess > 0) await forget(sortedIds(index).slice(0, excess));
  };
  const follow = async (shard: number): Promise<void> => {
    for (;;) {
      const messages = await reader.read({ topic, shard, offset: next[shard] ?? 0 }, STEP);
      const last = messages[messages.length - 1];
      if (last === undefined) return;
      for (const message of messages) note(index, message, shard);
      next[shard] = Number(last.offset) + 1;
    }
  };
  /** The letters of some ids; ids whose letter the topic's retention has dropped leave the index. */
  const fetch = async (ids: readonly string[]): Promise<DeadLetter[]> => {
    const letters = await fetchLetters({ reader, topic }, index, ids);
    for (const id of ids) if (!letters.has(id)) index.delete(id);
    return ids.flatMap((id) => letters.get(id) ?? []);
  };

  return {
    async put(letters) {
      assertOpen();
      await producer.send(letters.map((letter) => outgoing(letter.id, encodeValue(letter))));
    },
    async read(after, count) {
      return inTurn(async () => {
        await catchUp();
        const ids = sortedIds(index).filter((id) => after === null || id > after);
        const found: DeadLetter[] = [];
        for (let first = 0; found.length < count && first < ids.length; ) {
          const part = ids.slice(first, first + count - found.length);
          found.push(...(await fetch(part)));
          first += part.length;
        }
        return found;
      });
    },
    async remove(ids) {
      return inTurn(async () => {
        await catchUp();
        const known = [...new Set(ids)].filter((id) => index.has(id));
        await forget(known);
        return known.length;
      });
    },
  };
}

/** By code unit; ids are time-ordered (UUIDv7), so oldest first. */
const sortedIds = (index: ReadonlyMap<string, Place>): string[] => [...index.keys()].sort();

function note(index: Map<string, Place>, message: KafkaMessage, shard: number): void {
  const id = idOf(message);
  if (id === null) return;
  if (message.value === null) index.delete(id);
  else index.set(id, { shard, offset: Number(message.offset) });
}

/** Null where another program wrote it. */
function idOf(message: KafkaMessage): string | null {
  try {
    return decodeKey(message.key);
  } catch {
    return null;
  }
}

/** Shard by shard, in the order of offsets, so that letters that lie together come in one answer. */
async function fetchLetters(
  from: { reader: PartitionReader; topic: string },
  index: ReadonlyMap<string, Place>,
  ids: readonly string[],
): Promise<Map<string, DeadLetter>> {
  const letters = new Map<string, DeadLetter>();
  const places = ids.flatMap((id) => index.get(id) ?? []);
  for (const shard of new Set(places.map((place) => place.shard))) {
    const offsets = places.filter((place) => place.shard === shard).map(({ offset }) => offset);
    const wanted = new Set(offsets);
    while (wanted.size > 0) {
      const offset = Math.min(...wanted);
      // One more than asked for would be read for nothing; neighbours mostly are asked for.
      const messages = await from.reader.read({ topic: from.topic, shard, offset }, wanted.size);
      wanted.delete(offset);
      for (const message of messages) {
        const at = Number(message.offset);
        const letter = wanted.delete(at) || at === offset ? toLetter(message) : null;
        if (letter !== null) letters.set(letter.id, letter);
      }
    }
  }
  return letters;
}

function toLetter(message: KafkaMessage): DeadLetter | null {
  if (message.value === null) return null;
  try {
    return JSON.parse(message.value.toString("utf8")) as DeadLetter;
  } catch {
    return null;
  }
}
