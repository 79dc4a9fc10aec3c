import type { SeriesRow } from "@attune/core/ports";
import { json } from "../http/respond.js";
import type { Call, Route } from "../http/route.js";
import type { RouteContext } from "./context.js";
import { seriesRequest } from "./series-query.js";

/** Rows of one figure; the largest are shown. */
const MAX_ROWS = 200;
const NO_SERIES =
  "No series is configured, so nothing is kept over time; name one under `ports.series`, or hand one in as `series`.";

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
  const figures = Object.fromEntries(answers.map(([figure, rows]) => [figure, rows && largest(rows)]));
  const missing = answers.flatMap(([figure, rows]) => (rows === null ? [[figure, NO_SERIES]] : []));
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

/** In the order they came in. */
function largest(rows: readonly SeriesRow[]) {
  const shown =
    rows.length <= MAX_ROWS
      ? rows
      : new Set([...rows].sort((a, b) => sumOf(b) - sumOf(a)).slice(0, MAX_ROWS));
  return {
    rows: Array.from(shown, ({ tags, windows }) => ({
      tags,
      windows: windows.map(({ at, value }) => ({ at: iso(at), value })),
    })),
    omitted: rows.length - Math.min(rows.length, MAX_ROWS),
  };
}
