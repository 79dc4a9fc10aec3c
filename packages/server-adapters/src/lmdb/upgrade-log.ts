import { CHUNK_ROWS, chunkText } from "./chunks.js";
import type { Upgradable } from "./environment.js";
import { chunkKey, readChunkKey } from "./keys.js";

interface Open {
  shard: number;
  last: number;
  appendedAt: number;
  rows: [key: string, value: unknown][];
}

/**
 * From layout 1, a record `[appendedAt, key, value]` for each entry under shard, position and a hash, to chunks. In one transaction, so
 * that no other process ever sees a part.
 */
export function chunksOfRecords({ database, transaction }: Upgradable): void {
  const records = database("records");
  const chunks = database("chunks");
  const put = ({ shard, last, appendedAt, rows }: Open): void =>
    void chunks.putSync(chunkKey({ shard, last, count: rows.length }), chunkText(appendedAt, rows));
  transaction(() => {
    let open: Open | null = null;
    for (const { key, value } of records.getRange({})) {
      const { shard, last } = readChunkKey(key);
      const [appendedAt, own, content] = JSON.parse(value) as [number, string, unknown];
      const fits =
        open !== null &&
        open.shard === shard &&
        open.last === last - 1 &&
        open.appendedAt === appendedAt &&
        open.rows.length < CHUNK_ROWS;
      if (open !== null && !fits) put(open);
      if (open === null || !fits) open = { shard, last, appendedAt, rows: [] };
      open.last = last;
      open.rows.push([own, content]);
    }
    if (open !== null) put(open);
    records.clearSync();
  });
}
