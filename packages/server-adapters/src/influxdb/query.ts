import { AttuneError } from "@attune/core";
import type { SeriesQuery, SeriesRow } from "@attune/core/ports";
import { EARLIEST_MS, LATEST_MS, LONGEST_WINDOW_MS } from "./lines.js";
import { decodeText, encodeName, encodeText } from "./names.js";

/**
 * The query as one InfluxQL statement; null where its range holds nothing. Every name is quoted as an identifier and
 * every value as a string, and of what could end a quote {@link encodeText} leaves only `'`.
 */
export function toInfluxQl({
  name,
  field,
  from,
  to,
  windowMs,
  aggregate,
  where = {},
  by = [],
}: SeriesQuery): string | null {
  if (windowMs > LONGEST_WINDOW_MS) {
    throw new AttuneError(
      "ATTUNE_SERIES_QUERY",
      "Windows on InfluxDB have at most 50 years. Ask for shorter ones.",
      {
        path: "/windowMs",
      },
    );
  }
  // Times are whole: what lies at or after a fraction lies at or after the next whole one.
  const first = Math.max(EARLIEST_MS, Math.ceil(from));
  const end = Math.min(LATEST_MS + 1, Math.ceil(to));
  if (first >= end) return null;
  const conditions = [
    `time >= ${first}ms`,
    `time < ${end}ms`,
    ...Object.entries(where).map(([tag, value]) => `${identifier(tag)}::tag = ${text(value)}`),
  ];
  const groups = [`time(${windowMs}ms)`, ...by.map((tag) => `${identifier(tag)}::tag`)];
  return [
    `SELECT ${aggregate}(${identifier(field)}::field) FROM ${identifier(name)}`,
    `WHERE ${conditions.join(" AND ")}`,
    `GROUP BY ${groups.join(", ")} fill(none)`,
  ].join(" ");
}

const identifier = (name: string): string => `"${encodeName(name).replace(/["\\]/g, "\\$&")}"`;
const text = (value: string): string => `'${encodeText(value).replace(/['\\]/g, "\\$&")}'`;

/** What InfluxDB answers to one statement. */
export interface InfluxAnswer {
  results?: {
    series?: { tags?: Record<string, string>; values?: [number, number | null][]; partial?: boolean }[];
    error?: string;
    partial?: boolean;
  }[];
  error?: string;
}

/** The rows of an answer to {@link toInfluxQl}, in the order of their tags' values. */
export function toRows(answer: InfluxAnswer, by: readonly string[] = []): SeriesRow[] {
  const series = (answer.results ?? []).flatMap((result) => result.series ?? []);
  return series
    .map(({ tags = {}, values = [] }) => ({
      texts: by.map((tag) => valueOf(tags, encodeName(tag))),
      windows: values.flatMap(([at, value]) => (value === null ? [] : [{ at, value }])),
    }))
    .filter(({ windows }) => windows.length > 0)
    .sort((a, b) => compare(a.texts, b.texts))
    .map(({ texts, windows }) => {
      return { tags: Object.fromEntries(by.map((tag, i) => [tag, texts[i] ?? ""])), windows };
    });
}

const valueOf = (tags: Record<string, string>, name: string): string =>
  Object.hasOwn(tags, name) ? decodeText(tags[name] ?? "") : "";

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [i, one] of a.entries()) {
    const other = b[i] ?? "";
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}
