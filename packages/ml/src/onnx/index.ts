export { createOnnxScorer } from "./create-onnx-scorer.js";
export type { ReadLimits } from "./format/decode-model.js";
export type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from "./format/types.js";
export { fromOnnx, type FromOnnxOptions, type OnnxFile, readOnnx } from "./from-onnx.js";
export type { OnnxMetadata } from "./metadata.js";
export type { OnnxRuntimeOptions } from "./onnxruntime/types.js";
export type { OnnxScorerOptions } from "./scorer-options.js";
export { toOnnx, type ToOnnxOptions } from "./to-onnx.js";
