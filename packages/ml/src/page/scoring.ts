export { fetchChecked } from "../onnx/fetch-checked.js";
export { makeScorer } from "../onnx/make-scorer.js";
