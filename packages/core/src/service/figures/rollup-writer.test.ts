import { afterEach, describe, expect, it, vi } from "vitest";
import { memorySeries, memoryStore } from "../../memory/index.js";
import type { Series } from "../../ports/series.js";
import type { StoreRecord } from "../../ports/store.js";
import { counterShard } from "../layout/partitions.js";
import type { BucketRecord } from "../layout/records.js";
import { createKeyedQueue } from "../tools/queue.js";
import { MINUTE_MS } from "./figures.js";
import { bucketOps, bucketSort, KEPT_MS } from "./rollup-buckets.js";
import { createRollups } from "./rollup-writer.js";

const MINUTE = 29_000_000;
const shard = counterShard("shop", 0);

function make() {
  const clock = { at: (MINUTE + 1) * MINUTE_MS, now: () => clock.at };
  const hot = memoryStore({ clock });
  const series = memorySeries();
  const report = (error: unknown): void => {
    throw error;
  };
  const writer = (over: Series = series, queue = createKeyedQueue()) =>
    createRollups({ hot, clock, queue, report }, over);
  const count = async (by: number, minute = MINUTE): Promise<void> => {
    const known = await hot.get<BucketRecord>(shard, bucketSort(minute));
    const increments = new Map([[minute, new Map([["visitors", by]])]]);
    await hot.commit(
      shard,
      bucketOps({ now: clock.at, isPast: false }, increments, () => known),
    );
  };
  const visitors = async (): Promise<number> => {
    const rows = await series.query({
      name: "attune_visitors",
      field: "count",
      from: 0,
      to: clock.at + MINUTE_MS,
      windowMs: MINUTE_MS,
      aggregate: "sum",
    });
    return rows.flatMap(({ windows }) => windows).reduce((sum, { value }) => sum + value, 0);
  };
  return { clock, hot, series, writer, count, visitors };
}

describe("a writer that read a bucket before another one removed it", () => {
  /** The slow one waits in the series, with what it has read, until the bucket was removed and made again. */
  const meet = async (base: boolean): Promise<number> => {
    const { clock, hot, series, writer, count, visitors } = make();
    await writer().begin(["shop"]);
    if (!base) await count(2);
    clock.at += KEPT_MS + MINUTE_MS;
    if (base) await count(2);
    let meanwhile: (() => Promise<void>) | null = async () => {
      meanwhile = null;
      await writer().sweep();
      await count(3);
    };
    const slow: Series = {
      ...series,
      query: async (query) => {
        await meanwhile?.();
        return series.query(query);
      },
      write: async (points) => {
        await meanwhile?.();
        return series.write(points);
      },
    };
    await writer(slow).sweep();
    await writer().sweep();
    expect(await hot.get<StoreRecord>(shard, bucketSort(MINUTE))).toBeNull();
    return visitors();
  };

  it("does not remove the one that was made since", async () => {
    expect(await meet(false)).toBe(5);
  });

  it("does not write what it has made whole over the one that was made since", async () => {
    expect(await meet(true)).toBe(5);
  });
});

describe("buckets that are touched as the writing of others ends", () => {
  afterEach(() => void vi.useRealTimers());

  it("are written without another touch", async () => {
    vi.useFakeTimers();
    for (let later = 0; later < 12; later++) {
      const { writer, count, visitors } = make();
      const queue = createKeyedQueue();
      let touch: (() => void) | null = null;
      const rollups = writer(undefined, (key, task) => {
        const done = queue(key, task);
        const end = async (): Promise<void> => {
          await done;
          for (let i = 0; i < later; i++) await Promise.resolve();
          touch?.();
          touch = null;
        };
        void end();
        return done;
      });
      await count(1);
      await count(1, MINUTE - 1);
      touch = () => rollups.touched(shard, [MINUTE - 1]);
      rollups.touched(shard, [MINUTE]);
      await vi.advanceTimersByTimeAsync(10_000);
      expect([later, await visitors()]).toEqual([later, 2]);
      await rollups.stop();
    }
  });
});
