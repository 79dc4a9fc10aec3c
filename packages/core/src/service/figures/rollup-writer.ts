import type { Clock } from "../../kernel/clock.js";
import { isAttuneError } from "../../kernel/errors.js";
import type { Series, SeriesPoint } from "../../ports/series.js";
import type { AtomicStore } from "../../ports/store.js";
import {
  COUNTER_SHARDS,
  counterShard,
  ROLLUPS,
  SESSION_SHARDS,
  sessionShard,
  SORT,
} from "../layout/partitions.js";
import type { BucketRecord } from "../layout/records.js";
import { within } from "../tools/platform.js";
import type { KeyedQueue } from "../tools/queue.js";
import { MINUTE_MS } from "./figures.js";
import { settleBase, zerosFor } from "./rollup-base.js";
import { bucketEnd, bucketSort, KEPT_MS, minuteIn } from "./rollup-buckets.js";
import { type Bucket, type HeldShard, holdShard } from "./rollup-shard.js";
import { type BucketPlace, pointsOf } from "./rollups.js";

/** How long what is counted may wait for more of its minute before it is written, ms. */
const PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
/** Buckets read and written together; of one day and shard. */
const CHUNK = 500;
const MINUTES_A_DAY = 1440;

/** Brings what commits have counted by minute from the store into the series, behind the fold, which never waits for it. */
export interface Rollups {
  /** Before the first commit for a site: notes it, so that what a process leaves behind when it dies is found. */
  begin(sites: readonly string[]): Promise<void>;
  /** These buckets of a counter or session shard have changed. */
  touched(partition: string, minutes: readonly number[]): void;
  /** Writes what this process has touched. */
  flush(): Promise<void>;
  /** Writes what any process has left unwritten, and removes from the store what is old. */
  sweep(): Promise<void>;
  /**
   * After everything was counted anew: writes it all, and zeros for what the series holds beyond it from the first counted minute on.
   * `alive` is called now and then.
   */
  replace(alive: () => Promise<void>): Promise<void>;
  /** Writes what is left, once, and ends. */
  stop(): Promise<void>;
}

interface Parts {
  hot: AtomicStore;
  clock: Clock;
  queue: KeyedQueue;
  report(error: unknown): void;
}

const shardsOf = (site: string): string[] => [
  ...Array.from({ length: COUNTER_SHARDS }, (_, shard) => counterShard(site, shard)),
  ...Array.from({ length: SESSION_SHARDS }, (_, shard) => sessionShard(site, shard)),
];

const shardOf = (partition: string): Omit<BucketPlace, "minute"> => {
  const [site = "", kind = "", shard = ""] = partition.split("/");
  return { site, shard: kind + shard };
};
const placeOf = ({ partition, sort }: Bucket): BucketPlace => {
  return { ...shardOf(partition), minute: minuteIn(sort) };
};

/**
 * Points hold the whole count of a minute in a shard under a name of their own, so one that is written again, by whomever, changes nothing.
 * Two processes may write a bucket at the same time, the older counts last. Whoever wrote those finds the bucket changed and writes it again;
 * if it dies before that, the bucket is put right by its last write, which is made when it is removed from the store.
 */
export function createRollups({ hot, clock, queue, report }: Parts, series: Series): Rollups {
  const sites = new Map<string, Promise<unknown>>();
  const dirty = new Map<string, Set<number>>();
  let running: Promise<void> | null = null;
  let open = true;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });

  const touch = (partition: string, minutes: readonly number[]): void => {
    const known = dirty.get(partition);
    if (known === undefined) dirty.set(partition, new Set(minutes));
    else for (const minute of minutes) known.add(minute);
  };

  /** Writes buckets of one day and shard; removes those that are old. */
  async function write(partition: string, shard: HeldShard, given: readonly Bucket[]): Promise<void> {
    const buckets = await settleBase({ shard, series, clock }, given, placeOf);
    const points = buckets.flatMap((bucket) => pointsOf(placeOf(bucket), bucket.value.counts));
    await put(series, points, report);
    const now = clock.now();
    for (const bucket of buckets) {
      const { value } = bucket;
      const minute = minuteIn(bucket.sort);
      const isOld = now - (minute + 1) * MINUTE_MS > KEPT_MS;
      if (!isOld && value.written) continue;
      const done = isOld
        ? await shard.remove(bucket)
        : await shard.put(bucket, { ...value, written: true }, bucketEnd(minute, now));
      if (!done) touch(partition, [minute]);
    }
  }

  /** By day, so that what is asked of the series stays short. */
  async function writeAll(partition: string, shard: HeldShard, buckets: readonly Bucket[]): Promise<void> {
    const sorted = [...buckets].sort((a, b) => minuteIn(a.sort) - minuteIn(b.sort));
    let chunk: Bucket[] = [];
    const day = ({ sort }: Bucket): number => Math.floor(minuteIn(sort) / MINUTES_A_DAY);
    for (const bucket of sorted) {
      const first = chunk[0];
      if (first !== undefined && (chunk.length >= CHUNK || day(first) !== day(bucket))) {
        await write(partition, shard, chunk);
        chunk = [];
      }
      chunk.push(bucket);
    }
    if (chunk.length > 0) await write(partition, shard, chunk);
  }

  async function writeTouched(): Promise<void> {
    for (const [partition, minutes] of [...dirty]) {
      dirty.delete(partition);
      try {
        const shard = await holdShard(hot, partition);
        const keys = Array.from(minutes, (minute) => ({ partition, sort: bucketSort(minute) }));
        const found = await hot.getMany<BucketRecord>(keys);
        await writeAll(
          partition,
          shard,
          found.flatMap((bucket) => (bucket === null || bucket.value.written ? [] : [bucket])),
        );
      } catch (error) {
        touch(partition, [...minutes]);
        throw error;
      }
    }
  }

  async function writeLeft(partition: string): Promise<void> {
    const now = clock.now();
    const shard = await holdShard(hot, partition);
    let found: Bucket[] = [];
    for await (const bucket of hot.scan<BucketRecord>(partition, { prefix: SORT.bucket })) {
      const isOld = now - (minuteIn(bucket.sort) + 1) * MINUTE_MS > KEPT_MS;
      if (isOld || !bucket.value.written) found.push(bucket);
      if (found.length < CHUNK) continue;
      await writeAll(partition, shard, found);
      found = [];
    }
    await writeAll(partition, shard, found);
  }

  /** One at a time, so that older counts are never written after newer ones. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => queue(ROLLUPS, work);

  /** What changed while it was written is written once more. */
  const flush = (): Promise<void> =>
    alone(async () => {
      for (let round = 0; dirty.size > 0 && round < 3; round++) await writeTouched();
    });

  async function run(): Promise<void> {
    try {
      for (let pause = PAUSE_MS; open && dirty.size > 0; ) {
        await within(ended, pause, undefined);
        if (!open) return;
        try {
          await flush();
          pause = PAUSE_MS;
        } catch (error) {
          report(error);
          pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
        }
      }
    } finally {
      // With the last look at what is dirty, not a turn later: what is touched in between would wait for the next touch.
      running = null;
    }
  }

  /** The first minute of which a site has a bucket. */
  async function firstOf(site: string): Promise<number> {
    let first = Number.POSITIVE_INFINITY;
    for (const partition of shardsOf(site))
      for await (const { sort } of hot.scan(partition, { prefix: SORT.bucket, limit: 1 }))
        first = Math.min(first, minuteIn(sort));
    return first;
  }

  async function replaceShard(partition: string, first: number, alive: () => Promise<void>): Promise<void> {
    const now = Math.floor(clock.now() / MINUTE_MS);
    for (let from = first; from <= now; from += MINUTES_A_DAY) {
      await alive();
      const range = [from, Math.min(now, from + MINUTES_A_DAY - 1)] as const;
      const place = { partition, ...shardOf(partition) };
      await put(series, await zerosFor({ hot, series }, place, range), report);
    }
    await writeLeft(partition);
  }

  return {
    replace: (alive) =>
      alone(async () => {
        for await (const { sort: site } of hot.scan(ROLLUPS)) {
          const first = await firstOf(site);
          for (const partition of shardsOf(site)) await replaceShard(partition, first, alive);
        }
      }),
    async begin(given) {
      await Promise.all(
        [...new Set(given)].map((site) => {
          const noted = sites.get(site) ?? hot.put(ROLLUPS, site, { v: 1 });
          sites.set(site, noted);
          return noted.catch((error: unknown) => {
            sites.delete(site);
            throw error;
          });
        }),
      );
    },
    touched(partition, minutes) {
      if (minutes.length === 0) return;
      touch(partition, minutes);
      if (!open || running !== null) return;
      running = run();
    },
    flush,
    sweep: () =>
      alone(async () => {
        for await (const { sort: site } of hot.scan(ROLLUPS))
          for (const partition of shardsOf(site)) if (open) await writeLeft(partition);
      }),
    async stop() {
      open = false;
      end();
      await running;
      // What cannot be written now is written by the next process, or its sweep.
      await flush().catch(report);
    },
  };
}

/** Points that the series has no room for are left out, with a report: they must not keep all others waiting. */
async function put(
  series: Series,
  points: readonly SeriesPoint[],
  report: (error: unknown) => void,
): Promise<void> {
  if (points.length === 0) return;
  try {
    await series.write(points);
  } catch (error) {
    if (!isAttuneError(error) || error.code !== "ATTUNE_SERIES_POINT") throw error;
    if (points.length === 1) {
      report(error);
      return;
    }
    const middle = points.length >>> 1;
    await put(series, points.slice(0, middle), report);
    await put(series, points.slice(middle), report);
  }
}
