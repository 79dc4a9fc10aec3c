import { AttuneError } from "@attune/core";
import { fetchChecked } from "../fetch-checked.js";
import type { OnnxRuntime, OnnxRuntimeOptions } from "./types.js";

/** The file has 14 MB. */
const MAX_WASM_BYTES = 40_000_000;

/**
 * Loads onnxruntime-web and has it run in this thread alone: models for pages are small, and threads would need cross-origin isolation. Its WebAssembly is
 * fetched from where the host serves it and used only if its hash is right.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_NO_RUNTIME` if there is none, and what fetching throws.
 */
export async function startRuntime(
  { load, wasm }: OnnxRuntimeOptions,
  fetch: typeof globalThis.fetch | undefined,
): Promise<OnnxRuntime> {
  let runtime: OnnxRuntime;
  try {
    if (!load) throw new Error("no runtime was given");
    runtime = (await load()) as OnnxRuntime;
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_ML_ONNX_NO_RUNTIME",
      'This model needs onnxruntime-web: install it and give `onnxruntime: { load: () => import("onnxruntime-web/wasm") }`.',
      { cause },
    );
  }
  const { env } = runtime;
  env.wasm.numThreads = 1;
  env.wasm.proxy = false;
  if (wasm && env.wasm.wasmBinary === undefined) {
    const { url, integrity } = wasm;
    env.wasm.wasmBinary = await fetchChecked({ url, integrity, fetch, maxBytes: MAX_WASM_BYTES });
  }
  return runtime;
}
