import {
  type AtomicStore,
  expiryOf,
  type PutOptions,
  type PutResult,
  type RecordKey,
  type ScanRange,
  type StoreRecord,
} from "@attune/core/ports";
import type { Pool } from "pg";
import { AttuneError, type Clock, systemClock } from "@attune/core";
import { jsonText } from "../shared/json-text.js";
import { commit, lockOf, toCommit } from "./commit.js";
import { connect } from "./connection.js";
import { boundsBehind, keyText, rangeBounds, rowKey } from "./keys.js";
import { statements } from "./statements.js";
import { DEFAULT_TABLE, LAYOUT } from "./table.js";

/** Records, or names, that one statement reads, at most. */
const PAGE = 128;
const KEYS_PAGE = 1000;
const SWEEP_PAGE = 1000;

export interface PostgresStoreOptions {
  /** The host's own pool. It is never ended here; the host listens to its `error` events. */
  pool: Pool;
  /** A table as `postgresTable` makes it (default `attune_records`). It is not created here. */
  table?: string;
  clock?: Clock;
}

interface Row {
  version: number;
  expires_at: number | null;
  value: string;
}

/**
 * An {@link AtomicStore} on one PostgreSQL table: keys as bytes in code-unit order (2600 together), values as JSON text. A single record is
 * one statement; a commit is one transaction under a lock of its partition. A record that was deleted or has expired starts again at version 1.
 *
 * A call whose connection breaks fails with `ATTUNE_POSTGRES_UNAVAILABLE`, and may have been applied: it is never sent again from here.
 * Commits with a token can be repeated safely.
 *
 * @throws AttuneError `ATTUNE_POSTGRES_NAME` where the table's name is no plain one. From every call: `ATTUNE_STORE_KEY`, `ATTUNE_STORE_VALUE`,
 *   `ATTUNE_STORE_CLOSED`, `ATTUNE_STORE_SCHEMA`, `ATTUNE_POSTGRES_TABLE`, `ATTUNE_POSTGRES_BUSY`, `ATTUNE_POSTGRES_UNAVAILABLE`,
 *   `ATTUNE_POSTGRES_REFUSED`.
 */
export function postgresStore(options: PostgresStoreOptions): AtomicStore {
  const { pool, table = DEFAULT_TABLE, clock = systemClock } = options;
  const connection = connect(pool);
  const sql = statements(table);
  const now = (): number => clock.now();
  let closed = false;
  let checked: Promise<void> | null = null;

  /** Refuses after `close`, and a table of a layout that this code does not know; looked up once. */
  const ready = async (): Promise<void> => {
    if (closed) throw new AttuneError("ATTUNE_STORE_CLOSED", "The store is closed. Open a new one.");
    checked ??= connection
      .query<{ version: number }>(sql.layout, [])
      .then(([row]) => assertLayout(row?.version));
    try {
      await checked;
    } catch (error) {
      checked = null;
      throw error;
    }
  };
  const query = async <R>(text: string, values: readonly unknown[]): Promise<R[]> => {
    await ready();
    return connection.query<R>(text, values);
  };

  return {
    async get<V>(partition: string, sort: string) {
      const key = rowKey({ partition, sort });
      const [row] = await query<Row>(sql.get, [key.partition, key.sort, now()]);
      return row === undefined ? null : toRecord<V>({ partition, sort }, row);
    },
    async getMany<V>(keys: readonly RecordKey[]) {
      await ready();
      const records = new Array<StoreRecord<V> | null>(keys.length).fill(null);
      for (let first = 0; first < keys.length; first += KEYS_PAGE) {
        const asked = keys.slice(first, first + KEYS_PAGE).map(rowKey);
        const rows = await query<Row & { place: number }>(sql.getMany, [
          asked.map(({ partition }) => partition),
          asked.map(({ sort }) => sort),
          now(),
        ]);
        for (const row of rows) {
          const place = first + row.place - 1;
          records[place] = toRecord<V>(keys[place] as RecordKey, row);
        }
      }
      return records;
    },
    async put(partition, sort, value, { ifVersion, expiresAt }: PutOptions = {}): Promise<PutResult> {
      const key = rowKey({ partition, sort });
      const values = [key.partition, key.sort, expiryOf(expiresAt), jsonText(value), now()];
      const [row] =
        ifVersion === undefined
          ? await query<{ version: number }>(sql.put, values)
          : ifVersion === 0
            ? await query<{ version: number }>(sql.create, values)
            : await query<{ version: number }>(sql.replace, [...values, ifVersion]);
      if (row !== undefined) return { written: true, version: row.version };
      const [standing] = await query<Row>(sql.get, [key.partition, key.sort, now()]);
      return { written: false, version: standing?.version ?? 0 };
    },
    async delete(partition, sort) {
      const key = rowKey({ partition, sort });
      const [row] = await query<{ living: boolean }>(sql.remove, [key.partition, key.sort, now()]);
      return row?.living ?? false;
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      const key = rowKey({ partition, sort: "" });
      const reverse = range.reverse ?? false;
      let bounds = rangeBounds(range);
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      while (left > 0) {
        const size = Math.min(left, PAGE);
        const values = [key.partition, bounds.from, bounds.to, now(), size];
        const rows = await query<Row & { sort: Buffer }>(reverse ? sql.scanBack : sql.scan, values);
        for (const row of rows) yield toRecord<V>({ partition, sort: keyText(row.sort) }, row);
        const last = rows[size - 1];
        if (last === undefined) return;
        left -= size;
        bounds = boundsBehind(bounds, last.sort, reverse);
      }
    },
    async deletePartition(partition) {
      const key = rowKey({ partition, sort: "" }).partition;
      await ready();
      return connection.transaction(async (inside) => {
        await inside(sql.lock, [lockOf(sql.table, key)]);
        const [row] = await inside<{ count: number }>(sql.removePartition, [key, now()]);
        return row?.count ?? 0;
      });
    },
    async *partitions(prefix) {
      let bounds = rangeBounds({ prefix });
      for (;;) {
        const rows = await query<{ partition: Buffer }>(sql.partitions, [
          bounds.from,
          bounds.to,
          now(),
          PAGE,
        ]);
        for (const row of rows) yield keyText(row.partition);
        const last = rows[PAGE - 1];
        if (last === undefined) return;
        bounds = boundsBehind(bounds, last.partition, false);
      }
    },
    async sweep() {
      const at = now();
      let count = 0;
      for (;;) {
        const rows = await query<{ counts: boolean }>(sql.sweep, [at, SWEEP_PAGE]);
        for (const { counts } of rows) if (counts) count++;
        if (rows.length < SWEEP_PAGE) return count;
      }
    },
    async commit(partition, ops, commitOptions = {}) {
      const given = toCommit(partition, ops, commitOptions);
      await ready();
      return commit(connection, sql, given, now);
    },
    async close() {
      closed = true;
    },
  };
}

function toRecord<V>({ partition, sort }: RecordKey, row: Row): StoreRecord<V> {
  const record: StoreRecord<V> = { partition, sort, value: JSON.parse(row.value) as V, version: row.version };
  if (row.expires_at !== null) record.expiresAt = row.expires_at;
  return record;
}

function assertLayout(found: number | undefined): void {
  if (found !== undefined && found <= LAYOUT) return;
  throw new AttuneError(
    "ATTUNE_STORE_SCHEMA",
    found === undefined
      ? "The table does not say its layout. Run the SQL that postgresTable gives."
      : `A newer version made the table (layout ${found}, this code knows ${LAYOUT}). Update @attune/server-adapters.`,
  );
}
