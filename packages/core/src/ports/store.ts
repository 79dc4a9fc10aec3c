/** A versioned record. `version` starts at 1 and grows with each write of the same key. */
export interface StoreRecord<V = unknown> {
  partition: string;
  sort: string;
  value: V;
  version: number;
  /** Epoch ms after which the record no longer exists for any reader, swept or not. Not there where it never expires. */
  expiresAt?: number;
}

export interface RecordKey {
  partition: string;
  sort: string;
}

/** A write without `expiresAt` (epoch ms) is kept for good, also where the record had one before. */
export interface PutOptions {
  /** Write only if the record's version is this; 0 means "must not exist". */
  ifVersion?: number;
  /** Epoch ms; `Infinity` is never, as if it were left out. What is no time is refused with `ATTUNE_STORE_EXPIRY`. */
  expiresAt?: number;
}

/** `version` is that of the record that is there now: the one just written, or the one that stood in the way (0: there is none). */
export type PutResult = { written: true; version: number } | { written: false; version: number };

/** Half-open range of sort keys in code-unit order: `from ≤ sort < to`; `prefix` narrows further. */
export interface ScanRange {
  from?: string;
  to?: string;
  prefix?: string;
  limit?: number;
  reverse?: boolean;
}

/**
 * Versioned records keyed by `(partition, sort)`. Values are JSON-shaped (plain objects, arrays, strings, finite numbers,
 * booleans, null); what is read is never the object that was written, so neither side can change the other's.
 * Partition and sort key are any text, the empty one too; what is too long for the engine is refused with `ATTUNE_STORE_KEY`.
 * One record is atomic. Not here: queries by value, transactions over partitions, notifications.
 */
export interface Store {
  get<V>(partition: string, sort: string): Promise<StoreRecord<V> | null>;
  /** In the order of the keys; null where there is none. */
  getMany<V>(keys: readonly RecordKey[]): Promise<(StoreRecord<V> | null)[]>;
  /** `written: false` carries the version that stands there (0: none). */
  put<V>(partition: string, sort: string, value: V, options?: PutOptions): Promise<PutResult>;
  /** True if a record was there. */
  delete(partition: string, sort: string): Promise<boolean>;
  scan<V>(partition: string, range?: ScanRange): AsyncIterable<StoreRecord<V>>;
  /** Removes every record of the partition; how many there were. */
  deletePartition(partition: string): Promise<number>;
  /**
   * Names of partitions that start with the prefix, in order; whoever reads them may write and remove meanwhile, and each that is there all
   * along is listed once. For sweeps, rebuilds and proofs; not for request paths.
   */
  partitions(prefix: string): AsyncIterable<string>;
  /** Removes expired records for good; how many. */
  sweep(): Promise<number>;
  close(): Promise<void>;
}

export type StoreOp =
  | { op: "put"; sort: string; value: unknown; ifVersion?: number; expiresAt?: number }
  | { op: "delete"; sort: string; ifVersion?: number }
  /** Writes nothing; the commit fails unless the record's version is this (0: absent). */
  | { op: "check"; sort: string; ifVersion: number };

export interface CommitOptions {
  /**
   * A token, any text: a second commit of the same token to the same partition changes nothing. Remembered for `onceTtl` ms (7 days unless
   * told; `Infinity`: until the partition is deleted). What is no time is refused with `ATTUNE_STORE_EXPIRY`, and nothing is written.
   */
  once?: string;
  onceTtl?: number;
}

export type CommitResult =
  | { status: "committed" }
  /** The token of `once` was already used here. */
  | { status: "duplicate" }
  /** A condition failed; nothing was written. */
  | { status: "conflict"; sort: string };

/**
 * A store that can write several records of one partition at once, all or nothing. The hot role needs it. A commit may name one record several
 * times: its conditions all see what stood before it, its steps are taken in order.
 */
export interface AtomicStore extends Store {
  commit(partition: string, ops: readonly StoreOp[], options?: CommitOptions): Promise<CommitResult>;
}
