import {
  type AtomicStore,
  type CommitOptions,
  type CommitResult,
  expiryOf,
  type PutResult,
  type ScanRange,
  type StoreOp,
  type StoreRecord,
} from "@attune/core/ports";
import type { Clock } from "@attune/core";
import { ONCE_TTL_MS } from "@attune/core/memory";
import { openEnvironment, type TextDatabase } from "./environment.js";
import { encodeText } from "../shared/text.js";
import { asBuffer, partitionEnd, prefixEnd, recordKey, splitKey } from "./keys.js";
import { headOf, headOfText, isExpired, parseRecord, toBody, withVersion } from "./record.js";
import { createUtf8, putBytes } from "./utf8.js";

/** Of the layout of the file: keys, and `[version, expiresAt or 0, value]` as JSON text. */
const SCHEMA = 1;

/** Records are read in pages of this size, each in its own moment: a scan holds no read transaction open and no more than this. */
const SCAN_PAGE = 128;
/** How many keys one step of a sweep or of a partition's removal looks at. */
const REMOVE_PAGE = 1000;

export interface LmdbStoreOptions {
  /** A directory, made for its owner alone if it is not there; the store is the file `store.mdb` in it. */
  path: string;
  clock?: Clock;
  /**
   * False (default): what has resolved survives the death of the process; a power cut may take the last moments, and
   * leaves the file whole. True: writes wait for the disk.
   */
  flush?: boolean;
}

/**
 * An {@link AtomicStore} on LMDB: one file, no server. Values are kept as JSON text, keys in code-unit order; partition
 * and sort key may have 1976 bytes together. A record that was deleted or has expired starts again at version 1.
 *
 * Several processes of one machine may have the same file open (not over a network file system): one of them writes at a time,
 * conditions are decided while it does, and what one has written the others read from their next turn on. Writes that come together
 * share a transaction, so many at once cost little more than one; a single one after another costs a transaction each, and with `flush` the disk. While a
 * process opens the file, reads may miss the last commit for some milliseconds; writes miss nothing.
 *
 * @throws AttuneError `ATTUNE_STORE_SCHEMA` where a newer version wrote the file, `ATTUNE_STORE_DISK` where the disk is full.
 */
export function lmdbStore(options: LmdbStoreOptions): AtomicStore {
  const { path, clock = { now: Date.now }, flush = false } = options;
  const environment = openEnvironment({ path, file: "store", schema: SCHEMA, flush });
  const { assertOpen, write } = environment;
  const records = environment.database("records");
  const tokens = environment.database("once");
  const utf8 = createUtf8();

  /** The version that stands at a key, 0 if none. */
  const versionAt = (key: Buffer, now: number): number => {
    const bytes = records.getBinaryFast(key);
    if (bytes === undefined) return 0;
    const { version, expiresAt } = headOf(bytes);
    return isExpired(expiresAt, now) ? 0 : version;
  };
  const read = <V>(partition: string, sort: string): StoreRecord<V> | null => {
    const text = records.get(recordKey(partition, sort));
    return text === undefined ? null : parseRecord<V>({ partition, sort }, text, clock.now());
  };

  return {
    async get<V>(partition: string, sort: string) {
      assertOpen();
      return read<V>(partition, sort);
    },
    async getMany<V>(keys: readonly { partition: string; sort: string }[]) {
      assertOpen();
      return keys.map(({ partition, sort }) => read<V>(partition, sort));
    },
    async put(partition, sort, value, put = {}): Promise<PutResult> {
      const key = recordKey(partition, sort);
      const body = toBody(utf8, value, put.expiresAt);
      return write((): PutResult => {
        const version = versionAt(key, clock.now());
        if (put.ifVersion !== undefined && put.ifVersion !== version) return { written: false, version };
        putBytes(records, key, withVersion(body, version + 1));
        return { written: true, version: version + 1 };
      });
    },
    async delete(partition, sort) {
      const key = recordKey(partition, sort);
      return write(() => {
        const there = versionAt(key, clock.now()) > 0;
        records.removeSync(key);
        return there;
      });
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      const bounds = toBounds(partition, range);
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      let after: Buffer | undefined;
      for (;;) {
        assertOpen();
        const page = readPage(records, {
          ...bounds,
          after,
          reverse: range.reverse ?? false,
          limit: SCAN_PAGE,
        });
        const now = clock.now();
        for (const { key, value } of page) {
          if (left <= 0) return;
          const record = parseRecord<V>(splitKey(key), value, now);
          if (record === null) continue;
          left--;
          yield record;
        }
        if (page.length < SCAN_PAGE || left <= 0) return;
        after = page[SCAN_PAGE - 1]?.key;
      }
    },
    async deletePartition(partition) {
      const bounds = { from: recordKey(partition, ""), to: prefixEnd(partition, "") };
      const now = clock.now();
      let count = 0;
      const gone = (_key: Buffer, text: string): boolean => {
        if (!isExpired(headOfText(text).expiresAt, now)) count++;
        return true;
      };
      // The last records and the tokens in one transaction: no commit comes in between and keeps one without the other.
      const step = (): Buffer | null =>
        removeSome(records, bounds, gone) ?? removeSome(tokens, bounds, () => true);
      while ((await write(step)) !== null);
      return count;
    },
    async *partitions(prefix) {
      // Leaps from partition to partition: one seek each, however many records they have.
      let from: Buffer = encodeText(prefix);
      for (;;) {
        assertOpen();
        const name = firstLive(records, from, clock.now());
        if (name === null || !name.partition.startsWith(prefix)) return;
        yield name.partition;
        from = name.end;
      }
    },
    async sweep() {
      assertOpen();
      const now = clock.now();
      let count = 0;
      const expired = (_key: Buffer, text: string): boolean => {
        const dead = isExpired(headOfText(text).expiresAt, now);
        if (dead) count++;
        return dead;
      };
      await sweepAll(records, expired);
      await sweepAll(tokens, (_key, until) => Number(until) <= now);
      return count;
    },
    async commit(partition, ops: readonly StoreOp[], commit: CommitOptions = {}): Promise<CommitResult> {
      const { once, onceTtl = ONCE_TTL_MS } = commit;
      const token = once === undefined ? undefined : recordKey(partition, once);
      // Encoded before the transaction: a value without a JSON form must not leave half a commit behind.
      const steps = ops.map((op) => {
        const body = op.op === "put" ? toBody(utf8, op.value, op.expiresAt) : null;
        return { op, body, key: recordKey(partition, op.sort) };
      });
      // Refused here, before anything is done.
      expiryOf(onceTtl);
      return write((): CommitResult => {
        const now = clock.now();
        if (token !== undefined && Number(tokens.get(token) ?? 0) > now) return { status: "duplicate" };
        for (const { op, key } of steps) {
          if (op.ifVersion !== undefined && op.ifVersion !== versionAt(key, now))
            return { status: "conflict", sort: op.sort };
        }
        if (token !== undefined) tokens.putSync(token, String(now + onceTtl));
        for (const { op, key, body } of steps) {
          // Looked at again, since a step before it may have written the same record.
          if (body !== null) putBytes(records, key, withVersion(body, versionAt(key, now) + 1));
          else if (op.op === "delete") records.removeSync(key);
        }
        return { status: "committed" };
      });
    },
    close: () => environment.close(),
  };

  /** Removes what matches, page by page, each in its own transaction, so that neither lock nor loop is held for long. */
  async function sweepAll(database: TextDatabase, matches: Matcher): Promise<void> {
    let from: Buffer | null = Buffer.of(0);
    while (from !== null) {
      const bounds: Bounds = { from, to: Buffer.of(0xff) };
      from = await write(() => removeSome(database, bounds, matches));
    }
  }
}

interface Bounds {
  from: Buffer;
  to: Buffer;
}
type Matcher = (key: Buffer, text: string) => boolean;

function toBounds(partition: string, { from = "", to, prefix = "" }: ScanRange): Bounds {
  const end = prefixEnd(partition, prefix);
  const given = to === undefined ? end : recordKey(partition, to);
  return {
    from: recordKey(partition, from > prefix ? from : prefix),
    to: given.compare(end) < 0 ? given : end,
  };
}

interface PageRequest extends Bounds {
  /** The key delivered last. */
  after: Buffer | undefined;
  reverse: boolean;
  limit: number;
}

function readPage(database: TextDatabase, request: PageRequest): { key: Buffer; value: string }[] {
  const { from, to, after, reverse, limit } = request;
  if (from.compare(to) >= 0) return [];
  const range = reverse
    ? { start: after ?? to, end: from, exclusiveStart: true, inclusiveEnd: true, reverse, limit }
    : { start: after ?? from, end: to, exclusiveStart: after !== undefined, limit };
  return Array.from(database.getRange(range), ({ key, value }) => ({ key: asBuffer(key), value }));
}

/** Looks at one page from `from` on and removes what matches; where to go on, or null at the end. */
function removeSome(database: TextDatabase, { from, to }: Bounds, matches: Matcher): Buffer | null {
  const page = readPage(database, { from, to, after: undefined, reverse: false, limit: REMOVE_PAGE });
  for (const { key, value } of page) if (matches(key, value)) database.removeSync(key);
  const last = page[REMOVE_PAGE - 1];
  return last === undefined ? null : Buffer.concat([last.key, Buffer.of(0)]);
}

/** The first partition at or after a key that has a living record, and the key after all of its own. */
function firstLive(
  database: TextDatabase,
  from: Buffer,
  now: number,
): { partition: string; end: Buffer } | null {
  for (const { key, value } of database.getRange({ start: from })) {
    if (isExpired(headOfText(value).expiresAt, now)) continue;
    const own = asBuffer(key);
    return { partition: splitKey(own).partition, end: partitionEnd(own) };
  }
  return null;
}
