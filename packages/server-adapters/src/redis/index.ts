export { type RedisWarning, redisAdvice } from "./advice.js";
export { type RedisChannelOptions, redisChannel } from "./channel.js";
export type { RedisClient } from "./connection.js";
export { type RedisLogOptions, redisLog } from "./log.js";
export { type RedisStoreOptions, redisStore } from "./store.js";
