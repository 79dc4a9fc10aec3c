import { requireInput } from "../check.js";
import type { MetricSums } from "./sums.js";

/** The sums of several variants as of one. @throws AttuneError `ATTUNE_STATS_INPUT` where they are not all of one kind */
export function addSums(list: readonly MetricSums[]): MetricSums {
  const [first, ...others] = list.some(hasExposure) ? list.map(withExposure) : list;
  requireInput(first !== undefined, "/arms", "Give the sums of at least one variant.");
  return others.reduce((total, sums) => {
    requireInput(sums.type === first.type, "/arms", "Give the sums of all variants in the same form.");
    return added(total, sums);
  }, first);
}

/** Number by number, those within as well. */
const added = <T extends object>(total: T, more: T): T =>
  Object.fromEntries(
    Object.entries(total).map(([key, value]) => {
      const other = (more as Record<string, unknown>)[key];
      if (typeof value === "object") return [key, added(value as object, (other ?? {}) as object)];
      return [key, typeof value === "number" ? value + Number(other) : value];
    }),
  ) as T;

const hasExposure = (sums: MetricSums): boolean => sums.type === "count" && sums.exposure !== undefined;

/** Where nobody gives an exposure each unit is one, and that events cluster in units can still be seen. */
const withExposure = (sums: MetricSums): MetricSums =>
  sums.type === "count" ? { ...sums, exposure: sums.exposure ?? sums.n } : sums;
