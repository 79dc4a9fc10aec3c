import type { Clock } from "../../kernel/clock.js";
import type { Series, SeriesPoint } from "../../ports/series.js";
import type { AtomicStore } from "../../ports/store.js";
import type { BucketRecord } from "../layout/records.js";
import { type Figure, FIGURES, figureNames, MINUTE_MS } from "./figures.js";
import { bucketEnd, bucketSort } from "./rollup-buckets.js";
import type { Bucket, HeldShard } from "./rollup-shard.js";
import { type BucketPlace, pointsOf, rollupKey } from "./rollups.js";

/** What the series holds of one shard, by minute. */
async function heldBy(
  series: Series,
  { site, shard }: Omit<BucketPlace, "minute">,
  [first, last]: readonly [number, number],
): Promise<Map<number, Record<string, number>>> {
  const held = new Map<number, Record<string, number>>();
  for (const name of figureNames) {
    const figure: Figure = FIGURES[name];
    const rows = await series.query({
      name: figure.name,
      field: figure.field,
      from: first * MINUTE_MS,
      to: (last + 1) * MINUTE_MS,
      windowMs: MINUTE_MS,
      aggregate: "sum",
      where: { site, shard },
      by: figure.by,
    });
    for (const { tags, windows } of rows) {
      const key = rollupKey(
        name,
        figure.by.map((tag) => tags[tag] ?? ""),
      );
      for (const { at, value } of windows) {
        const counts = held.get(at / MINUTE_MS) ?? {};
        counts[key] = Math.round(value * figure.unit);
        held.set(at / MINUTE_MS, counts);
      }
    }
  }
  return held;
}

function settled({ counts, base }: BucketRecord, held: Readonly<Record<string, number>>): BucketRecord {
  const whole: Record<string, number> = { ...counts };
  for (const [key, value] of Object.entries(held))
    whole[key] = (whole[key] ?? 0) + (base === "add" ? value : 0);
  return { v: 1, counts: whole, written: false };
}

/**
 * Makes buckets whole that do not know what the series holds of their minute, and writes them so to the store before anything is written to
 * the series: whatever dies in between, it is added once. Those that somebody changes meanwhile are left out, for the next time.
 */
export async function settleBase(
  { shard: store, series, clock }: { shard: HeldShard; series: Series; clock: Clock },
  given: readonly Bucket[],
  placeOf: (bucket: Bucket) => BucketPlace,
): Promise<Bucket[]> {
  const unsettled = given.filter(({ value }) => value.base !== undefined);
  if (unsettled[0] === undefined) return [...given];
  const { site, shard } = placeOf(unsettled[0]);
  const minutes = unsettled.map((bucket) => placeOf(bucket).minute);
  const held = await heldBy(series, { site, shard }, [Math.min(...minutes), Math.max(...minutes)]);
  const buckets: Bucket[] = [];
  for (const bucket of given) {
    if (bucket.value.base === undefined) {
      buckets.push(bucket);
      continue;
    }
    const { minute } = placeOf(bucket);
    const value = settled(bucket.value, held.get(minute) ?? {});
    if (await store.put(bucket, value, bucketEnd(minute, clock.now())))
      buckets.push({ ...bucket, value, version: bucket.version + 1 });
  }
  return buckets;
}

/**
 * Zeros for what the series holds of a shard in minutes that have no bucket: after everything was counted anew, nothing is left of them.
 */
export async function zerosFor(
  { hot, series }: { hot: AtomicStore; series: Series },
  { partition, site, shard }: Omit<BucketPlace, "minute"> & { partition: string },
  range: readonly [first: number, last: number],
): Promise<SeriesPoint[]> {
  const held = await heldBy(series, { site, shard }, range);
  const minutes = [...held.keys()];
  const buckets = await hot.getMany(minutes.map((minute) => ({ partition, sort: bucketSort(minute) })));
  return minutes.flatMap((minute, i) => {
    const counts = Object.entries(held.get(minute) ?? {}).filter(([, value]) => value !== 0);
    if (buckets[i] !== null || counts.length === 0) return [];
    return pointsOf({ site, shard, minute }, Object.fromEntries(counts.map(([key]) => [key, 0])));
  });
}
