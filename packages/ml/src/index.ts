export * from "./monitoring/index.js";
export * from "./onnx/index.js";
