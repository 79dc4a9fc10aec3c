import type { Scorer } from "@attune/core";
import { checkIntegrity, fetchChecked } from "./fetch-checked.js";
import { makeScorer } from "./make-scorer.js";
import type { OnnxScorerOptions } from "./scorer-options.js";

const MAX_BYTES = 16_000_000;

/**
 * A scorer of an ONNX file: of `toOnnx`, or made elsewhere. Linear models, trees and small networks, also as converters of scikit-learn and PyTorch write them, are
 * scored in TypeScript, to within 1e-6 of onnxruntime; any other graph by onnxruntime-web, which is loaded when the first such model comes. The file need not
 * be trusted.
 *
 * @param model The file's bytes, or where it lies.
 * @throws AttuneError Reading: `ATTUNE_ML_ONNX_MALFORMED`, `…_TOO_LARGE`, `…_EXTERNAL_DATA`. Not fitting: `ATTUNE_ML_ONNX_FEATURES`, `…_OUTPUT`, `…_INPUT`. Fetching:
 * `ATTUNE_ML_FETCH`, `ATTUNE_ML_INTEGRITY`. Running: `ATTUNE_ML_ONNX_NOT_PLAIN`, `…_NO_RUNTIME`, `…_RUNTIME`. Its `score` throws (or rejects with) `ATTUNE_ML_BAD_SHAPE`,
 * `ATTUNE_ML_NOT_FINITE`, and `ATTUNE_ML_ONNX_NOT_A_SCORE` where the model gives what is no score.
 */
export async function createOnnxScorer(
  model: Uint8Array | string | URL,
  options: OnnxScorerOptions = {},
): Promise<Scorer> {
  const { integrity, fetch, maxBytes = MAX_BYTES } = options;
  const given = typeof model !== "string" && !(model instanceof URL);
  if (given && integrity !== undefined) await checkIntegrity(model, integrity);
  const bytes = given ? model : await fetchChecked({ url: model, integrity, fetch, maxBytes });
  const load = (): Promise<unknown> => import("onnxruntime-web/wasm");
  return makeScorer(bytes, { ...options, onnxruntime: { load, ...options.onnxruntime } });
}
