import { AttuneError, type Clock } from "@attune/core";
import { consumerGroups, keyHash, shardOf } from "@attune/core/memory";
import type { Log, LogEntry, LogRecord } from "@attune/core/ports";
import { lmdbDeadLetters } from "./dead-letters.js";
import { type Environment, openEnvironment, type TextDatabase } from "./environment.js";
import { asBuffer, logKey, readLogKey, recordKey, splitKey } from "./keys.js";

/** Of the layout of the file: keys, and `[appendedAt, key, value]` as JSON text. */
const SCHEMA = 1;
const DEFAULT_SHARDS = 8;
/** How many records one step of an erasure or a trim looks at, so that neither lock nor loop is held for long. */
const STEP = 2000;

export interface LmdbLogOptions {
  /** A directory, made if it is not there; the log is the file `log.mdb` in it. */
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
 * A {@link Log} on LMDB: one file, no server; consumers live in this process. Appends that come together share a
 * transaction. There is no index by key: an erasure walks the keys of the one shard that the key falls into, 12 bytes
 * each, and opens only records whose hash fits. An index would cost every append a second write at a random place of
 * the file, for something that happens rarely.
 *
 * @throws AttuneError `ATTUNE_LOG_SCHEMA` where a newer version wrote the file, `ATTUNE_LOG_SHARDS` where it was made
 * with another number of shards.
 */
export function lmdbLog(options: LmdbLogOptions): Log {
  const { path, clock = { now: Date.now }, flush = false } = options;
  const environment = openEnvironment({ path, file: "log", schema: SCHEMA, flush });
  const { assertOpen, write } = environment;
  const shards = settleShards(environment, options.shards);
  const records = environment.database("records");
  const offsets = environment.database("groups");
  const committed = (group: string, shard: number): number =>
    Number(offsets.get(recordKey(group, String(shard))) ?? 0);

  const read = (shard: number, after: number, limit: number): LogRecord[] => {
    assertOpen();
    const range = { start: logKey({ shard, position: after + 1, hash: 0 }), end: shardEnd(shard), limit };
    return Array.from(records.getRange(range), ({ key, value }) => toRecord(asBuffer(key), value));
  };
  const groups = consumerGroups({
    shards,
    read: async (shard, after, limit) => read(shard, after, limit),
    committed: async (group, shard) => committed(group, shard),
    commit: (group, shard, position) =>
      write(() => offsets.putSync(recordKey(group, String(shard)), String(position))),
  });

  /** Up to where every known group has committed. */
  const settledUpTo = (shard: number): number => {
    let low = Number.POSITIVE_INFINITY;
    for (const { key, value } of offsets.getRange({})) {
      if (Number(splitKey(asBuffer(key)).sort) === shard) low = Math.min(low, Number(value));
    }
    return low;
  };

  return {
    capabilities: { shards, durable: true, dedupe: "none", erase: "delete" },
    async append<V>(entries: readonly LogEntry<V>[]) {
      assertOpen();
      if (entries.length === 0) return;
      const appendedAt = clock.now();
      const rows = entries.map(({ key, value }) => {
        return { shard: shardOf(key, shards), hash: keyHash(key), text: toJson([appendedAt, key, value]) };
      });
      const grown = new Set(rows.map(({ shard }) => shard));
      await write(() => {
        // The counters are kept, since the last record may have been erased and its position must not come again.
        const positions = readPositions(environment.meta, shards);
        for (const { shard, hash, text } of rows) {
          const position = (positions[shard] ?? 0) + 1;
          positions[shard] = position;
          records.putSync(logKey({ shard, position, hash }), text);
        }
        environment.meta.putSync(META_POSITIONS, positions.join(","));
      });
      for (const shard of grown) groups.wake(shard);
    },
    async read<V>(shard: number, after: number, limit: number) {
      return read(shard, after, limit) as LogRecord<V>[];
    },
    async consume(group, handler, consume) {
      // A group is known, and holds back trimming, from its first consumer on.
      await write(() => {
        for (let shard = 0; shard < shards; shard++) {
          const key = recordKey(group, String(shard));
          if (offsets.get(key) === undefined) offsets.putSync(key, "0");
        }
      });
      return groups.consume(group, handler, consume);
    },
    async committed(group, shard) {
      assertOpen();
      return committed(group, shard);
    },
    async lag(group) {
      assertOpen();
      let count = 0;
      for (let shard = 0; shard < shards; shard++) {
        const start = logKey({ shard, position: committed(group, shard) + 1, hash: 0 });
        count += records.getKeysCount({ start, end: shardEnd(shard) });
      }
      return count;
    },
    async erase(key) {
      const [shard, hash] = [shardOf(key, shards), keyHash(key)];
      const isOwn = (found: Buffer): boolean => {
        if (readLogKey(found).hash !== hash) return false;
        const text = records.get(found);
        return text !== undefined && toRecord(found, text).key === key;
      };
      return removeWhere(environment, records, { shard, matches: isOwn });
    },
    async trim(before) {
      let count = 0;
      for (let shard = 0; shard < shards; shard++) {
        const settled = settledUpTo(shard);
        const isOld = (found: Buffer): boolean | "stop" => {
          if (readLogKey(found).position > settled) return "stop";
          return Number.parseFloat((records.get(found) ?? "").slice(1, 32)) < before;
        };
        count += await removeWhere(environment, records, { shard, matches: isOld });
      }
      return count;
    },
    deadLetters: lmdbDeadLetters(environment),
    async close() {
      await groups.stop();
      await environment.close();
    },
  };
}

const META_SHARDS = Buffer.from("shards");
const META_POSITIONS = Buffer.from("positions");

const shardEnd = (shard: number): Buffer => logKey({ shard: shard + 1, position: 0, hash: 0 });

const readPositions = (meta: TextDatabase, shards: number): number[] => {
  const text = meta.get(META_POSITIONS);
  return text === undefined ? new Array<number>(shards).fill(0) : text.split(",").map(Number);
};

function toRecord(key: Buffer, text: string): LogRecord {
  const { shard, position } = readLogKey(key);
  const [appendedAt, own, value] = JSON.parse(text) as [number, string, unknown];
  return { key: own, value, shard, position, appendedAt };
}

function toJson(row: readonly [number, string, unknown]): string {
  try {
    return JSON.stringify(row);
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_LOG_VALUE",
      "An entry has no JSON form: it is circular, nested too deeply, or holds a BigInt. Append plain data.",
      { cause },
    );
  }
}

/** The number of shards that the file was made with; the one asked for where it is new. */
function settleShards({ meta, close }: Environment, asked: number | undefined): number {
  const known = meta.get(META_SHARDS);
  const shards = known === undefined ? (asked ?? DEFAULT_SHARDS) : Number(known);
  if (asked !== undefined && asked !== shards) {
    void close();
    throw new AttuneError(
      "ATTUNE_LOG_SHARDS",
      `The log was made with ${shards} shards, not ${asked}. Leave \`shards\` out, or make a new log and copy the entries.`,
    );
  }
  meta.putSync(META_SHARDS, String(shards));
  return shards;
}

interface Removal {
  shard: number;
  /** "stop": neither this record nor any after it. */
  matches(key: Buffer): boolean | "stop";
}

/** Walks the keys of a shard and removes what matches, step by step, each in its own transaction. */
async function removeWhere(
  environment: Environment,
  records: TextDatabase,
  removal: Removal,
): Promise<number> {
  const { shard, matches } = removal;
  let start: Buffer | null = logKey({ shard, position: 0, hash: 0 });
  let count = 0;
  while (start !== null) {
    const from: Buffer = start;
    start = await environment.write(() => {
      const keys = Array.from(records.getKeys({ start: from, end: shardEnd(shard), limit: STEP }), asBuffer);
      for (const key of keys) {
        const match = matches(key);
        if (match === "stop") return null;
        if (match) {
          records.removeSync(key);
          count++;
        }
      }
      const last = keys[STEP - 1];
      return last === undefined
        ? null
        : logKey({ ...readLogKey(last), position: readLogKey(last).position + 1, hash: 0 });
    });
  }
  return count;
}
