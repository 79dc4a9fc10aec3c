import type {
  CommitOptions,
  CommitResult,
  PutOptions,
  PutResult,
  ScanRange,
  StoreOp,
  StoreRecord,
} from "../ports/store.js";

/** What a `Store` is by its port, worked out the plain way: small maps, everything looked through each time. */
export interface StoreModel {
  get(partition: string, sort: string): StoreRecord | null;
  put(partition: string, sort: string, value: unknown, options: PutOptions): PutResult;
  delete(partition: string, sort: string): boolean;
  scan(partition: string, range: ScanRange): StoreRecord[];
  deletePartition(partition: string): number;
  partitions(prefix: string): string[];
  /** How many records a sweep finds at most; fewer where the engine was quicker. */
  sweep(): number;
  commit(partition: string, ops: readonly StoreOp[], options: CommitOptions): CommitResult;
}

const WEEK_MS = 7 * 24 * 3_600_000;

/** @param now The time that the real store reads. */
export function storeModel(now: () => number): StoreModel {
  let records: StoreRecord[] = [];
  let tokens: { partition: string; token: string; until: number }[] = [];

  const isLive = ({ expiresAt }: StoreRecord): boolean => expiresAt === undefined || expiresAt > now();
  const at = (partition: string, sort: string) => (record: StoreRecord) =>
    record.partition === partition && record.sort === sort;
  const get = (partition: string, sort: string): StoreRecord | null =>
    records.find((record) => at(partition, sort)(record) && isLive(record)) ?? null;
  const versionOf = (partition: string, sort: string): number => get(partition, sort)?.version ?? 0;
  const remove = (partition: string, sort: string): boolean => {
    const wasThere = get(partition, sort) !== null;
    records = records.filter((record) => !at(partition, sort)(record));
    return wasThere;
  };
  const write = (key: { partition: string; sort: string }, value: unknown, expiresAt?: number): number => {
    const version = versionOf(key.partition, key.sort) + 1;
    remove(key.partition, key.sort);
    records = [...records, { ...key, value, version, ...(expiresAt !== undefined && { expiresAt }) }];
    return version;
  };

  return {
    get,
    put(partition, sort, value, { ifVersion, expiresAt }) {
      const version = versionOf(partition, sort);
      if (ifVersion !== undefined && ifVersion !== version) return { written: false, version };
      return { written: true, version: write({ partition, sort }, value, expiresAt) };
    },
    delete: remove,
    scan(partition, { from, to, prefix = "", limit, reverse = false }) {
      const found = records
        .filter(
          (record) => record.partition === partition && isLive(record) && record.sort.startsWith(prefix),
        )
        .filter(({ sort }) => (from === undefined || sort >= from) && (to === undefined || sort < to))
        .sort((a, b) => (a.sort < b.sort ? -1 : 1));
      return (reverse ? found.reverse() : found).slice(0, limit);
    },
    deletePartition(partition) {
      const count = records.filter((record) => record.partition === partition && isLive(record)).length;
      records = records.filter((record) => record.partition !== partition);
      tokens = tokens.filter((token) => token.partition !== partition);
      return count;
    },
    partitions(prefix) {
      const names = records.filter(isLive).map(({ partition }) => partition);
      return [...new Set(names)].filter((name) => name.startsWith(prefix)).sort();
    },
    sweep() {
      const before = records.length;
      records = records.filter(isLive);
      return before - records.length;
    },
    commit(partition, ops, { once, onceTtl = WEEK_MS }) {
      const used = tokens.some(
        (each) => each.partition === partition && each.token === once && each.until > now(),
      );
      if (used) return { status: "duplicate" };
      const failing = ops.find(
        ({ sort, ifVersion }) => ifVersion !== undefined && ifVersion !== versionOf(partition, sort),
      );
      if (failing !== undefined) return { status: "conflict", sort: failing.sort };
      for (const op of ops) {
        if (op.op === "put") write({ partition, sort: op.sort }, op.value, op.expiresAt);
        else if (op.op === "delete") remove(partition, op.sort);
      }
      if (once !== undefined) tokens = [...tokens, { partition, token: once, until: now() + onceTtl }];
      return { status: "committed" };
    },
  };
}
