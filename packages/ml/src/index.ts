export * from "./clustering/index.js";
export * from "./monitoring/index.js";
