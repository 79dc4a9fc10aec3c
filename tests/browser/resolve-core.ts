import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

/** `@attune/core/x` is its source, as in the unit tests. */
export const resolveCore: Plugin = {
  name: "resolve-core",
  setup({ onResolve }) {
    onResolve({ filter: /^@attune\/core/ }, ({ path }) => ({
      path: fileURLToPath(
        new URL(`../../packages/core/src${path.slice("@attune/core".length)}/index.ts`, import.meta.url),
      ),
    }));
  },
};
