import type { RecordKey, Store, StoreOp, StoreRecord } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { SORT } from "../layout/partitions.js";
import type { Tally, TombstoneRecord } from "../layout/records.js";
import { untilWritten } from "../tools/retry.js";

/** Records removed in one commit. */
const CHUNK = 200;

export const NOTHING: Tally = { events: 0, sessions: 0, profiles: 0, records: 0, logEntries: 0 };

export function plus(a: Tally, b: Tally): Tally {
  return {
    events: a.events + b.events,
    sessions: a.sessions + b.sessions,
    profiles: a.profiles + b.profiles,
    records: a.records + b.records,
    logEntries: a.logEntries + b.logEntries,
  };
}

/** The tombstones of these partitions, all of which have one. */
export async function tombstonesOf(
  hot: Store,
  partitions: readonly string[],
): Promise<StoreRecord<TombstoneRecord>[]> {
  const keys = partitions.map((partition): RecordKey => ({ partition, sort: SORT.tombstone }));
  return (await hot.getMany<TombstoneRecord>(keys)) as StoreRecord<TombstoneRecord>[];
}

const tombstoneOf = async (hot: Store, partition: string): Promise<StoreRecord<TombstoneRecord>> =>
  (await tombstonesOf(hot, [partition]))[0] as StoreRecord<TombstoneRecord>;

/** What a chunk of records counts as, and what is to be written together with their removal. */
export interface Removal {
  tally: Tally;
  ops: readonly StoreOp[];
}

async function firstOf(
  records: AsyncIterable<StoreRecord<never>>,
  wanted: (sort: string) => boolean,
): Promise<StoreRecord<never>[]> {
  const chunk: StoreRecord<never>[] = [];
  for await (const record of records) {
    if (wanted(record.sort)) chunk.push(record);
    if (chunk.length === CHUNK) break;
  }
  return chunk;
}

/**
 * Removes the records of a buried partition whose sort key is wanted. Each chunk goes in one commit with its count on the tombstone, so
 * that whoever removes them, and wherever one of them breaks off, each record is counted once.
 *
 * @param prepare Called before each chunk is removed, again where somebody else came first: must bear repetition.
 */
export async function removeCounted(
  { hot }: ServiceContext,
  partition: string,
  wanted: (sort: string) => boolean,
  prepare: (chunk: readonly StoreRecord<never>[]) => Promise<Removal>,
): Promise<void> {
  for (;;) {
    // Before the scan: what somebody else removes after this makes the commit fail, hence is not counted twice.
    const { value, version } = await tombstoneOf(hot, partition);
    const chunk = await firstOf(hot.scan<never>(partition), wanted);
    if (chunk.length === 0) return;
    const { tally, ops } = await prepare(chunk);
    const removed = plus(value.removed ?? NOTHING, tally);
    // Where it fails somebody else has removed some of them: there are fewer left each time, so this ends.
    await hot.commit(partition, [
      { op: "put", sort: SORT.tombstone, value: { ...value, removed }, ifVersion: version },
      ...chunk.map(({ sort }): StoreOp => ({ op: "delete", sort })),
      ...ops,
    ]);
  }
}

/** Notes that the tombstone's own effects are done, and what was removed of the log. */
export async function noteCleared(
  { hot, random }: ServiceContext,
  partition: string,
  logEntries: number,
): Promise<void> {
  const attempt = async (): Promise<true | null> => {
    const { value, version } = await tombstoneOf(hot, partition);
    if (value.pending === undefined && logEntries === 0) return true;
    const { pending: _done, removed = NOTHING, ...rest } = value;
    const next: TombstoneRecord = { ...rest, removed: plus(removed, { ...NOTHING, logEntries }) };
    return (await hot.put(partition, SORT.tombstone, next, { ifVersion: version })).written ? true : null;
  };
  await untilWritten(attempt, random);
}

/** Takes off a tombstone what now stands in a receipt. Where it has changed since it was read, it is left: told twice is better than never. */
export async function noteTold(
  hot: Store,
  { partition, version, value }: StoreRecord<TombstoneRecord>,
): Promise<void> {
  if (value.removed === undefined) return;
  const { removed: _told, ...rest } = value;
  await hot.put(partition, SORT.tombstone, rest, { ifVersion: version });
}
