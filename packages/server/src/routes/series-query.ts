import type { FigureName, FigureQuery } from "@attune/core/service";
import { Refusal } from "../http/refusal.js";

/** Each figure, and what it can be told apart by. */
const TAGS: Readonly<Record<FigureName, readonly string[]>> = {
  events: ["event"],
  visitors: [],
  sessions: [],
  convertedSessions: [],
  orders: [],
  revenue: [],
  exposures: ["experiment", "variant"],
  conversions: ["experiment", "variant"],
  entered: ["segment"],
  left: ["segment"],
};
export const FIGURE_NAMES = Object.keys(TAGS) as FigureName[];
export const DEFAULT_FIGURES: readonly FigureName[] = [
  "events",
  "visitors",
  "sessions",
  "convertedSessions",
  "orders",
  "revenue",
];
const FILTERS = ["event", "experiment", "variant", "segment"] as const;

const WINDOW_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Granularity = keyof typeof WINDOW_MS;
/** A day of minutes, two months of hours, four years of days. */
const MAX_WINDOWS = 1500;
const DEFAULT_WINDOWS = 48;
/** Times beyond are no times that anything was received at. */
const LAST_MS = Date.UTC(2200, 0);

export interface SeriesRequest {
  granularity: Granularity;
  from: number;
  to: number;
  queries: readonly FigureQuery[];
}

/** @throws Refusal 400 for what cannot be answered. */
export function seriesRequest({ searchParams }: URL, now: number): SeriesRequest {
  const granularity = searchParams.get("granularity") ?? "hour";
  if (!isGranularity(granularity)) throw wrong("Give `granularity` as minute, hour or day.");
  const windowMs = WINDOW_MS[granularity];
  const to = timeParam("to", searchParams.get("to")) ?? now;
  const from = timeParam("from", searchParams.get("from")) ?? Math.max(0, to - DEFAULT_WINDOWS * windowMs);
  if (!(from < to)) throw wrong("`from` must lie before `to`.");
  const windows = Math.ceil(to / windowMs) - Math.floor(from / windowMs);
  if (windows > MAX_WINDOWS)
    throw wrong(
      `That is ${windows} windows, and at most ${MAX_WINDOWS} are answered: ask for a shorter time or a coarser granularity.`,
    );
  const figures = list(searchParams.get("figures")) ?? DEFAULT_FIGURES;
  const by = list(searchParams.get("by")) ?? [];
  const where: Record<string, string> = {};
  for (const tag of FILTERS) {
    const value = searchParams.get(tag);
    if (value !== null) where[tag] = value;
  }
  const queries = [...new Set(figures)].map((figure): FigureQuery => {
    if (!isFigure(figure)) throw wrong(`\`figures\` are some of: ${FIGURE_NAMES.join(", ")}.`);
    const strange = [...by, ...Object.keys(where)].find((tag) => !TAGS[figure].includes(tag));
    if (strange !== undefined)
      throw wrong(
        TAGS[figure].length === 0
          ? `${figure} cannot be told apart any further; ask for it without \`by\` and filters.`
          : `${figure} can be told apart by ${TAGS[figure].join(" and ")} only.`,
      );
    return { figure, from, to, windowMs, by, where };
  });
  return { granularity, from, to, queries };
}

const isGranularity = (text: string): text is Granularity => Object.hasOwn(WINDOW_MS, text);
const isFigure = (text: string): text is FigureName => Object.hasOwn(TAGS, text);

const list = (given: string | null): string[] | null =>
  given === null || given === "" ? null : given.split(",");

/** Epoch ms of a time in the query; null where none is given. @throws Refusal 400 for what is none. */
export function timeParam(name: string, given: string | null): number | null {
  if (given === null || given === "") return null;
  const time = /^\d{1,15}$/.test(given)
    ? Number(given)
    : /^\d{4}-\d\d-\d\d/.test(given)
      ? Date.parse(given)
      : Number.NaN;
  if (time >= 0 && time <= LAST_MS) return time;
  throw wrong(`Give \`${name}\` as epoch milliseconds or in ISO 8601, between 1970 and 2200.`);
}

const wrong = (message: string): Refusal => new Refusal(400, "ATTUNE_SERVER_QUERY", message);
