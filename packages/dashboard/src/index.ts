export { Dashboard, type DashboardProps } from "./dashboard.js";
export type { EventFrame, Figures, Frame, MetricsFrame, SegmentFrame } from "./frames.js";
export { EMPTY, latestEvents, latestVisitors, type Model, reduce, type VisitorRow } from "./model.js";
export { useLive } from "./use-live.js";
