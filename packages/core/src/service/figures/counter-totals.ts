import type { ServiceContext } from "../context.js";
import { COUNTER_SHARDS, counterShard, SORT } from "../layout/partitions.js";

export const SHARDS = Array.from({ length: COUNTER_SHARDS }, (_, shard) => shard);

/** The counters whose names start so, of all shards together. */
export async function counterTotals(
  { hot }: Pick<ServiceContext, "hot">,
  site: string,
  prefix: string,
): Promise<Map<string, number>> {
  const totals = new Map<string, number>();
  for (const shard of SHARDS) {
    const found = hot.scan<number>(counterShard(site, shard), { prefix: SORT.count + prefix });
    for await (const { sort, value } of found) {
      const name = sort.slice(SORT.count.length);
      // The record without a name guards the shard.
      if (name !== "") totals.set(name, (totals.get(name) ?? 0) + value);
    }
  }
  return totals;
}
