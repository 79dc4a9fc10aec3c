export type { RedisClient } from "./connection.js";
export { type RedisStoreOptions, redisStore } from "./store.js";
