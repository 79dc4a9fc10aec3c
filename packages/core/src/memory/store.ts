import { type Clock, systemClock } from "../kernel/clock.js";
import { AttuneError } from "../kernel/errors.js";
import { expiryOf } from "../ports/expiry.js";
import type {
  AtomicStore,
  CommitOptions,
  CommitResult,
  PutResult,
  ScanRange,
  StoreOp,
  StoreRecord,
} from "../ports/store.js";
import { cloneJson } from "./clone.js";
import { lowerBound, type SortedKeys, sortedKeys } from "./sorted-keys.js";

interface Entry {
  value: unknown;
  version: number;
  expiresAt: number | null;
}

interface Partition {
  entries: Map<string, Entry>;
  keys: SortedKeys;
  /** Tokens of `once`, and until when each is remembered. */
  once: Map<string, number>;
}

interface Cursor {
  /** The last key already delivered. */
  after: string | undefined;
  size: number;
}

/** How long a token of `once` is remembered unless the commit says otherwise: 7 days. */
export const ONCE_TTL_MS = 7 * 24 * 3_600_000;

/** Records are read off in pages of this size, so that a scan never holds more and sees writes made meanwhile. */
const SCAN_PAGE = 128;

export interface MemoryStoreOptions {
  clock?: Clock;
}

/**
 * An {@link AtomicStore} in this process's memory, for tests, examples and short-lived hosts. Values are copied on
 * the way in and out. A record that was deleted or has expired starts again at version 1.
 */
export function memoryStore(options: MemoryStoreOptions = {}): AtomicStore {
  const clock = options.clock ?? systemClock;
  const partitions = new Map<string, Partition>();
  const names = sortedKeys();
  let closed = false;

  const live = (name: string, sort: string): Entry | undefined => {
    const entry = partitions.get(name)?.entries.get(sort);
    return entry === undefined || isExpired(entry, clock.now()) ? undefined : entry;
  };

  const open = (): void => {
    if (closed) throw new AttuneError("ATTUNE_STORE_CLOSED", "The store is closed. Open a new one.");
  };

  const partitionFor = (name: string): Partition => {
    let partition = partitions.get(name);
    if (partition === undefined) {
      partition = { entries: new Map(), keys: sortedKeys(), once: new Map() };
      partitions.set(name, partition);
      names.add(name);
    }
    return partition;
  };

  const dropIfEmpty = (name: string, partition: Partition): void => {
    if (partition.entries.size > 0 || partition.once.size > 0) return;
    partitions.delete(name);
    names.remove(name);
  };

  const write = (name: string, sort: string, value: unknown, expiresAt: number | null): number => {
    const partition = partitionFor(name);
    const entry = partition.entries.get(sort);
    if (entry === undefined) {
      partition.entries.set(sort, { value, version: 1, expiresAt });
      partition.keys.add(sort);
      return 1;
    }
    entry.version = isExpired(entry, clock.now()) ? 1 : entry.version + 1;
    entry.value = value;
    entry.expiresAt = expiresAt;
    return entry.version;
  };

  const remove = (name: string, sort: string): boolean => {
    const partition = partitions.get(name);
    const entry = partition?.entries.get(sort);
    if (partition === undefined || entry === undefined) return false;
    partition.entries.delete(sort);
    partition.keys.remove(sort);
    dropIfEmpty(name, partition);
    return !isExpired(entry, clock.now());
  };

  const read = <V>(partition: string, sort: string): StoreRecord<V> | null => {
    const entry = live(partition, sort);
    return entry === undefined ? null : toRecord<V>(partition, sort, entry);
  };

  const page = <V>(name: string, range: ScanRange, cursor: Cursor): StoreRecord<V>[] => {
    const partition = partitions.get(name);
    if (partition === undefined) return [];
    const keys = partition.keys.list();
    const { first, end } = bounds(keys, range, cursor.after);
    const now = clock.now();
    const records: StoreRecord<V>[] = [];
    for (let n = 0; n < end - first && records.length < cursor.size; n++) {
      const sort = keys[range.reverse ? end - 1 - n : first + n] as string;
      const entry = partition.entries.get(sort);
      if (entry !== undefined && !isExpired(entry, now)) records.push(toRecord<V>(name, sort, entry));
    }
    return records;
  };

  return {
    async get<V>(partition: string, sort: string) {
      open();
      return read<V>(partition, sort);
    },
    async getMany<V>(wanted: readonly { partition: string; sort: string }[]) {
      open();
      return wanted.map(({ partition, sort }) => read<V>(partition, sort));
    },
    async put(partition, sort, value, put = {}): Promise<PutResult> {
      open();
      const expiresAt = expiryOf(put.expiresAt);
      const version = live(partition, sort)?.version ?? 0;
      if (put.ifVersion !== undefined && put.ifVersion !== version) return { written: false, version };
      return { written: true, version: write(partition, sort, cloneJson(value), expiresAt) };
    },
    async delete(partition, sort) {
      open();
      return remove(partition, sort);
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      let left = range.limit ?? Number.POSITIVE_INFINITY;
      let after: string | undefined;
      while (left > 0) {
        open();
        const size = Math.min(left, SCAN_PAGE);
        const records = page<V>(partition, range, { after, size });
        for (const record of records) yield record;
        if (records.length < size) return;
        left -= size;
        after = records[size - 1]?.sort;
      }
    },
    async deletePartition(name) {
      open();
      const partition = partitions.get(name);
      if (partition === undefined) return 0;
      const now = clock.now();
      let count = 0;
      for (const entry of partition.entries.values()) if (!isExpired(entry, now)) count++;
      partitions.delete(name);
      names.remove(name);
      return count;
    },
    async *partitions(prefix) {
      open();
      const keys = names.list();
      const { first, end } = bounds(keys, { prefix }, undefined);
      // A copy, since the list moves with writes made between two steps.
      for (const name of keys.slice(first, end)) {
        const now = clock.now();
        for (const entry of partitions.get(name)?.entries.values() ?? []) {
          if (isExpired(entry, now)) continue;
          yield name;
          break;
        }
      }
    },
    async sweep() {
      open();
      const now = clock.now();
      let count = 0;
      for (const [name, partition] of partitions) {
        for (const [token, until] of partition.once) if (until <= now) partition.once.delete(token);
        for (const [sort, entry] of partition.entries) {
          if (!isExpired(entry, now)) continue;
          partition.entries.delete(sort);
          partition.keys.remove(sort);
          count++;
        }
        dropIfEmpty(name, partition);
      }
      return count;
    },
    async commit(name, ops: readonly StoreOp[], commit: CommitOptions = {}): Promise<CommitResult> {
      open();
      const { once, onceTtl = ONCE_TTL_MS } = commit;
      const forgetAt = expiryOf(clock.now() + onceTtl) ?? Number.POSITIVE_INFINITY;
      if (once !== undefined && (partitions.get(name)?.once.get(once) ?? 0) > clock.now())
        return { status: "duplicate" };
      for (const op of ops) {
        if (op.ifVersion !== undefined && op.ifVersion !== (live(name, op.sort)?.version ?? 0)) {
          return { status: "conflict", sort: op.sort };
        }
      }
      // Before the first write: what is refused must not leave half a commit behind.
      const values = ops.map((op) => (op.op === "put" ? cloneJson(op.value) : undefined));
      const ends = ops.map((op) => (op.op === "put" ? expiryOf(op.expiresAt) : null));
      if (once !== undefined) partitionFor(name).once.set(once, forgetAt);
      ops.forEach((op, i) => {
        if (op.op === "put") write(name, op.sort, values[i], ends[i] ?? null);
        else if (op.op === "delete") remove(name, op.sort);
      });
      return { status: "committed" };
    },
    async close() {
      closed = true;
      partitions.clear();
    },
  };
}

const isExpired = (entry: Entry, now: number): boolean => entry.expiresAt !== null && entry.expiresAt <= now;

function toRecord<V>(partition: string, sort: string, entry: Entry): StoreRecord<V> {
  const record: StoreRecord<V> = {
    partition,
    sort,
    value: cloneJson(entry.value) as V,
    version: entry.version,
  };
  if (entry.expiresAt !== null) record.expiresAt = entry.expiresAt;
  return record;
}

/** Indices of what is left of the range in the sorted keys, after the key delivered last. */
function bounds(
  keys: readonly string[],
  range: ScanRange,
  after: string | undefined,
): { first: number; end: number } {
  const { from = "", to, prefix = "", reverse = false } = range;
  let first = lowerBound(keys, from > prefix ? from : prefix);
  let end = to === undefined ? keys.length : lowerBound(keys, to);
  if (after !== undefined && reverse) end = Math.min(end, lowerBound(keys, after));
  if (after !== undefined && !reverse) first = Math.max(first, lowerBound(keys, `${after}\u0000`));
  // The keys from the prefix on that start with it are one run; its end is found by halving.
  let high = end;
  for (let low = first; prefix !== "" && low < high; ) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string).startsWith(prefix)) low = middle + 1;
    else high = middle;
    end = high;
  }
  return { first, end };
}
