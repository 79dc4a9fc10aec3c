import { requireInput } from "../check.js";
import type { MetricSums } from "./sums.js";

/** The sums of several variants as of one. @throws AttuneError `ATTUNE_STATS_INPUT` where they are not all of one kind */
export function addSums(list: readonly MetricSums[]): MetricSums {
  const [first, ...others] = list;
  requireInput(first !== undefined, "/arms", "Give the sums of at least one variant.");
  const total: Record<string, unknown> = { ...withExposure(first) };
  for (const sums of others) {
    requireInput(sums.type === first.type, "/arms", "Give the sums of all variants in the same form.");
    const added = withExposure(sums) as unknown as Record<string, unknown>;
    for (const [key, value] of Object.entries(total))
      if (typeof value === "number") total[key] = value + Number(added[key]);
  }
  return total as unknown as MetricSums;
}

const withExposure = (sums: MetricSums): MetricSums =>
  sums.type === "count" ? { ...sums, exposure: sums.exposure ?? sums.n } : sums;
