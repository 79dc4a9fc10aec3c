import { AttuneError } from "@attune/core";
import type { LogRecord } from "@attune/core/ports";
import type { TextDatabase } from "./environment.js";
import { asBuffer, type ChunkKey, chunkKey, readChunkKey } from "./keys.js";

/**
 * Entries that were appended together to one shard stand together: `[appendedAt, [key, value], …]` as JSON text, `0` in place of an entry
 * that was removed between two others. JSON and LMDB both cost far more per call than per byte, so this makes appending and reading
 * about twice as fast as a record for each entry would be.
 */
type Row = readonly [key: string, value: unknown];

/** At most so many entries a chunk: what a small read parses without need is bounded by it. */
export const CHUNK_ROWS = 64;

/** How many chunks one step of a walk looks at, so that neither lock nor loop is held for long. */
const STEP = 100;

/** @throws AttuneError `ATTUNE_LOG_VALUE` where an entry has no JSON form. */
export function chunkText(appendedAt: number, rows: readonly (Row | 0)[]): string {
  try {
    return JSON.stringify([appendedAt, ...rows]);
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_LOG_VALUE",
      "An entry has no JSON form: it is circular, nested too deeply, or holds a BigInt. Append plain data.",
      { cause },
    );
  }
}

/** When the chunk was appended, without parsing the rest. */
export const appendedAtOf = (text: string): number => Number.parseFloat(text.slice(1, 32));

export const shardStart = (shard: number): Buffer => chunkKey({ shard, last: 0, count: 0 });
/** Where a chunk begins to be read that may hold an entry after a position. */
export const chunksAfter = (shard: number, position: number): Buffer =>
  chunkKey({ shard, last: position + 1, count: 0 });

/** The entries of a chunk, in order. */
export function recordsIn({ shard, last }: ChunkKey, text: string): LogRecord[] {
  const [appendedAt, ...rows] = JSON.parse(text) as [number, ...(Row | 0)[]];
  const records: LogRecord[] = [];
  rows.forEach((row, i) => {
    if (row !== 0)
      records.push({ key: row[0], value: row[1], shard, position: last - rows.length + 1 + i, appendedAt });
  });
  return records;
}

/** Within a transaction: leaves of a chunk only the given entries; how many there were besides. */
export function keepOnly(
  chunks: TextDatabase,
  key: ChunkKey,
  { records, kept }: { records: readonly LogRecord[]; kept: readonly LogRecord[] },
): number {
  if (kept.length === records.length) return 0;
  chunks.removeSync(chunkKey(key));
  const [first, last] = [kept[0], kept[kept.length - 1]];
  if (first !== undefined && last !== undefined) {
    // What is gone at either end needs no place: the last position given out is kept apart.
    const rows = new Array<Row | 0>(last.position - first.position + 1).fill(0);
    for (const { position, key: own, value } of kept) rows[position - first.position] = [own, value];
    const left = { ...key, last: last.position, count: kept.length };
    chunks.putSync(chunkKey(left), chunkText(first.appendedAt, rows));
  }
  return records.length - kept.length;
}

export interface Walk {
  shard: number;
  /** Called within a transaction for each chunk. "stop": neither this one nor any after it. */
  visit(key: ChunkKey, raw: Buffer): "stop" | undefined;
}

/** Walks the chunks of a shard, step by step, each in its own transaction. */
export async function walkChunks(
  write: <T>(action: () => T) => Promise<T>,
  chunks: TextDatabase,
  { shard, visit }: Walk,
): Promise<void> {
  let start: Buffer | null = shardStart(shard);
  while (start !== null) {
    const from: Buffer = start;
    start = await write((): Buffer | null => {
      const range = { start: from, end: shardStart(shard + 1), limit: STEP };
      const keys = Array.from(chunks.getKeys(range), asBuffer);
      for (const raw of keys) if (visit(readChunkKey(raw), raw) === "stop") return null;
      const last = keys[STEP - 1];
      return last === undefined ? null : chunksAfter(shard, readChunkKey(last).last);
    });
  }
}
