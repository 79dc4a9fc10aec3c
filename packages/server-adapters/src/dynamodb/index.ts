export type { BackOffOptions } from "./back-off.js";
export { type DynamoStoreOptions, dynamoStore } from "./store.js";
export { type DynamoTable, type DynamoTableOptions, dynamoTable } from "./table.js";
