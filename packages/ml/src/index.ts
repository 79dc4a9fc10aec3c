export * from "./monitoring/index.js";
export * from "./training/index.js";
