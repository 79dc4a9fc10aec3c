import { AttuneError, type Clock } from "@attune/core";
import { shardOf } from "@attune/core/memory";
import type { Log, LogEntry, LogRecord } from "@attune/core/ports";
import {
  appendedAtOf,
  CHUNK_ROWS,
  chunksAfter,
  chunkText,
  keepOnly,
  recordsIn,
  shardStart,
  walkChunks,
} from "./chunks.js";
import { lmdbConsumers } from "./consumers.js";
import { lmdbDeadLetters } from "./dead-letters.js";
import { type Environment, openEnvironment, type TextDatabase } from "./environment.js";
import { type ChunkKey, chunkKey, readChunkKey } from "./keys.js";
import { chunksOfRecords } from "./upgrade-log.js";
import { createUtf8, putBytes } from "./utf8.js";

/** Of the layout of the file: 1 had a record for each entry, 2 has chunks. */
const SCHEMA = 2;
const DEFAULT_SHARDS = 8;
/** By how much a clock may have been set back, ms: behind what was appended so much later a trim expects nothing that is old. */
const CLOCK_MS = 3_600_000;

export interface LmdbLogOptions {
  /** A directory, made for its owner alone if it is not there; the log is the file `log.mdb` in it. */
  path: string;
  /** Fixed when the log is made (default 8): a key must stay in its shard. */
  shards?: number;
  clock?: Clock;
  /**
   * False (default): what has resolved survives the death of the process; a power cut may take the last moments, and
   * leaves the file whole. True: `append` waits for the disk.
   */
  flush?: boolean;
}

/**
 * A {@link Log} on LMDB: one file, no server. Appends that come together share a transaction.
 *
 * Several processes of one machine may append to the file and consume from it (not over a network file system). They share the shards of
 * a group: each shard is leased by one process, which renews its lease while it handles something; what others append is seen within
 * about 100 ms, a process that was killed is replaced within about 5 s, and one that was silent for longer than that finds its commit
 * refused with `ATTUNE_LOG_FENCED` (told to `onError`), since its batch is another's by then. Delivery stays at least once; a committed
 * position never goes back. Positions are written with the next append, or after 20 ms where none comes.
 *
 * There is no index by key: an erasure looks for the key's text in the chunks of the one shard that the key falls into, and opens only
 * those that hold it. An index would cost every append a second write at a random place of the file, for something that happens rarely.
 *
 * @throws AttuneError `ATTUNE_LOG_SCHEMA` where a newer version wrote the file, `ATTUNE_LOG_SHARDS` where it was made
 * with another number of shards, `ATTUNE_LOG_DISK` where the disk is full.
 */
export function lmdbLog(options: LmdbLogOptions): Log {
  const { path, clock = { now: Date.now }, flush = false } = options;
  const environment = openEnvironment({
    path,
    file: "log",
    schema: SCHEMA,
    flush,
    upgrade: chunksOfRecords,
  });
  const { assertOpen, write } = environment;
  const shards = settleShards(environment, options.shards);
  const chunks = environment.database("chunks");
  const utf8 = createUtf8();

  const read = (shard: number, after: number, limit: number): LogRecord[] => {
    assertOpen();
    const found: LogRecord[] = [];
    if (limit <= 0) return found;
    for (const { key, value } of chunks.getRange({
      start: chunksAfter(shard, after),
      end: shardStart(shard + 1),
    })) {
      for (const record of recordsIn(readChunkKey(key), value)) {
        if (record.position > after) found.push(record);
        if (found.length >= limit) return found;
      }
    }
    return found;
  };
  const consumers = lmdbConsumers(environment, {
    shards,
    read,
    positions: () => readPositions(environment.meta, shards),
    hasAfter(shard, position) {
      const range = { start: chunksAfter(shard, position), end: shardStart(shard + 1), limit: 1 };
      return chunks.getKeysCount(range) > 0;
    },
  });
  const { committed, settledUpTo } = consumers;
  const put = async (parts: readonly Bytes[]): Promise<void> => {
    await consumers.write(() => {
      // The counters are kept, since the last entry may have been erased and its position must not come again.
      const positions = readPositions(environment.meta, shards);
      for (const { shard, count, bytes } of parts) {
        const last = (positions[shard] ?? 0) + count;
        positions[shard] = last;
        putBytes(chunks, chunkKey({ shard, last, count }), bytes);
      }
      environment.meta.putSync(META_POSITIONS, positions.join(","));
    });
    // In the next turn: whoever appended can answer first, and need not wait until what handles the shard has to wait for something itself.
    setImmediate(() => {
      for (const { shard } of parts) consumers.wake(shard);
    });
  };

  return {
    capabilities: { shards, durable: true, dedupe: "none", erase: "delete" },
    async append<V>(entries: readonly LogEntry<V>[]) {
      assertOpen();
      if (entries.length === 0) return;
      const appendedAt = clock.now();
      const parts = byShard(entries, shards).map(({ shard, rows }) => {
        return { shard, count: rows.length, bytes: utf8(chunkText(appendedAt, rows)) };
      });
      // Not awaited here, so that nobody holds the entries until the transaction comes: there are their bytes by now.
      return put(parts);
    },
    async read<V>(shard: number, after: number, limit: number) {
      return read(shard, after, limit) as LogRecord<V>[];
    },
    async consume(group, handler, consume) {
      assertOpen();
      return consumers.consume(group, handler, consume);
    },
    async committed(group, shard) {
      assertOpen();
      return committed(group, shard);
    },
    async lag(group) {
      assertOpen();
      let count = 0;
      for (let shard = 0; shard < shards; shard++)
        count += countAfter(chunks, shard, committed(group, shard));
      return count;
    },
    async erase(key) {
      const needle = Buffer.from(JSON.stringify(key));
      let count = 0;
      const visit = (at: ChunkKey, raw: Buffer): undefined => {
        if (!chunks.getBinaryFast(raw)?.includes(needle)) return;
        const records = recordsIn(at, chunks.get(raw) as string);
        count += keepOnly(chunks, at, { records, kept: records.filter((record) => record.key !== key) });
      };
      await walkChunks(write, chunks, { shard: shardOf(key, shards), visit });
      return count;
    },
    async trim(before) {
      assertOpen();
      let count = 0;
      for (let shard = 0; shard < shards; shard++) {
        const settled = settledUpTo(shard);
        const visit = (at: ChunkKey, raw: Buffer): "stop" | undefined => {
          const text = chunks.get(raw) as string;
          const appendedAt = appendedAtOf(text);
          if (appendedAt >= before + CLOCK_MS) return "stop";
          if (appendedAt < before) {
            const records = recordsIn(at, text);
            const kept = records.filter(({ position }) => position > settled);
            count += keepOnly(chunks, at, { records, kept });
          }
          return at.last >= settled ? "stop" : undefined;
        };
        await walkChunks(write, chunks, { shard, visit });
      }
      return count;
    },
    deadLetters: lmdbDeadLetters(environment),
    async close() {
      try {
        await consumers.stop();
      } finally {
        await environment.close();
      }
    },
  };
}

const META_SHARDS = Buffer.from("shards");
const META_POSITIONS = Buffer.from("positions");

const readPositions = (meta: TextDatabase, shards: number): number[] => {
  const text = meta.get(META_POSITIONS);
  return text === undefined ? new Array<number>(shards).fill(0) : text.split(",").map(Number);
};

interface Part {
  shard: number;
  rows: (readonly [key: string, value: unknown])[];
}

/** A chunk as it is written. */
interface Bytes {
  shard: number;
  count: number;
  bytes: Buffer;
}

/** Cut into chunks, each of one shard, in the order of the entries within it. */
function byShard(entries: readonly LogEntry[], shards: number): Part[] {
  const parts: Part[] = [];
  const open = new Map<number, Part>();
  let last = { key: "", shard: shardOf("", shards) };
  for (const { key, value } of entries) {
    // Neighbours mostly have one key.
    if (key !== last.key) last = { key, shard: shardOf(key, shards) };
    let part = open.get(last.shard);
    if (part === undefined || part.rows.length === CHUNK_ROWS) {
      part = { shard: last.shard, rows: [] };
      open.set(last.shard, part);
      parts.push(part);
    }
    part.rows.push([key, value]);
  }
  return parts;
}

/** How many entries there are after a position: only the chunk that it falls into is opened. */
function countAfter(chunks: TextDatabase, shard: number, position: number): number {
  let count = 0;
  let isFirst = true;
  for (const raw of chunks.getKeys({ start: chunksAfter(shard, position), end: shardStart(shard + 1) })) {
    const key = readChunkKey(raw);
    const isCut = isFirst && position > 0;
    isFirst = false;
    if (!isCut) count += key.count;
    else {
      const records = recordsIn(key, chunks.get(chunkKey(key)) as string);
      count += records.filter((record) => record.position > position).length;
    }
  }
  return count;
}

/** The number of shards that the file was made with; the one asked for where it is new. */
function settleShards({ meta, writeNow, close }: Environment, asked: number | undefined): number {
  // In one transaction: two processes may be the first at the same moment.
  const shards = writeNow(() => {
    const known = meta.get(META_SHARDS);
    if (known !== undefined) return Number(known);
    const chosen = asked ?? DEFAULT_SHARDS;
    meta.putSync(META_SHARDS, String(chosen));
    return chosen;
  });
  if (asked !== undefined && asked !== shards) {
    void close();
    throw new AttuneError(
      "ATTUNE_LOG_SHARDS",
      `The log was made with ${shards} shards, not ${asked}. Leave \`shards\` out, or make a new log and copy the entries.`,
    );
  }
  return shards;
}
