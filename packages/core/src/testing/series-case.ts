import type { Series, SeriesPoint, SeriesQuery, SeriesRow } from "../ports/series.js";
import type { ConformanceCase, ConformanceClock } from "./conformance.js";

export interface SeriesContext {
  series: Series;
  clock: ConformanceClock;
  capabilities: Series["capabilities"];
  reopen(): Promise<Series>;
}

export type SeriesNeed = "durable";
export type SeriesCase = ConformanceCase<SeriesContext, SeriesNeed>;

/** 2025-01-01T00:00:00Z, the begin of a window of any length that divides a day. */
export const T0 = 1_735_689_600_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;

/** A point of the measurement `m` with one field `f`, so many ms after `T0`. */
export const point = (after: number, f: number, tags?: Record<string, string>): SeriesPoint => {
  return { name: "m", at: T0 + after, fields: { f }, ...(tags && { tags }) };
};

/** The sum of `f` over the hour from `T0`, in minutes, unless told otherwise. */
export const query = (over: Partial<SeriesQuery> = {}): SeriesQuery => {
  return { name: "m", field: "f", from: T0, to: T0 + HOUR, windowMs: MINUTE, aggregate: "sum", ...over };
};

/** `[ms after T0, value]` of each window of each row. */
export const windows = (rows: readonly SeriesRow[]): [number, number][][] => {
  return rows.map((row) => row.windows.map(({ at, value }) => [at - T0, value]));
};
