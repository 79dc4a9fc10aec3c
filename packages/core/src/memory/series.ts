import { type Clock, systemClock } from "../kernel/clock.js";
import { AttuneError } from "../kernel/errors.js";
import type { Series, SeriesPoint, SeriesQuery } from "../ports/series.js";
import { checkSeriesPoints, checkSeriesQuery } from "./series-check.js";
import { type SeriesSample, seriesRows, tagOf } from "./series-windows.js";

export interface MemorySeriesOptions {
  clock?: Clock;
  /** Points older than this are no longer seen and are dropped as new ones come, ms (default: all are kept until `drop`). */
  retentionMs?: number;
}

interface Stored {
  at: number;
  fields: Map<string, number>;
}

/** All points of one name with the same tags, by time. */
interface Line {
  tags: Readonly<Record<string, string>>;
  points: Stored[];
}

/**
 * A {@link Series} in this process's memory, for tests, examples and short-lived hosts. Writing in the order of time costs O(log n) a
 * point, out of order O(n) of its line; a query looks at the lines of its name and, in each, at the points of its range.
 */
export function memorySeries(options: MemorySeriesOptions = {}): Series {
  const { clock = systemClock, retentionMs = Number.POSITIVE_INFINITY } = options;
  const names = new Map<string, Map<string, Line>>();
  let closed = false;
  let lastDropped = Number.NEGATIVE_INFINITY;

  const open = (): void => {
    if (closed) throw new AttuneError("ATTUNE_SERIES_CLOSED", "The series is closed. Open a new one.");
  };
  const horizon = (): number => clock.now() - retentionMs;

  const dropBefore = (before: number): void => {
    for (const [name, lines] of names) {
      for (const [key, line] of lines) {
        line.points.splice(0, lowerBound(line.points, before));
        if (line.points.length === 0) lines.delete(key);
      }
      if (lines.size === 0) names.delete(name);
    }
  };
  /** Now and then only, since it walks all lines. */
  const dropOutlived = (): void => {
    const before = horizon();
    if (before - lastDropped < retentionMs / 16) return;
    lastDropped = before;
    dropBefore(before);
  };

  return {
    capabilities: { durable: false },
    async write(points) {
      open();
      checkSeriesPoints(points);
      for (const point of points) put(lineFor(names, point), point);
      if (retentionMs !== Number.POSITIVE_INFINITY) dropOutlived();
    },
    async query(query) {
      open();
      checkSeriesQuery(query);
      const from = Math.max(query.from, horizon());
      return seriesRows(samples(names.get(query.name), { ...query, from }), query);
    },
    async drop(before) {
      open();
      dropBefore(before);
    },
    async close() {
      closed = true;
      names.clear();
    },
  };
}

function lineFor(names: Map<string, Map<string, Line>>, { name, tags = {} }: SeriesPoint): Line {
  let lines = names.get(name);
  if (lines === undefined) {
    lines = new Map();
    names.set(name, lines);
  }
  const pairs = Object.entries(tags).filter(([, value]) => value !== "");
  if (pairs.length > 1) pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify(pairs);
  let line = lines.get(key);
  if (line === undefined) {
    line = { tags: Object.fromEntries(pairs), points: [] };
    lines.set(key, line);
  }
  return line;
}

function put({ points }: Line, { at, fields }: SeriesPoint): void {
  const latest = points[points.length - 1];
  const index = latest === undefined || latest.at < at ? points.length : lowerBound(points, at);
  const known = points[index];
  if (known?.at !== at) points.splice(index, 0, { at, fields: new Map(Object.entries(fields)) });
  else for (const [field, value] of Object.entries(fields)) known.fields.set(field, value);
}

function* samples(lines: Map<string, Line> | undefined, query: SeriesQuery): Generator<SeriesSample> {
  const wanted = Object.entries(query.where ?? {});
  for (const { tags, points } of lines?.values() ?? []) {
    if (!wanted.every(([tag, value]) => tagOf(tags, tag) === value)) continue;
    for (let i = lowerBound(points, query.from); i < points.length; i++) {
      const { at, fields } = points[i] as Stored;
      if (at >= query.to) break;
      const value = fields.get(query.field);
      if (value !== undefined) yield { tags, at, value };
    }
  }
}

/** Index of the first point that is not before a time. */
function lowerBound(points: readonly Stored[], at: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] as Stored).at < at) low = middle + 1;
    else high = middle;
  }
  return low;
}
