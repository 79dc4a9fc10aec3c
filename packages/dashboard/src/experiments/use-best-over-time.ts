import { useMemo, useState } from "react";
import { type BestAt, bestOverTime, firstSeen, type SeriesAnswer } from "./cumulated.js";
import { useJson } from "./use-json.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AGAIN_MS = 10_000;
/** As far back as hours are asked for where nobody says when it began. */
const BACK_MS = 60 * DAY_MS;

export type OverTime = { points: readonly BestAt[]; isKept: boolean; granularity: Granularity | null };
type Granularity = "minute" | "hour" | "day";

const granularityFor = (ageMs: number): Granularity =>
  ageMs <= 8 * HOUR_MS ? "minute" : ageMs <= 30 * DAY_MS ? "hour" : "day";

/** P(best) of exposures and first orders since the start of the run at hand, from what the server keeps over time. Null until that is known. */
export function useBestOverTime(
  server: string,
  { id, startedAt, variants }: { id: string; startedAt: string | null; variants: readonly string[] },
): OverTime | null {
  const [openedAt] = useState(() => Date.now());
  const ask = (granularity: Granularity, from: number): string =>
    `${server}/api/v1/behavioral/analytics/series?${new URLSearchParams({
      ...{ figures: "exposures,conversions", by: "experiment,variant", experiment: id },
      ...{ granularity, from: new Date(from).toISOString() },
    }).toString()}`;
  const search = useJson<SeriesAnswer>(startedAt === null ? ask("hour", openedAt - BACK_MS) : null, AGAIN_MS);
  const since = startedAt === null ? search.value && firstSeen(search.value) : Date.parse(startedAt);
  const granularity = since === null ? null : granularityFor(openedAt - since);
  const answer = useJson<SeriesAnswer>(
    since === null || granularity === null ? null : ask(granularity, since),
    AGAIN_MS,
  );
  const names = variants.join("\n");
  const points = useMemo(
    () => (answer.value ? bestOverTime(answer.value, names.split("\n")) : []),
    [answer.value, names],
  );
  const told = answer.value ?? search.value;
  if (told === null) return null;
  return { points, granularity, isKept: told.figures.exposures !== null };
}
