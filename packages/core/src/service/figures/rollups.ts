import type { Event } from "../../events/types.js";
import { pointer, unescaped } from "../../kernel/result.js";
import type { SeriesPoint } from "../../ports/series.js";
import { COUNTER } from "../fold/contributions.js";
import type { Counts } from "../layout/records.js";
import { type Figure, FIGURES, type FigureName, MINUTE_MS } from "./figures.js";

/** Minutes since the epoch at which the server received it: what recorded events say of their own time could reach anywhere. */
export const minuteOf = ({ receivedAt, occurredAt }: Event): number =>
  Math.floor((receivedAt ?? occurredAt) / MINUTE_MS);

export const minuteAt = (at: number): number => Math.floor(at / MINUTE_MS);

/** How a bucket calls a figure with its tags. */
export const rollupKey = (figure: FigureName, tags: readonly string[]): string =>
  tags.reduce(pointer, figure as string);

/** Counter names that keep their parts, each with the figure that it feeds. */
const UNDER: readonly (readonly [prefix: string, figure: FigureName])[] = [
  [`${COUNTER.exposed}/`, "exposures"],
  [`${COUNTER.converted}/`, "conversions"],
];
const ALONE: ReadonlyMap<string, FigureName> = new Map([
  [COUNTER.visitors, "visitors"],
  [COUNTER.derived, "sessions"],
  [COUNTER.derivedConverted, "convertedSessions"],
  [COUNTER.orders, "orders"],
  [COUNTER.revenue, "revenue"],
]);

/** What a change of a counter is in the rollups; null: nothing. Who leaves a segment is counted too, all else only grows. */
export function rolledUp(counter: string, by: number): { key: string; by: number } | null {
  if (counter.startsWith(COUNTER.segment)) {
    const tags = [counter.slice(COUNTER.segment.length)];
    return by > 0 ? { key: rollupKey("entered", tags), by } : { key: rollupKey("left", tags), by: -by };
  }
  if (by <= 0) return null;
  if (counter.startsWith(COUNTER.event))
    return { key: rollupKey("events", [counter.slice(COUNTER.event.length)]), by };
  for (const [prefix, figure] of UNDER)
    if (counter.startsWith(prefix)) return { key: `${figure}/${counter.slice(prefix.length)}`, by };
  const figure = ALONE.get(counter);
  return figure === undefined ? null : { key: figure, by };
}

/** Where a bucket is: one shard of a site, one minute. */
export interface BucketPlace {
  site: string;
  /** `c0`, `s3`: its points are told apart from those of other shards. */
  shard: string;
  minute: number;
}

/** A bucket as points that hold its whole counts, so that writing them again changes nothing. */
export function pointsOf({ site, shard, minute }: BucketPlace, counts: Counts): SeriesPoint[] {
  const points = new Map<string, SeriesPoint & { fields: Record<string, number> }>();
  for (const [key, value] of Object.entries(counts)) {
    const [name = "", ...values] = key.split("/").map(unescaped);
    const figure: Figure | undefined = FIGURES[name as FigureName];
    if (figure === undefined) continue;
    const tags = Object.fromEntries([
      ["site", site],
      ["shard", shard],
      ...figure.by.map((tag, i) => [tag, values[i] ?? ""]),
    ]) as Record<string, string>;
    const id = JSON.stringify([figure.name, values]);
    const point = points.get(id) ?? { name: figure.name, at: minute * MINUTE_MS, tags, fields: {} };
    point.fields[figure.field] = value / figure.unit;
    points.set(id, point);
  }
  return [...points.values()];
}
