export { hitRate } from "./cache-counts.js";
export { createPersonalizationService } from "./create-service.js";
export { storedKeys } from "./keys.js";
export type * from "./types.js";
