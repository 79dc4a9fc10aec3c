export { type TieredStore, type TieredStoreOptions, tieredStore } from "./store.js";
export type { Restored } from "./upkeep.js";
