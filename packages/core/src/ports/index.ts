export { COOKIE_NAMES } from "./cookie-names.js";
export type * from "./capabilities.js";
export type * from "./channel.js";
export type * from "./environment.js";
export * from "./expiry.js";
export { HANDOVER_PARAMETER } from "./handover-parameter.js";
export type * from "./log.js";
export type * from "./series.js";
export type * from "./store.js";
