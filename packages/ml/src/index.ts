export * from "./monitoring/index.js";
