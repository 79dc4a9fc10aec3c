import { type Counts, probabilityToBeBest } from "@attune/core/stats";

/** What this page reads of `GET /api/v1/behavioral/analytics/series`. */
export interface SeriesAnswer {
  figures: Readonly<Record<"exposures" | "conversions", { rows: readonly SeriesRow[] } | null>>;
}

interface SeriesRow {
  tags: Readonly<Record<string, string>>;
  windows: readonly { at: string; value: number }[];
}

export interface BestAt {
  /** Beginning of the period whose end it is true for, epoch ms. */
  at: number;
  /** By variant. */
  best: Readonly<Record<string, number>>;
}

const MOST_POINTS = 120;

/** The first period in which anybody saw a variant, epoch ms; null where nobody did. */
export function firstSeen({ figures: { exposures } }: SeriesAnswer): number | null {
  const times = (exposures?.rows ?? []).flatMap(({ windows }) =>
    windows.filter(({ value }) => value > 0).map(({ at }) => Date.parse(at)),
  );
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * P(best) after each period, from the counts added up until then. Periods before every variant was seen are left out, and those in which an erasure has taken more exposures than conversions.
 * At most 120 points, the last one among them.
 */
export function bestOverTime(answer: SeriesAnswer, variants: readonly string[]): BestAt[] {
  const { exposures, conversions } = answer.figures;
  if (!exposures || variants.length < 2) return [];
  const added = [addedBy(exposures.rows), addedBy(conversions?.rows ?? [])] as const;
  const times = [...new Set(added.flatMap((one) => [...one.values()].flatMap((by) => [...by.keys()])))].sort(
    (a, b) => a - b,
  );
  const sums = variants.map(() => ({ successes: 0, trials: 0 }));
  const points = times.flatMap((at): { at: number; counts: Counts[] }[] => {
    for (const [i, variant] of variants.entries()) {
      const sum = sums[i] as { successes: number; trials: number };
      sum.trials += added[0].get(variant)?.get(at) ?? 0;
      sum.successes += added[1].get(variant)?.get(at) ?? 0;
    }
    const isWhole = sums.every(
      ({ successes, trials }) => trials > 0 && successes >= 0 && successes <= trials,
    );
    return isWhole ? [{ at, counts: sums.map((sum) => ({ ...sum })) }] : [];
  });
  return thinned(points).map(({ at, counts }) => {
    const { best } = probabilityToBeBest(counts);
    return { at, best: Object.fromEntries(variants.map((name, i) => [name, best[i] as number])) };
  });
}

function addedBy(rows: readonly SeriesRow[]): Map<string, Map<number, number>> {
  const found = new Map<string, Map<number, number>>();
  for (const { tags, windows } of rows) {
    const variant = tags["variant"] ?? "";
    const by = found.get(variant) ?? new Map<number, number>();
    for (const { at, value } of windows) by.set(Date.parse(at), (by.get(Date.parse(at)) ?? 0) + value);
    found.set(variant, by);
  }
  return found;
}

function thinned<T>(points: readonly T[]): T[] {
  const every = Math.ceil(points.length / MOST_POINTS);
  return points.filter((_, i) => (points.length - 1 - i) % every === 0);
}
