export { behaviourPatterns } from "./behaviour-patterns.js";
export { engagementScore, intentScore } from "./scores.js";
export type * from "./types.js";
