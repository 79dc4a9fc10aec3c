export { type LmdbBackup, type LmdbBackupOptions, lmdbBackup } from "./backup.js";
export { type LmdbLogOptions, lmdbLog } from "./log.js";
export { type LmdbStoreOptions, lmdbStore } from "./store.js";
export { type LmdbSeriesOptions, lmdbSeries } from "./series.js";
