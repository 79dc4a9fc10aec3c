import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

const folder = (path: string) => new URL(path, import.meta.url);

export default defineConfig([
  library(
    { index: "src/index.ts" },
    {
      banner: { js: '"use client";' },
      treeshake: false,
      external: [/^@attune\//, "react", "react-dom", "react/jsx-runtime"],
    },
  ),
  {
    entry: { app: "src/main.tsx" },
    outDir: "dist/static",
    format: "esm",
    platform: "browser",
    target: "es2022",
    minify: true,
    noExternal: [/.*/],
    define: { "process.env.NODE_ENV": '"production"' },
    tsconfig: "../../tsconfig.base.json",
    async onSuccess() {
      await cp(folder("./src/static"), folder("./dist/static"), { recursive: true });
    },
  },
]);
