/** What this page reads of the server's live stream (`GET /api/v1/behavioral/stream`). Other frames pass it by. */
export interface MetricsFrame {
  type: "metrics";
  at: string;
  /** All that is stored, simulated or not. */
  summary: Figures & { conflicts: number };
  live: {
    eventsPerSecond: number;
    eventsLastMinute: number;
    simulatedEventsPerSecond: number;
    simulatedEventsLastMinute: number;
    activeVisitors: number;
    simulatedVisitors: number;
  };
  /** Real and simulated visitors apart, counted from `since` on. */
  apart: { since: string; real: Figures; simulated: Figures };
  simulated: { running: boolean; visitorsPerMinute: number } | null;
}

export interface Figures {
  events: number;
  sessions: { given: number; derived: number };
  visitors: number;
  conversions: { sessions: number; orders: number; revenue: number };
  /** Null: fewer are in it than may be told of. */
  segments: Readonly<Record<string, number | null>>;
  experiments: Readonly<Record<string, Readonly<Record<string, { exposures: number; conversions: number }>>>>;
  /** Visitors who saw more than one variant; not told of real visitors apart. */
  crossed?: Readonly<Record<string, number>>;
}

export interface EventFrame {
  type: "behavioral_event";
  simulated: boolean;
  event: {
    eventId: string;
    eventType: string;
    visitor: string;
    timestamp: string;
    path: string | null;
    product: string | null;
    category: string | null;
    engagementScore: number | null;
    intentProbability: number | null;
    /** Null where the stream has heard nothing of it. */
    segments: readonly string[] | null;
  };
  insights: { behaviorPattern: string | null };
}

export interface SegmentFrame {
  type: "segment_change";
  visitor: string;
  segments: readonly string[];
}

/** Who is here already, who came last at the end: told when the stream opens, and after each gap. */
export interface VisitorsFrame {
  type: "visitors";
  /** What was done before this the server has not heard of. */
  since: string;
  visitors: readonly Omit<EventFrame, "type">[];
}

/** Frames were lost, or somebody was erased: what is shown of visitors may hold no longer. */
export interface GapFrame {
  type: "gap";
}

export type Frame = MetricsFrame | EventFrame | SegmentFrame | VisitorsFrame | GapFrame;

/** The frame types to listen for. */
export const FRAME_TYPES = [
  "metrics",
  "behavioral_event",
  "segment_change",
  "visitors",
  "gap",
] as const satisfies readonly Frame["type"][];
