import type { MetricDefinition, OnConflict } from "../../decisions/types.js";
import { pointer } from "../../kernel/result.js";
import type { Counts } from "../layout/records.js";
import type { LooksBack } from "./measure-past.js";
import type { Measure } from "./types.js";
import { product, type Wide } from "./wide-sum.js";

export const measureKey = (experiment: string, run: number): string => `${experiment}@${run}`;

/** Counters begin so: `measure/{experiment}@{run}/{variant}/…`. */
export const MEASURE = "measure";

/** Of an experiment, what its counters follow from. */
export interface Counting {
  onConflict: OnConflict;
  types: ReadonlyMap<string, MetricDefinition["type"]>;
  /** Metrics that look back. */
  looksBack: ReadonlyMap<string, LooksBack>;
  /** Metrics that are counted by group too. */
  grouped: readonly string[];
}

/** The variant that a visitor counts for; null: for none. */
export function countedVariant({ variant, known, crossed }: Measure, onConflict: OnConflict): string | null {
  if (onConflict === "exclude" && crossed) return null;
  return onConflict === "keep-known" ? (known ?? variant) : variant;
}

const words = (counts: Record<string, number>, name: string, [high, middle, low]: Wide): void => {
  counts[`${name}2`] = high;
  counts[`${name}1`] = middle;
  counts[`${name}0`] = low;
};

/** Counters of one metric of one visitor, by the names that follow the metric's. */
function sumsOf(type: MetricDefinition["type"], [x = 0, y = 0]: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  if (type === "conversion") {
    counts["s"] = x;
    return counts;
  }
  counts["s"] = x;
  words(counts, "q", product(x, x));
  if (type === "ratio") {
    counts["d"] = y;
    words(counts, "e", product(y, y));
    words(counts, "p", product(x, y));
  } else counts["k"] = x === 0 ? 0 : 1;
  return counts;
}

/** Counters of what was before, beside those of what came after. */
function pastSumsOf(x: number, [y = 0]: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = { b: x };
  words(counts, "f", product(x, x));
  words(counts, "p", product(x, y));
  return counts;
}

/** By how far somebody has come who has not seen a variant. */
const ON_THE_WAY = { assigned: "a", rendered: "r" } as const;

/**
 * What one visitor adds in one experiment: `…/n` for itself (`…/t` where it was told how it came there) and its sums by metric, and the same once more for each group; of whom nothing is measured yet how far it came, `…/a` or
 * `…/r`. Nobody is in two of `a`, `r` and `n`, so that stages added up from them are nested whatever was told.
 */
export function countsOf(key: string, measure: Measure, counting: Counting): Counts {
  const { onConflict, types, looksBack, grouped } = counting;
  const counts: Record<string, number> = {};
  const experiment = pointer(MEASURE, key);
  if (measure.crossed) counts[`${experiment}//crossed`] = 1;
  const variant = countedVariant(measure, onConflict);
  if (variant === null) return counts;
  const arm = pointer(experiment, variant);
  if (measure.reached !== undefined) {
    counts[`${arm}/${ON_THE_WAY[measure.reached]}`] = 1;
    return counts;
  }
  const groups = Object.entries(measure.groups ?? {}).map(([dimension, group]) =>
    pointer(pointer(pointer(`${experiment}/`, dimension), group), variant),
  );
  if (measure.told) counts[`${arm}/t`] = 1;
  for (const place of [arm, ...groups]) counts[`${place}/n`] = 1;
  const { values, past = {} } = measure;
  for (const metric of new Set([...Object.keys(values), ...Object.keys(past)])) {
    const type = types.get(metric);
    if (type === undefined) continue;
    const own = Object.hasOwn(values, metric) ? (values[metric] ?? []) : [];
    const back = Object.hasOwn(past, metric) ? looksBack.get(metric) : undefined;
    const places = grouped.includes(metric) ? [arm, ...groups] : [arm];
    const sums = {
      ...sumsOf(type, own),
      ...(back && pastSumsOf(Math.min(back.cap, past[metric] ?? 0), own)),
    };
    for (const [stat, value] of Object.entries(sums))
      if (value !== 0) for (const place of places) counts[`${pointer(place, metric)}/${stat}`] = value;
  }
  return counts;
}
