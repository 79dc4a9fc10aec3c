/** Revenue is counted in ten-thousandths, so that sums are exact in any order. */
export const REVENUE_UNIT = 10_000;

export const MINUTE_MS = 60_000;

/** What is rolled up: its points, and by what they can be told apart beside site and shard. */
export const FIGURES = {
  /** By name. Under load events stand for others, which are counted with them. */
  events: { name: "attune_events", field: "count", by: ["event"], unit: 1 },
  /** Seen for the first time. */
  visitors: { name: "attune_visitors", field: "count", by: [], unit: 1 },
  /** Begun, and those that came to their first order. */
  sessions: { name: "attune_sessions", field: "started", by: [], unit: 1 },
  convertedSessions: { name: "attune_sessions", field: "converted", by: [], unit: 1 },
  orders: { name: "attune_orders", field: "count", by: [], unit: 1 },
  revenue: { name: "attune_orders", field: "revenue", by: [], unit: REVENUE_UNIT },
  /** Visitors who saw a variant for the first time, and those who came to their first order after it. */
  exposures: { name: "attune_experiments", field: "exposures", by: ["experiment", "variant"], unit: 1 },
  conversions: { name: "attune_experiments", field: "conversions", by: ["experiment", "variant"], unit: 1 },
  /** Visitors who entered a segment, and who left it. */
  entered: { name: "attune_segments", field: "entered", by: ["segment"], unit: 1 },
  left: { name: "attune_segments", field: "left", by: ["segment"], unit: 1 },
} as const satisfies Record<string, { name: string; field: string; by: readonly string[]; unit: number }>;

export type FigureName = keyof typeof FIGURES;
export interface Figure {
  name: string;
  field: string;
  by: readonly string[];
  /** How many of the counters' units make one. */
  unit: number;
}
export const figureNames = Object.keys(FIGURES) as FigureName[];
