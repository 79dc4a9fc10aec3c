export { type ChannelConformanceOptions, channelConformance } from "./channel-conformance.js";
export type { ConformanceClock, Skips, TestRunner } from "./conformance.js";
export { createFakeClock, type FakeClock } from "./fake-clock.js";
export { type LogConformanceOptions, logConformance } from "./log-conformance.js";
export { type EgressEntry, type EgressRecorder, recordEgress } from "./record-egress.js";
export { type SeriesConformanceOptions, seriesConformance } from "./series-conformance.js";
export { type StoreConformanceOptions, storeConformance } from "./store-conformance.js";
