import type {
  AtomicStore,
  PutResult,
  RecordKey,
  ScanRange,
  Store,
  StoreOp,
  StoreRecord,
} from "@attune/core/ports";
import { AttuneError, type Clock, type RandomSource, secureRandom, systemClock } from "@attune/core";
import { placesByPartition } from "../shared/by-partition.js";
import { commitGroup } from "./commit.js";
import { deletePartition } from "./delete-partition.js";
import { durableTier } from "./durable.js";
import { closedError } from "./errors.js";
import type { Outcome } from "./evaluate.js";
import { filler } from "./fill.js";
import { type HotTier, hotTier } from "./hot.js";
import { durableKey, type HotRow, incarnationAt, RECORD, TOKEN } from "./layout.js";
import { inGroups } from "./parallel.js";
import { partStore } from "./parts.js";
import { toRequest } from "./requests.js";
import { tieredScan } from "./scan.js";
import { createTurns } from "./turns.js";
import { hasRecords, type Restored, restore, sweep } from "./upkeep.js";

/** Keys that every store takes. */
const PLAIN_KEY = /^[\x20-\x7e]{0,200}$/;
/** Partitions that are asked at once whether they have records. */
const ASK_AT_ONCE = 16;

export interface TieredStoreOptions {
  /** Where everything is read and decided; it may lose what it has. Nothing else may be kept in it. */
  hot: AtomicStore;
  /** Where everything is; it need not be able to write several records at once. Nothing else may be kept in it. */
  durable: Store;
  clock?: Clock;
  /** Ids of fillings. */
  random?: RandomSource;
  /** How long after its last write a partition leaves the hot store, ms, at least 1000 (default: it stays). It comes back with its next use. */
  hotTtlMs?: number;
  /** How long the commit of another process may be under way before it is finished from here, ms (default 500). */
  patienceMs?: number;
  /**
   * How long the durable store remembers deleted and expired records, ms (default 600,000). A call that takes a quarter of it gives up, so
   * that what a process writes that stood still meets what has happened meanwhile.
   */
  fenceMs?: number;
  /** How much of a commit goes into one item of the durable store, bytes of JSON (default 350,000, for DynamoDB's 400 KB). */
  partBytes?: number;
}

export interface TieredStore extends AtomicStore {
  /**
   * Fills the hot store from the durable one, without waiting for partitions to be used, and drops from it whatever is not the durable
   * state. For after a loss or a failover of the hot store. Reads every partition whose name starts with the prefix (default: all).
   */
  restore(prefix?: string): Promise<Restored>;
}

/**
 * An {@link AtomicStore} of two: a fast one that holds whole partitions and may lose them, and one that keeps everything and need not be
 * able to write several records at once. A call that has resolved is in the durable store; no reader sees what is not. A partition that the
 * hot store does not have is filled from the durable one when it is next used. A record's version goes on whatever happens to the hot store.
 *
 * Costs of a commit of n records: n + 2 writes to the durable store in three steps, three calls to the hot one. Commits that wait for the same
 * partition in this process share them. Reads of a resident partition go to the hot store alone.
 *
 * The stores are closed with this one.
 *
 * @throws AttuneError from every call what its stores throw, and `ATTUNE_TIERED_CONTENDED`, `ATTUNE_TIERED_LATE`, `ATTUNE_TIERED_PARTS`. A write
 *   that rejects may still come to be, whole, when the partition is next written to or filled; it never comes to be in part.
 */
export function tieredStore(options: TieredStoreOptions): TieredStore {
  const {
    hot: hotStore,
    durable: durableStore,
    hotTtlMs,
    clock = systemClock,
    random = secureRandom,
  } = options;
  const { patienceMs = 500, fenceMs = 600_000, partBytes = 350_000 } = options;
  checkTtl(hotTtlMs);
  const newId = (): string => `${word(random)}${word(random)}`;
  const partsOf = partStore({ store: durableStore, clock });
  const durable = durableTier({ store: durableStore, parts: partsOf, clock, fenceMs, partBytes, newId });
  const fill = filler({
    hotStore,
    durableStore,
    hot: () => hot,
    durable,
    clock,
    fenceMs,
    patienceMs,
    newId,
    wait,
  });
  const hot: HotTier = hotTier({ store: hotStore, clock, hotTtlMs, fill });
  const parts = { hotStore, durableStore, hot, durable, clock, parts: partsOf, fenceMs };
  const turns = createTurns((partition, requests) =>
    commitGroup({ ...parts, patienceMs, wait }, partition, requests),
  );
  let isClosed = false;
  const open = (): void => {
    if (isClosed) throw closedError();
  };

  /** A key that the durable store refuses must be refused before anything is committed. */
  const assertTaken = async (partition: string, keys: readonly string[]): Promise<void> => {
    const unusual = keys.filter((key) => !PLAIN_KEY.test(key));
    if (unusual.length === 0) return;
    const incarnation = incarnationAt(0);
    await durableStore.getMany(unusual.map((key) => ({ partition, sort: durableKey(incarnation, key) })));
  };

  const write = async (
    partition: string,
    ops: readonly StoreOp[],
    commit: { once?: string; onceTtl?: number } = {},
  ): Promise<Outcome> => {
    open();
    const request = toRequest(ops, commit, clock.now());
    const put = request.operations.filter(({ op }) => op === "put").map(({ key }) => key);
    await assertTaken(partition, commit.once === undefined ? put : [...put, TOKEN + commit.once]);
    open();
    return turns.commit(partition, request);
  };

  const readAll = async <V>(
    partition: string,
    sorts: readonly string[],
  ): Promise<(StoreRecord<V> | null)[]> => {
    const { rows } = await hot.rows(
      partition,
      sorts.map((sort) => RECORD + sort),
    );
    return rows.map((row) => (row === null ? null : toRecord<V>(row)));
  };

  return {
    async get<V>(partition: string, sort: string) {
      open();
      return (await readAll<V>(partition, [sort]))[0] ?? null;
    },
    async getMany<V>(keys: readonly RecordKey[]) {
      open();
      const found: (StoreRecord<V> | null)[] = keys.map(() => null);
      await Promise.all(
        Array.from(placesByPartition(keys), async ([name, places]) => {
          const records = await readAll<V>(
            name,
            places.map((place) => keys[place]?.sort ?? ""),
          );
          for (const [i, place] of places.entries()) found[place] = records[i] ?? null;
        }),
      );
      return found;
    },
    async put(partition, sort, value, put = {}): Promise<PutResult> {
      const outcome = await write(partition, [{ op: "put", sort, value, ...put }]);
      return { written: outcome.status === "committed", version: "version" in outcome ? outcome.version : 0 };
    },
    async delete(partition, sort) {
      const outcome = await write(partition, [{ op: "delete", sort }]);
      return outcome.status === "committed" && outcome.removed > 0;
    },
    async *scan<V>(partition: string, range: ScanRange = {}) {
      open();
      for await (const row of tieredScan({ hotStore, hot }, partition, range)) {
        yield toRecord<V>(row);
        open();
      }
    },
    async deletePartition(partition) {
      open();
      return turns.alone(partition, () => deletePartition(parts, partition));
    },
    async *partitions(prefix) {
      open();
      for await (const names of inGroups(durableStore.partitions(prefix), ASK_AT_ONCE)) {
        const living = await Promise.all(names.map((name) => hasRecords(parts, name)));
        yield* names.filter((_, i) => living[i]);
      }
    },
    async sweep() {
      open();
      return sweep(parts);
    },
    async commit(partition, ops, commit) {
      const outcome = await write(partition, ops, commit);
      return outcome.status === "conflict"
        ? { status: "conflict", sort: outcome.sort }
        : { status: outcome.status };
    },
    async restore(prefix = "") {
      open();
      return restore(parts, prefix);
    },
    async close() {
      isClosed = true;
      await turns.idle();
      await Promise.all([hotStore.close(), durableStore.close()]);
    },
  };
}

function toRecord<V>({ partition, sort, value, expiresAt }: StoreRecord<HotRow>): StoreRecord<V> {
  const record = { partition, sort: sort.slice(RECORD.length), value: value.j as V, version: value.v };
  return expiresAt === undefined ? record : { ...record, expiresAt };
}

function checkTtl(hotTtlMs: number | undefined): void {
  if (hotTtlMs === undefined || hotTtlMs >= 1000) return;
  throw new AttuneError(
    "ATTUNE_TIERED_TTL",
    "`hotTtlMs` is too short: a partition would leave the hot store before it can be used. Give at least 1000 ms.",
  );
}

const word = (random: RandomSource): string => Math.floor(random() * 2 ** 32).toString(36);
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
