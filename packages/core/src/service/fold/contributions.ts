import type { Event } from "../../events/types.js";
import { pointer } from "../../kernel/result.js";
import type { Memberships } from "../../segments/types.js";
import { sessionOf, visitorAttributes } from "../../state/index.js";
import type { VisitorState } from "../../state/types.js";
import { MEASURE } from "../experiments/measure-counts.js";
import type { Past } from "../experiments/measure-past.js";
import type { Measuring } from "../experiments/measures.js";
import type { Measures } from "../experiments/types.js";
import { REVENUE_UNIT } from "../figures/figures.js";
import type { Counts, VisitorRecord } from "../layout/records.js";

/**
 * Counter names. Each is a prefix for what it counts, so that no name a client sends can be taken for another counter:
 * `event/{name}`, `segment/{name}`, `exposed/{experiment}/{variant}`, `converted/{experiment}/{variant}`, `crossed/{experiment}` for who
 * saw more than one of its variants, `measure/…` (parts escaped as in JSON pointers), and these. Revenue is in ten-thousandths, so that sums are exact in any order.
 */
export const COUNTER = {
  visitors: "visitors",
  derived: "sessions/derived",
  derivedConverted: "sessions/derived-converted",
  orders: "orders",
  revenue: "revenue",
  conflicts: "conflicts",
  sampled: "sampled",
  event: "event/",
  segment: "segment/",
  exposed: "exposed",
  converted: "converted",
  crossed: "crossed",
} as const;

/**
 * Different counters that one visitor can feed, which bounds the visitor's record: beyond them events count as `(other)`, exposures and
 * memberships not at all.
 */
const MAX_COUNTERS = 256;
const OTHER = `${COUNTER.event}(other)`;
/** Counters of every visitor, for which there is always room. */
const OWN: readonly string[] = [
  COUNTER.visitors,
  COUNTER.derived,
  COUNTER.derivedConverted,
  COUNTER.orders,
  COUNTER.revenue,
  COUNTER.conflicts,
  COUNTER.sampled,
  OTHER,
];
const MAX_NAME = 128;
const MAX_REVENUE = 1e9;

type Known = Pick<VisitorRecord, "counts" | "first" | "counted" | "measures" | "past">;

/** What the events of one commit add to the site's counters. */
export interface Contributions {
  add(event: Event, after: VisitorState, segments: Memberships): void;
  conflict(): void;
  /** The visitor is in these segments from now on, though nothing has happened; `minute` where rollups are kept. */
  stand(segments: Memberships, minute: number | null): void;
  result(): Known & {
    delta: Counts;
    sessions: Map<string, SessionPart>;
    /** Each change of a counter by its minute; empty unless `minuteOf` was given. */
    minutes: Record<string, [name: string, by: number][]>;
  };
}

/** What a visitor did in a session that a client named. */
export interface SessionPart {
  converted: boolean;
  minutes?: { started: number; converted: number | null };
}

const isMeasure = (counter: string): boolean => counter.startsWith(`${MEASURE}/`);

const isName = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_NAME;

function revenueOf({ properties }: Event): number {
  const revenue = properties.revenue ?? properties.total;
  return typeof revenue === "number" && revenue > 0 && revenue <= MAX_REVENUE
    ? Math.round(revenue * REVENUE_UNIT)
    : 0;
}

/**
 * Starts from what the visitor has contributed before. Only events that cover analytics count.
 *
 * @param minuteOf Where rollups are kept: the minute that an event falls into.
 * @param measuring What the site's experiments measure.
 */
export function contributions(
  before: Known | null,
  minuteOf: ((event: Event) => number) | null = null,
  measuring: Measuring | null = null,
): Contributions {
  const counts: Record<string, number> = { ...before?.counts };
  const delta: Record<string, number> = {};
  const sessions = new Map<string, SessionPart>();
  const minutes: Record<string, [name: string, by: number][]> = {};
  let minute: number | null = null;
  let first = before?.first ?? {};
  let counted = before?.counted ?? null;
  let measures: Measures = before?.measures ?? {};
  let past: Past = before?.past ?? {};
  let synced: Memberships | null = null;
  const conversion = (part: string, variant: string): string => pointer(COUNTER.converted + part, variant);
  /** An exposure that a later order is attributed to keeps the place of that conversion. */
  const owed = Object.entries(first).filter(
    ([part, variant]) => !((counts[conversion(part, variant)] ?? 0) > 0),
  );
  let room =
    MAX_COUNTERS -
    OWN.length -
    Object.keys(counts).filter((name) => !OWN.includes(name) && !isMeasure(name)).length -
    owed.length;

  const add = (name: string, by: number): void => {
    if (counts[name] === undefined && !OWN.includes(name) && !isMeasure(name)) room--;
    counts[name] = (counts[name] ?? 0) + by;
    delta[name] = (delta[name] ?? 0) + by;
    if (minute !== null) (minutes[minute] ??= []).push([name, by]);
  };
  const has = (name: string): boolean => (counts[name] ?? 0) !== 0;

  function session(event: Event, after: VisitorState): void {
    const id = event.sessionId ?? sessionOf(after, event);
    if (id === null) return;
    const derived = event.sessionId === null && after.session?.derived === true;
    if (counted?.session !== id) {
      counted = { session: id, converted: false };
      if (derived) add(COUNTER.derived, 1);
      else if (!sessions.has(id)) sessions.set(id, partFrom(null, false));
    }
    if (event.name !== "Order Completed" || counted.converted) return;
    counted = { session: id, converted: true };
    if (derived) add(COUNTER.derivedConverted, 1);
    else sessions.set(id, partFrom(sessions.get(id) ?? null, true));
  }

  function partFrom(known: SessionPart | null, converted: boolean): SessionPart {
    if (minute === null) return { converted };
    return {
      converted,
      minutes: { started: known?.minutes?.started ?? minute, converted: converted ? minute : null },
    };
  }

  function order(event: Event): void {
    add(COUNTER.orders, 1);
    const revenue = revenueOf(event);
    if (revenue !== 0) add(COUNTER.revenue, revenue);
    for (const [part, variant] of Object.entries(first)) {
      const name = conversion(part, variant);
      if (has(name)) continue;
      room++;
      add(name, 1);
    }
  }

  function exposure({ properties: { experiment, variant } }: Event): void {
    if (!isName(experiment) || !isName(variant)) return;
    const part = pointer("", experiment);
    const name = pointer(COUNTER.exposed + part, variant);
    const isFirst = first[part] === undefined;
    if (has(name) || room < (isFirst ? 2 : 1)) return;
    add(name, 1);
    if (!isFirst) {
      const crossed = COUNTER.crossed + part;
      if (!has(crossed) && room > 0) add(crossed, 1);
      return;
    }
    first = { ...first, [part]: variant };
    room--;
  }

  /** What was added stands in the counts themselves: the difference is right though the ruleset has changed since. */
  function measure(event: Event, after: VisitorState, { see, remember, counts: countsOf }: Measuring): void {
    const known = measures;
    measures = see(known, event, { attributes: () => visitorAttributes(after), past });
    past = remember(past, event);
    if (measures === known) return;
    for (const [key, one] of Object.entries(measures)) {
      if (one === known[key]) continue;
      const now = countsOf(key, one) ?? {};
      const prefix = `${pointer(MEASURE, key)}/`;
      const names = Object.keys(counts).filter((name) => name.startsWith(prefix));
      for (const name of new Set([...names, ...Object.keys(now)])) {
        const by = (now[name] ?? 0) - (counts[name] ?? 0);
        if (by !== 0) add(name, by);
      }
    }
  }

  function segments(now: Memberships): void {
    if (now === synced) return;
    synced = now;
    for (const segment of Object.keys(now))
      if (!has(COUNTER.segment + segment) && room > 0) add(COUNTER.segment + segment, 1);
    for (const name of Object.keys(counts)) {
      const segment = name.startsWith(COUNTER.segment) ? name.slice(COUNTER.segment.length) : null;
      if (segment !== null && has(name) && now[segment] === undefined) add(name, -1);
    }
  }

  return {
    add(event, after, now) {
      if (!event.consent.purposes.includes("analytics")) return;
      minute = minuteOf?.(event) ?? null;
      if (!has(COUNTER.visitors)) add(COUNTER.visitors, 1);
      const name = COUNTER.event + event.name;
      const { weight = 1 } = event;
      add(has(name) || room > 0 ? name : OTHER, weight);
      if (weight !== 1) add(COUNTER.sampled, 1);
      session(event, after);
      if (event.name === "Order Completed") order(event);
      else if (event.name === "Variant Exposed") exposure(event);
      if (measuring?.reads(event.name)) measure(event, after, measuring);
      segments(now);
    },
    conflict() {
      minute = null;
      add(COUNTER.conflicts, 1);
    },
    stand(now, at) {
      minute = at;
      segments(now);
    },
    result() {
      for (const name of Object.keys(counts)) if (counts[name] === 0) delete counts[name];
      for (const name of Object.keys(delta)) if (delta[name] === 0) delete delta[name];
      const kept = {
        ...(Object.keys(measures).length > 0 && { measures }),
        ...(Object.keys(past).length > 0 && { past }),
      };
      return { counts, first, counted, ...kept, delta, sessions, minutes };
    },
  };
}
