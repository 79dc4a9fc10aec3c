import type { Clock } from "@attune/core";
import type { Store } from "@attune/core/ports";
import type { DurableTier, Standing } from "./durable.js";
import { contended } from "./errors.js";
import type { HotTier } from "./hot.js";
import { type DurableRow, HEAD, parseDurableKey, RECORD } from "./layout.js";
import { inParallel } from "./parallel.js";

const TRIES = 20;
const WIDTH = 16;

export interface DeleteOptions {
  durableStore: Store;
  durable: DurableTier;
  hot: HotTier;
  clock: Clock;
}

/**
 * Deletes a partition in both tiers. One write of the durable head makes it an empty one of another incarnation; from then on nobody can
 * find the old records, wherever the process dies. Then the hot tier is emptied, then the old items are removed. Where the process has died
 * in between, calling it again finishes it.
 *
 * @returns How many living records there were.
 */
export async function deletePartition(options: DeleteOptions, partition: string): Promise<number> {
  const { durableStore, durable, hot } = options;
  for (let tries = 0; tries < TRIES; tries++) {
    const inTime = durable.inTime();
    const standing = await durable.settled(partition);
    const { count, sorts } = await contents(options, partition, standing);
    const isNothing = standing.head === null && sorts.length === 0;
    inTime();
    if (!isNothing && !(await durable.drop(partition, standing))) continue;
    await hot.wipe(partition);
    await inParallel(sorts, WIDTH, async (sort) => {
      inTime();
      await durableStore.delete(partition, sort);
    });
    return count;
  }
  throw contended();
}

async function contents(
  { durableStore, clock }: DeleteOptions,
  partition: string,
  { head }: Standing,
): Promise<{ count: number; sorts: string[] }> {
  const sorts: string[] = [];
  let count = 0;
  for await (const { sort, value } of durableStore.scan<DurableRow>(partition)) {
    if (sort === HEAD) continue;
    sorts.push(sort);
    const parsed = parseDurableKey(sort);
    if (parsed?.incarnation !== head?.i || !parsed?.key.startsWith(RECORD)) continue;
    if (!value.gone && (value.x ?? Number.POSITIVE_INFINITY) > clock.now()) count++;
  }
  return { count, sorts };
}
