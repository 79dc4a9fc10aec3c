import type { EventFrame, Frame, MetricsFrame } from "./frames.js";

/** Everything the page shows; made by `reduce` from frames alone. */
export interface Model {
  connection: "connecting" | "live" | "lost";
  metrics: MetricsFrame | null;
  /** Events per second, oldest first, one a second, at most two minutes. */
  history: readonly number[];
  /** Latest first. */
  feed: readonly EventFrame[];
  visitors: ReadonlyMap<string, VisitorRow>;
}

export interface VisitorRow {
  visitor: string;
  simulated: boolean;
  lastEvent: string;
  path: string | null;
  at: string;
  engagement: number | null;
  intent: number | null;
  pattern: string | null;
  segments: readonly string[];
}

const HISTORY = 120;
const FEED = 40;
const VISITORS = 200;

export const EMPTY: Model = {
  connection: "connecting",
  metrics: null,
  history: [],
  feed: [],
  visitors: new Map(),
};

/** Pure: the next model. Bounded, however long the page stays open. */
export function reduce(model: Model, frame: Frame): Model {
  switch (frame.type) {
    case "metrics":
      return {
        ...model,
        connection: "live",
        metrics: frame,
        history: [...model.history, frame.live.eventsPerSecond].slice(-HISTORY),
      };
    case "behavioral_event":
      return {
        ...model,
        connection: "live",
        feed: [frame, ...model.feed].slice(0, FEED),
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
    case "gap":
      return { ...model, feed: EMPTY.feed, visitors: EMPTY.visitors };
  }
}

/** Most recent last in the map, so that the one to forget is first. */
function follow(visitors: Model["visitors"], { event, simulated, insights }: EventFrame): Model["visitors"] {
  const next = new Map(visitors);
  const known = next.get(event.visitor);
  next.delete(event.visitor);
  next.set(event.visitor, {
    visitor: event.visitor,
    simulated,
    lastEvent: event.eventType,
    path: event.product ?? event.path ?? known?.path ?? null,
    at: event.timestamp,
    engagement: event.engagementScore ?? known?.engagement ?? null,
    intent: event.intentProbability ?? known?.intent ?? null,
    pattern: insights.behaviorPattern ?? known?.pattern ?? null,
    segments: known?.segments ?? [],
  });
  if (next.size > VISITORS) next.delete(next.keys().next().value as string);
  return next;
}

/** Latest first. */
export const latestVisitors = (model: Model, count: number): VisitorRow[] =>
  [...model.visitors.values()].slice(-count).reverse();
