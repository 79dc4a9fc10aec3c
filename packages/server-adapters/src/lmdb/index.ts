export { type LmdbLogOptions, lmdbLog } from "./log.js";
export { type LmdbStoreOptions, lmdbStore } from "./store.js";
