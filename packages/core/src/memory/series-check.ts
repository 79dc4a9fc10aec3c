import { AttuneError } from "../kernel/errors.js";
import type { SeriesPoint, SeriesQuery } from "../ports/series.js";

const LONGEST_NAME = 128;

/**
 * What every `Series` checks before it writes, so that all of them refuse the same points.
 *
 * @throws AttuneError `ATTUNE_SERIES_POINT` with the path of what is wrong.
 */
export function checkSeriesPoints(points: readonly SeriesPoint[]): void {
  points.forEach((point, index) => {
    const flaw = flawOf(point);
    if (flaw !== null) {
      throw new AttuneError("ATTUNE_SERIES_POINT", `A point cannot be written: ${flaw.cure}`, {
        path: `/${index}/${flaw.at}`,
      });
    }
  });
}

/**
 * What every `Series` checks before it reads.
 *
 * @throws AttuneError `ATTUNE_SERIES_QUERY`
 */
export function checkSeriesQuery({ from, to, windowMs }: SeriesQuery): void {
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new AttuneError("ATTUNE_SERIES_QUERY", "A query needs `from` and `to` as finite epoch ms.");
  if (!Number.isSafeInteger(windowMs) || windowMs < 1) {
    throw new AttuneError("ATTUNE_SERIES_QUERY", "A query needs `windowMs` as a whole number from 1 on.", {
      path: "/windowMs",
    });
  }
}

function flawOf({ name, at, tags = {}, fields }: SeriesPoint): { at: string; cure: string } | null {
  if (typeof name !== "string" || name.length < 1 || name.length > LONGEST_NAME)
    return { at: "name", cure: `give it a name of 1–${LONGEST_NAME} characters.` };
  if (!Number.isSafeInteger(at)) return { at: "at", cure: "give its time as whole epoch ms." };
  for (const [tag, value] of Object.entries(tags)) {
    if (tag === "" || typeof value !== "string")
      return { at: "tags", cure: "tags are texts under names that are not empty." };
  }
  const figures = Object.entries(fields ?? {});
  const sound = figures.every(([field, value]) => field !== "" && Number.isFinite(value));
  return sound && figures.length > 0
    ? null
    : { at: "fields", cure: "give it at least one field; fields are finite numbers under names." };
}
