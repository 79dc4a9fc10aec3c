import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

const external = [/^@attune\//, "react", "react-dom", "react/jsx-runtime"];
const file = (path: string) => new URL(path, import.meta.url);

/** Client entries carry the directive that React Server Components look for; the server entry must not. */
export default defineConfig([
  library(
    { index: "src/index.ts", "consent/index": "src/consent/index.ts" },
    {
      banner: { js: '"use client";' },
      external,
      treeshake: false,
      clean: false,
      async onSuccess() {
        await cp(file("./src/consent/styles.css"), file("./dist/consent/styles.css"));
      },
    },
  ),
  library(
    { "next/index": "src/next/index.ts", "server/index": "src/server/index.ts" },
    { external, clean: false },
  ),
]);
