import type { Clock } from "@attune/core";
import { checkSeriesPoints, checkSeriesQuery, type SeriesSample, seriesRows } from "@attune/core/memory";
import type { Series, SeriesQuery } from "@attune/core/ports";
import { openEnvironment, type TextDatabase } from "./environment.js";
import { asBuffer, prefixEnd, recordKey, splitKey } from "./keys.js";
import { bound, mergeFields, pointKey, tagsIn, timeOf, toLines } from "./series-points.js";

/** Of the layout of the file: lines by name and tags, each with its number; points by line and time, their fields as JSON. */
const SCHEMA = 1;
/** How many points one step of a drop removes, so that neither lock nor loop is held for long. */
const STEP = 500;
/** How many lines a drop takes side by side. */
const LINES = 16;

export interface LmdbSeriesOptions {
  /** A directory, made for its owner alone if it is not there; the series is the file `series.mdb` in it. */
  path: string;
  clock?: Clock;
  /** Points older than this are no longer seen and are dropped as new ones come, ms (default: all are kept until `drop`). */
  retentionMs?: number;
  /**
   * False (default): what has resolved survives the death of the process; a power cut may take the last moments, and
   * leaves the file whole. True: `write` waits for the disk.
   */
  flush?: boolean;
}

/**
 * A {@link Series} on LMDB: one file, no server, and several processes of one machine may have it open. Name and tags of a point may have
 * about 1970 bytes together. A point costs O(log n); a query looks at the lines of its name and, in each that fits `where`, at the points of
 * its range, in one go: about a second for half a million of them, so keep points coarse where ranges are long.
 *
 * @throws AttuneError `ATTUNE_SERIES_SCHEMA` where a newer version wrote the file, `ATTUNE_SERIES_DISK` where the disk is full.
 */
export function lmdbSeries(options: LmdbSeriesOptions): Series {
  const { path, clock = { now: Date.now }, retentionMs = Number.POSITIVE_INFINITY, flush = false } = options;
  const environment = openEnvironment({ path, file: "series", schema: SCHEMA, flush });
  const { assertOpen, write, meta } = environment;
  const lines = environment.database("lines");
  const points = environment.database("points");
  let lastDropped = Number.NEGATIVE_INFINITY;

  /** Within a transaction: the number of a line, a new one where it is not known. */
  const numberOf = (key: Buffer): number => {
    const known = lines.get(key);
    if (known !== undefined) return Number(known);
    const number = Number(meta.get(META_LINES) ?? 0) + 1;
    meta.putSync(META_LINES, String(number));
    lines.putSync(key, String(number));
    return number;
  };
  const dropBefore = async (before: number): Promise<void> => {
    const keys = Array.from(lines.getKeys({}), asBuffer);
    const dropLine = async (key: Buffer): Promise<void> => {
      while (!(await write(() => dropSome({ lines, points }, key, before))));
    };
    // Side by side, so that many short lines share a transaction.
    for (let at = 0; at < keys.length; at += LINES)
      await Promise.all(keys.slice(at, at + LINES).map(dropLine));
  };
  /** Now and then only, since it walks all lines. */
  const dropOutlived = async (): Promise<void> => {
    const before = clock.now() - retentionMs;
    if (before - lastDropped < retentionMs / 16) return;
    lastDropped = before;
    await dropBefore(before);
  };

  return {
    capabilities: { durable: true },
    async write(given) {
      assertOpen();
      checkSeriesPoints(given);
      const parts = toLines(given);
      if (parts.length === 0) return;
      await write(() => {
        for (const line of parts) {
          const number = numberOf(line.key);
          for (const { at, fields } of line.points) {
            const key = pointKey(number, at);
            points.putSync(key, mergeFields(points.get(key), fields));
          }
        }
      });
      if (retentionMs !== Number.POSITIVE_INFINITY) await dropOutlived();
    },
    async query(query) {
      assertOpen();
      checkSeriesQuery(query);
      const from = Math.max(query.from, clock.now() - retentionMs);
      return seriesRows(samples({ lines, points }, { ...query, from }), query);
    },
    async drop(before) {
      assertOpen();
      await dropBefore(before);
    },
    close: () => environment.close(),
  };
}

const META_LINES = Buffer.from("lines");

interface Databases {
  lines: TextDatabase;
  points: TextDatabase;
}

/** Within a transaction: drops some of a line's points, and the line with the last of them; whether it is done. */
function dropSome({ lines, points }: Databases, key: Buffer, before: number): boolean {
  const number = Number(lines.get(key) ?? 0);
  const [start, end] = [pointKey(number, Number.MIN_SAFE_INTEGER), pointKey(number, bound(before))];
  const old = Array.from(points.getKeys({ start, end, limit: STEP }), asBuffer);
  for (const one of old) points.removeSync(one);
  if (old.length === STEP) return false;
  const rest = { start, end: pointKey(number + 1, Number.MIN_SAFE_INTEGER), limit: 1 };
  if (points.getKeysCount(rest) === 0) lines.removeSync(key);
  return true;
}

function* samples({ lines, points }: Databases, query: SeriesQuery): Generator<SeriesSample> {
  const { name, field, from, to, where = {} } = query;
  const wanted = Object.entries(where);
  const range = { start: recordKey(name, ""), end: prefixEnd(name, "") };
  for (const { key, value: number } of Array.from(lines.getRange(range))) {
    const tags = tagsIn(splitKey(asBuffer(key)).sort);
    if (!wanted.every(([tag, value]) => (Object.hasOwn(tags, tag) ? tags[tag] : "") === value)) continue;
    if (!(from < to)) continue;
    const start = pointKey(Number(number), bound(from));
    for (const point of points.getRange({ start, end: pointKey(Number(number), bound(to)) })) {
      const fields = JSON.parse(point.value) as Record<string, number>;
      if (Object.hasOwn(fields, field)) yield { tags, at: timeOf(point.key), value: fields[field] as number };
    }
  }
}
