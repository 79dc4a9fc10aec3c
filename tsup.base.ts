import type { Options } from "tsup";

/** How every library package is built: readable ESM, one file per sub-path, shared code in chunks, types beside it. */
export function library(entry: Record<string, string>, options: Options = {}): Options {
  return {
    entry,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    dts: true,
    splitting: true,
    treeshake: true,
    sourcemap: true,
    clean: true,
    external: [/^@attune\//, /^node:/],
    tsconfig: "tsconfig.build.json",
    ...options,
  };
}
