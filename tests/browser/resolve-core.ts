import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

/** `@attune/name/x` is its source, as in the unit tests. */
const resolveSource = (name: string): Plugin => ({
  name: `resolve-${name}`,
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^@attune/${name}(/|$)`) }, ({ path }) => ({
      path: fileURLToPath(
        new URL(
          `../../packages/${name}/src${path.slice(`@attune/${name}`.length)}/index.ts`,
          import.meta.url,
        ),
      ),
    }));
  },
});

export const resolveCore = resolveSource("core");
export const resolveReact = resolveSource("react");
