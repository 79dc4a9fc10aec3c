/** As much of onnxruntime-web as is used; `import("onnxruntime-web/wasm")` fits. */
export interface OnnxRuntime {
  readonly env: {
    readonly wasm: {
      numThreads?: number;
      proxy?: boolean;
      wasmBinary?: ArrayBufferLike | Uint8Array;
      wasmPaths?: unknown;
    };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options?: { executionProviders?: readonly string[] }): Promise<OnnxSession>;
  };
  readonly Tensor: new (type: never, data: never, dims: readonly number[]) => unknown;
}

export interface OnnxSession {
  readonly inputNames: readonly string[];
  run(
    feeds: Readonly<Record<string, never>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>>;
  release(): Promise<void>;
}

/** How onnxruntime-web is come by. It is loaded when the first model needs it. */
export interface OnnxRuntimeOptions {
  /** `() => import("onnxruntime-web/wasm")`, which is the default where `createOnnxScorer` is used by itself; a page's loader has none. */
  readonly load?: () => Promise<unknown>;
  /** Where the host serves `ort-wasm-simd-threaded.wasm`, and the `sha256-…` of it. Without it onnxruntime-web finds the file beside its own. */
  readonly wasm?: { readonly url: string | URL; readonly integrity: string };
}
