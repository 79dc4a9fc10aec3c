import type { SeriesRow } from "@attune/core/ports";
import { type FigureName, SEGMENT_FLOOR } from "@attune/core/service";
import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { seriesRequest } from "./series-query.js";

/** Rows of one figure; the largest are shown. */
const MAX_ROWS = 200;
const NO_SERIES =
  "No series is configured, so nothing is kept over time; name one under `ports.series`, or hand one in as `series`.";

/** Of segments, few visitors could be recognised by who knows a little of them: windows of fewer are null. */
const OF_SEGMENTS: readonly FigureName[] = ["entered", "left"];
const TOO_FEW = `A window of fewer than ${SEGMENT_FLOOR} visitors is null: few could be recognised by who knows a little of them.`;

/** Figures over time. */
export function seriesRoutes(context: RouteContext): Route[] {
  return [
    {
      method: "GET",
      path: "/api/v1/behavioral/analytics/series",
      scope: "read",
      handle: (call) => figuresOverTime(call, context),
    },
  ];
}

async function figuresOverTime(call: Call, { service, clock }: RouteContext): Promise<Response> {
  const { from, to, granularity, queries } = seriesRequest(call.url, clock.now());
  const { site } = call.principal;
  const answers = await Promise.all(
    queries.map(async (query) => [query.figure, await service.series(query, { site })] as const),
  );
  const figures = Object.fromEntries(
    answers.map(([figure, rows]) => [figure, rows && largest(rows, toldOf(figure))]),
  );
  const missing = answers.flatMap(([figure, rows]) =>
    rows === null
      ? [[figure, NO_SERIES]]
      : rows.some(({ windows }) => windows.some(({ value }) => toldOf(figure)(value) === null))
        ? [[figure, TOO_FEW]]
        : [],
  );
  return json({
    from: iso(from),
    to: iso(to),
    granularity,
    figures,
    notes: Object.fromEntries(missing) as Record<string, string>,
  });
}

const iso = (time: number): string => new Date(time).toISOString();

const sumOf = ({ windows }: SeriesRow): number => windows.reduce((sum, { value }) => sum + value, 0);

type Told = (value: number) => number | null;
const toldOf =
  (figure: FigureName): Told =>
  (value) =>
    OF_SEGMENTS.includes(figure) && value < SEGMENT_FLOOR ? null : value;

/** In the order they came in. */
function largest(rows: readonly SeriesRow[], told: Told) {
  const shown =
    rows.length <= MAX_ROWS
      ? rows
      : new Set([...rows].sort((a, b) => sumOf(b) - sumOf(a)).slice(0, MAX_ROWS));
  return {
    rows: Array.from(shown, ({ tags, windows }) => ({
      tags,
      windows: windows.map(({ at, value }) => ({ at: iso(at), value: told(value) })),
    })),
    omitted: rows.length - Math.min(rows.length, MAX_ROWS),
  };
}
