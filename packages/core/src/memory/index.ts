export { type MemoryChannelOptions, memoryChannel } from "./channel.js";
export { type ConsumerGroups, type ConsumerSource, consumerGroups, type Timer } from "./consumer-groups.js";
export { type MemoryLogOptions, memoryLog } from "./log.js";
export { type MemorySeriesOptions, memorySeries } from "./series.js";
export { checkSeriesPoints, checkSeriesQuery } from "./series-check.js";
export { type SeriesSample, seriesRows } from "./series-windows.js";
export { keyHash, shardOf } from "./shards.js";
export { type MemoryStoreOptions, memoryStore, ONCE_TTL_MS } from "./store.js";
