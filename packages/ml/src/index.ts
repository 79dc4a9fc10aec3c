export * from "./model/index.js";
export * from "./monitoring/index.js";
export * from "./onnx/index.js";
export * from "./registry/index.js";
export * from "./table/index.js";
export * from "./training/index.js";
