import { cp } from "node:fs/promises";
import { defineConfig } from "tsup";
import { library } from "../../tsup.base.ts";

const external = [/^@attune\//, "react", "react-dom", "react/jsx-runtime"];
const file = (path: string) => new URL(path, import.meta.url);

/** Client entries carry the directive that React Server Components look for; the server entry must not. */
export default defineConfig([
  library(
    {
      index: "src/index.ts",
      "consent/index": "src/consent/index.ts",
      "devtools/index": "src/devtools/index.ts",
      "testing/index": "src/testing/index.ts",
    },
    {
      banner: { js: '"use client";' },
      external,
      treeshake: false,
      async onSuccess() {
        for (const part of ["consent", "devtools"])
          await cp(file(`./src/${part}/styles.css`), file(`./dist/${part}/styles.css`));
        await cp(file("./src/consent/privacy/privacy.css"), file("./dist/consent/privacy.css"));
      },
    },
  ),
  library({ "next/index": "src/next/index.ts", "server/index": "src/server/index.ts" }, { external }),
]);
