export { memoryChannel, type MemoryChannelOptions } from "./channel.js";
export { type ConsumerGroups, type ConsumerSource, consumerGroups, type Timer } from "./consumer-groups.js";
export { memoryLog, type MemoryLogOptions } from "./log.js";
export { keyHash, shardOf } from "./shards.js";
export { memoryStore, type MemoryStoreOptions, ONCE_TTL_MS } from "./store.js";
