export * from "./monitoring/index.js";
export * from "./registry/index.js";
export * from "./table/index.js";
