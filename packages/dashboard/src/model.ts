import type { EventFrame, Frame, MetricsFrame } from "./frames.js";

/** Everything the page shows; made by `reduce` from frames alone. */
export interface Model {
  connection: "connecting" | "live" | "lost";
  metrics: MetricsFrame | null;
  /** Events per second, oldest first, one a second, at most two minutes; of all visitors, and of real ones. */
  history: readonly { all: number; real: number }[];
  /** Latest first. */
  feed: readonly EventFrame[];
  visitors: ReadonlyMap<string, VisitorRow>;
  /** From when on the server has heard of visitors; null until it has said so. */
  heardSince: string | null;
}

export interface VisitorRow {
  visitor: string;
  simulated: boolean;
  lastEvent: string;
  path: string | null;
  at: string;
  engagement: number | null;
  intent: number | null;
  /** What this visit looks like; null where nothing stands out or consent does not cover it (then `engagement` is null too). */
  pattern: string | null;
  /** Null where nothing was heard of them. */
  segments: readonly string[] | null;
}

const HISTORY = 120;
/** Of each kind, so that a simulated population cannot push real visitors out. */
const FEED = 40;
const VISITORS = 200;

export const EMPTY: Model = {
  connection: "connecting",
  metrics: null,
  history: [],
  feed: [],
  visitors: new Map(),
  heardSince: null,
};

/** Pure: the next model. Bounded, however long the page stays open. */
export function reduce(model: Model, frame: Frame): Model {
  switch (frame.type) {
    case "metrics":
      return {
        ...model,
        connection: "live",
        metrics: frame,
        history: [...model.history, rates(frame.live)].slice(-HISTORY),
      };
    case "behavioral_event":
      return {
        ...model,
        connection: "live",
        feed: latestOfEach([frame, ...model.feed], FEED),
        visitors: follow(model.visitors, frame),
      };
    case "segment_change": {
      const known = model.visitors.get(frame.visitor);
      if (known === undefined) return model;
      return {
        ...model,
        visitors: new Map(model.visitors).set(frame.visitor, { ...known, segments: frame.segments }),
      };
    }
    case "visitors":
      return {
        ...model,
        heardSince: frame.since,
        visitors: frame.visitors.reduce(follow, model.visitors),
      };
    case "gap":
      return { ...model, feed: EMPTY.feed, visitors: EMPTY.visitors };
  }
}

const rates = ({ eventsPerSecond, simulatedEventsPerSecond }: MetricsFrame["live"]) => ({
  all: eventsPerSecond,
  // The two are rounded apart.
  real: Math.max(0, eventsPerSecond - simulatedEventsPerSecond),
});

/** The first `count` real and the first `count` simulated ones, in their order. */
function latestOfEach<T extends { simulated: boolean }>(items: readonly T[], count: number): T[] {
  const left = { real: count, simulated: count };
  return items.filter(({ simulated }) => left[simulated ? "simulated" : "real"]-- > 0);
}

/** Most recent last in the map. */
function follow(
  visitors: Model["visitors"],
  { event, simulated, insights }: Omit<EventFrame, "type">,
): Model["visitors"] {
  const next = new Map(visitors);
  const known = next.get(event.visitor);
  const covered = event.engagementScore !== null;
  next.delete(event.visitor);
  next.set(event.visitor, {
    visitor: event.visitor,
    simulated,
    lastEvent: event.eventType,
    path: event.product ?? event.path ?? known?.path ?? null,
    at: event.timestamp,
    engagement: event.engagementScore ?? known?.engagement ?? null,
    intent: event.intentProbability ?? known?.intent ?? null,
    // Where it is covered, nothing standing out is news as well.
    pattern: covered ? insights.behaviorPattern : (known?.pattern ?? null),
    segments: event.segments ?? known?.segments ?? null,
  });
  if (next.size <= VISITORS) return next;
  const kept = latestOfEach([...next.values()].reverse(), VISITORS).reverse();
  return new Map(kept.map((row) => [row.visitor, row]));
}

/** Real visitors first, then simulated ones unless only real ones are wanted; of each kind the latest first. */
export function latestVisitors({ visitors }: Model, count: number, realOnly = false): VisitorRow[] {
  const rows = [...visitors.values()].reverse();
  const real = rows.filter(({ simulated }) => !simulated);
  return (realOnly ? real : [...real, ...rows.filter(({ simulated }) => simulated)]).slice(0, count);
}

/** Latest first; only what real visitors did, where that is wanted. */
export const latestEvents = ({ feed }: Model, count: number, realOnly = false): EventFrame[] =>
  feed.filter(({ simulated }) => !(realOnly && simulated)).slice(0, count);
