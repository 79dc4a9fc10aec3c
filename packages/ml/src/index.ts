export * from "./monitoring/index.js";
export * from "./registry/index.js";
