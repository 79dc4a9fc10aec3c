import { existsSync, readdirSync, readFileSync } from "node:fs";

/** What a host can import, as source: `./dist/wire/index.js` is built from `src/wire/index.ts`. */
function subPaths(name) {
  const { exports = {} } = JSON.parse(
    readFileSync(new URL(`packages/${name}/package.json`, import.meta.url), "utf8"),
  );
  return Object.values(exports)
    .filter((target) => typeof target === "string" && target.endsWith(".js"))
    .flatMap((target) =>
      ["ts", "tsx"].map((ending) => target.replace("./dist/", "src/").replace(/js$/, ending)),
    )
    .filter((path) => existsSync(new URL(`packages/${name}/${path}`, import.meta.url)));
}

/** Tests, and the scripts that tests start as processes or put into pages. */
const TESTS = ["src/**/*.test.{ts,tsx}", "src/**/*.test-d.ts", "src/**/*.fixture.ts", "test/pages/*.ts"];
/** Entries beyond what a host imports. */
const MORE = { server: ["src/cli/index.ts"] };
/** Loaded under a name that is put together, or as another program. */
const NAMED_ELSEWHERE = {
  react: ["react18", "react-dom18"],
  "server-adapters": ["next"],
  ml: ["density-clustering"],
};

const packages = readdirSync(new URL("packages", import.meta.url)).map((name) => [
  `packages/${name}`,
  {
    entry: [...subPaths(name), ...(MORE[name] ?? []), ...TESTS],
    project: ["src/**/*.{ts,tsx}", "test/**/*.ts"],
    ignoreDependencies: NAMED_ELSEWHERE[name] ?? [],
  },
]);

export default {
  workspaces: {
    ".": {
      // The declarations are written by a process of its own.
      entry: [
        "scripts/*.mjs",
        "scripts/lib/declarations.mjs",
        "scripts/**/*.test.ts",
        "tests/**/*.test.ts",
        "tests/browser/fixture/*.ts",
        "tests/support/coverage.ts",
      ],
      project: ["scripts/**/*.mjs", "tests/**/*.ts"],
      // Run by the path of their program (`bin` of scripts/lib/run.mjs), or wanted by what is built from here.
      ignoreDependencies: [
        "@arethetypeswrong/cli",
        "@biomejs/biome",
        "@changesets/cli",
        // What a provider of coverage that is named by its path is taken for.
        "@vitest/coverage-custom",
        "dependency-cruiser",
        "knip",
        "publint",
        "react",
        "react-dom",
      ],
    },
    ...Object.fromEntries(packages),
  },
  // They are programs of their own, and pages of documentation.
  ignoreWorkspaces: ["examples/*", "benchmarks", "docs"],
  ignoreExportsUsedInFile: true,
};
