export * from "./clock.js";
export * from "./development.js";
export * from "./errors.js";
export * from "./hash.js";
export * from "./ids.js";
export * from "./json.js";
export * from "./random.js";
export * from "./result.js";
