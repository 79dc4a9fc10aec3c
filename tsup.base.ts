import type { Options } from "tsup";

/** How every library package is built: readable ESM, one file per sub-path, shared code in chunks. Types are written beside it by scripts/lib/declarations.mjs, folders are cleaned by scripts/build.mjs. */
export function library(entry: Record<string, string>, options: Options = {}): Options {
  return {
    entry,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    splitting: true,
    treeshake: true,
    sourcemap: true,
    external: [/^@attune\//, /^node:/],
    tsconfig: "../../tsconfig.base.json",
    ...options,
  };
}
