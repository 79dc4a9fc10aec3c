import type { Purpose } from "@attune/core";
import type { ReadLimits } from "./format/decode-model.js";
import type { OnnxRuntimeOptions } from "./onnxruntime/types.js";

/** How a model file becomes a scorer. What is said of the model here holds before what the file says of itself. */
export interface OnnxScorerOptions extends ReadLimits {
  /**
   * `plain`: scored in TypeScript, without WebAssembly; `onnxruntime`: by onnxruntime-web, which takes any graph; `auto` (the default): plain where the graph is a
   * linear model, trees or a small network.
   */
  readonly runtime?: "auto" | "plain" | "onnxruntime";
  /** Names of the columns of rows, in order. Where the file names its own they must be the same. */
  readonly features?: readonly string[];
  /** Names of the scores. One name for a file of two classes means the second. */
  readonly outputs?: readonly string[];
  readonly name?: string;
  /** What names this very model; the SHA-256 of the file if left out. */
  readonly version?: string;
  readonly featuresVersion?: string | null;
  readonly purposes?: readonly Purpose[];
  /** Which of the graph's outputs holds the scores, where it has several. */
  readonly output?: string;
  /** What turns the graph's output into scores in [0, 1], where it gives log-odds or logits, as networks are often exported. */
  readonly transform?: "none" | "sigmoid" | "softmax";
  /** `sha256-…` of the file, as Subresource Integrity writes it: another content is refused. */
  readonly integrity?: string;
  /** Fetches the file where a URL is given. */
  readonly fetch?: typeof fetch;
  readonly onnxruntime?: OnnxRuntimeOptions;
}
