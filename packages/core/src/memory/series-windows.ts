import type { SeriesAggregate, SeriesQuery, SeriesRow } from "../ports/series.js";

/** One value of the queried field, with the tags of its point. */
export interface SeriesSample {
  tags: Readonly<Record<string, string>>;
  at: number;
  value: number;
}

interface Tally {
  sum: number;
  count: number;
  min: number;
  max: number;
  last: { at: number; value: number };
}

/**
 * Cuts samples into the rows and windows of a query; the samples are those of its name, field and range, in any order. O(n) and a sort of
 * rows and windows. For adapters whose engine cannot do it.
 */
export function seriesRows(samples: Iterable<SeriesSample>, query: SeriesQuery): SeriesRow[] {
  const { by = [], windowMs, aggregate } = query;
  const rows = new Map<string, { values: string[]; windows: Map<number, Tally> }>();
  for (const { tags, at, value } of samples) {
    const values = by.map((tag) => tagOf(tags, tag));
    const key = JSON.stringify(values);
    let row = rows.get(key);
    if (row === undefined) {
      row = { values, windows: new Map() };
      rows.set(key, row);
    }
    // Adding zero makes of the -0 that a product may give the 0 that it is.
    const begin = Math.floor(at / windowMs) * windowMs + 0;
    const tally = row.windows.get(begin);
    if (tally === undefined)
      row.windows.set(begin, { sum: value, count: 1, min: value, max: value, last: { at, value } });
    else count(tally, at, value);
  }
  return [...rows.values()]
    .sort((a, b) => compareTexts(a.values, b.values))
    .map(({ values, windows }) => ({
      // From entries, so that a tag named `__proto__` is an ordinary key.
      tags: Object.fromEntries(by.map((tag, i) => [tag, values[i] as string])),
      windows: [...windows]
        .sort(([a], [b]) => a - b)
        .map(([at, tally]) => ({ at, value: READ[aggregate](tally) })),
    }));
}

/** The value of a tag, `""` where there is none. */
export const tagOf = (tags: Readonly<Record<string, string>>, tag: string): string =>
  Object.hasOwn(tags, tag) ? (tags[tag] as string) : "";

const READ: Readonly<Record<SeriesAggregate, (tally: Tally) => number>> = {
  sum: ({ sum }) => sum,
  count: ({ count }) => count,
  mean: ({ sum, count }) => sum / count,
  min: ({ min }) => min,
  max: ({ max }) => max,
  last: ({ last }) => last.value,
};

function count(tally: Tally, at: number, value: number): void {
  tally.sum += value;
  tally.count++;
  tally.min = Math.min(tally.min, value);
  tally.max = Math.max(tally.max, value);
  if (at >= tally.last.at) tally.last = { at, value };
}

function compareTexts(a: readonly string[], b: readonly string[]): number {
  for (const [i, text] of a.entries()) {
    const other = b[i] as string;
    if (text !== other) return text < other ? -1 : 1;
  }
  return 0;
}
