export { type ChannelConformanceOptions, channelConformance } from "./channel-conformance.js";
export type { ConformanceClock, Skips, TestRunner } from "./conformance.js";
export { type CrashHistoriesOptions, type CrashPorts, crashHistories } from "./crash-histories.js";
export { type Burn, mortalAtomicStore, mortalStore } from "./mortal.js";
export { createFakeClock, type FakeClock } from "./fake-clock.js";
export type { FastCheck } from "./fast-check.js";
export {
  createFaultProxy,
  type FaultProxy,
  type FaultProxyOptions,
  type ProxyConnection,
} from "./fault-proxy.js";
export type { Fault, FaultDirection, FaultPlace, NetModule } from "./fault-types.js";
export { type LogConformanceOptions, logConformance } from "./log-conformance.js";
export { type LogHistoriesOptions, logHistories } from "./log-histories.js";
export { type EgressEntry, type EgressRecorder, recordEgress } from "./record-egress.js";
export { type SeriesConformanceOptions, seriesConformance } from "./series-conformance.js";
export { type SeriesHistoriesOptions, seriesHistories } from "./series-histories.js";
export { type StoreConformanceOptions, storeConformance } from "./store-conformance.js";
export { type StoreHistoriesOptions, storeHistories } from "./store-histories.js";
