import type { StoreOp, StoreRecord } from "../../ports/store.js";
import { SORT } from "../layout/partitions.js";
import type { BucketRecord, Counts } from "../layout/records.js";
import { MINUTE_MS } from "./figures.js";

/** Once written and this old, a bucket is removed from the store. */
export const KEPT_MS = 2 * 3_600_000;
/** One that is made anew later than this may have been there before: the series knows. Earlier than the above, for clocks that differ. */
const LATE_MS = 3_600_000;
/** How long a bucket waits for a series that does not take it. */
const PATIENCE_MS = 7 * 86_400_000;

export const bucketSort = (minute: number): string => `${SORT.bucket}${minute}`;
export const minuteIn = (sort: string): number => Number(sort.slice(SORT.bucket.length));

export const bucketEnd = (minute: number, now: number): number =>
  Math.max(now, (minute + 1) * MINUTE_MS) + PATIENCE_MS;

/** Sums by minute and rollup key. */
export type Increments = ReadonlyMap<number, ReadonlyMap<string, number>>;

/** Adds to what is there. */
export function increase(
  into: Map<number, Map<string, number>>,
  minute: number,
  one: { key: string; by: number },
): void {
  const counts = into.get(minute) ?? new Map<string, number>();
  into.set(minute, counts.set(one.key, (counts.get(one.key) ?? 0) + one.by));
}

/**
 * The buckets of one commit, with their whole counts. To be written in the commit that remembers what is counted: then each increment is in
 * them once. Each is written only as it was read, since their writer changes and removes them meanwhile.
 *
 * @param at Now, epoch ms, and whether everything is counted anew.
 */
export function bucketOps(
  at: { now: number; isPast: boolean },
  increments: Increments,
  known: (minute: number) => StoreRecord<BucketRecord> | null,
): StoreOp[] {
  const { now, isPast } = at;
  return Array.from(increments, ([minute, added]): StoreOp => {
    const record = known(minute);
    const before = record?.value;
    const counts: Record<string, number> = { ...before?.counts };
    for (const [key, by] of added) counts[key] = (counts[key] ?? 0) + by;
    const base = before === undefined ? baseOf(isPast, minute, now) : before.base;
    const value: BucketRecord = {
      v: 1,
      counts: counts satisfies Counts,
      written: false,
      ...(base && { base }),
    };
    const guard = { sort: bucketSort(minute), ifVersion: record?.version ?? 0 };
    return { op: "put", ...guard, value, expiresAt: bucketEnd(minute, now) };
  });
}

function baseOf(isPast: boolean, minute: number, now: number): BucketRecord["base"] {
  if (isPast) return "replace";
  return now - (minute + 1) * MINUTE_MS > LATE_MS ? "add" : undefined;
}
