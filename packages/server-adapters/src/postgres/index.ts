export { type PostgresStoreOptions, postgresStore } from "./store.js";
export { postgresTable } from "./table.js";
