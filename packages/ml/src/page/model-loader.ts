import type { Scorer, ScorerDescription } from "@attune/core";
import type { OnnxRuntimeOptions } from "../onnx/onnxruntime/types.js";

/** A model as the engine asks for it. */
export interface ModelToLoad extends ScorerDescription {
  readonly url: string;
  /** `sha256-…` of the file. */
  readonly integrity: string;
}

export interface ModelLoaderOptions {
  /** What relative addresses of models are relative to; the page's own if left out. */
  readonly endpoint?: string;
  /** The key that `browser` has too: the server gives its models' files to who may read the ruleset. Sent to the endpoint's origin alone. */
  readonly writeKey?: string;
  /** Bytes of a model file; 4 MB. */
  readonly maxBytes?: number;
  /** Which part of the file holds scores and what turns them into some, by the model's name, for models made elsewhere. */
  readonly models?: Readonly<
    Record<string, { readonly output?: string; readonly transform?: "none" | "sigmoid" | "softmax" }>
  >;
  /** For graphs beyond linear models, trees and small networks: `{ load: () => import("onnxruntime-web/wasm"), wasm: { url, integrity } }`. */
  readonly onnxruntime?: OnnxRuntimeOptions;
  readonly fetch?: typeof fetch;
}

const MAX_BYTES = 4_000_000;

/**
 * What loads a page's models, for the engine's option `models`: fetches a file, checks its hash and size, and makes a scorer of it. Linear models, trees and small
 * networks are scored in TypeScript; onnxruntime-web is part of the page only if the host hands it in.
 *
 * @returns A function whose promise is rejected with an AttuneError where the model cannot be used; the page then keeps its fallback.
 */
export function modelLoader(options: ModelLoaderOptions = {}): (model: ModelToLoad) => Promise<Scorer> {
  const { endpoint, writeKey, maxBytes = MAX_BYTES, models = {}, onnxruntime, fetch } = options;
  return async (model) => {
    const { url, integrity, inputs, ...described } = model;
    const base = endpoint === undefined ? null : new URL(endpoint, globalThis.location?.href);
    const address = base === null ? url : new URL(url, base).href;
    const isOwn = base !== null && new URL(address).origin === base.origin;
    const headers = writeKey !== undefined && isOwn ? { authorization: `Bearer ${writeKey}` } : undefined;
    // A chunk of its own: a page whose ruleset names no model, or whose visitor has not agreed, never fetches it.
    const { fetchChecked, makeScorer } = await import("./scoring.js");
    const file = await fetchChecked({ url: address, integrity, maxBytes, headers, fetch });
    const own = Object.hasOwn(models, model.name) ? models[model.name] : {};
    return makeScorer(file, {
      ...described,
      ...own,
      features: inputs,
      maxBytes,
      ...(onnxruntime && { onnxruntime }),
      ...(fetch && { fetch }),
    });
  };
}
