export { createAttune } from "./create-attune.js";
export type * from "./types.js";
