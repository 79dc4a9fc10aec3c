import { defineConfig } from "vitest/config";
import { LongestFirst } from "./tests/support/longest-first.ts";
import projects from "./vitest.workspace.ts";

export default defineConfig({
  test: {
    projects,
    sequence: { sequencer: LongestFirst },
    coverage: {
      provider: "custom",
      customProviderModule: "./tests/support/coverage.ts",
      // Measuring everything took a third longer, and nothing else has a threshold.
      include: [
        "packages/core/src/consent/**/*.ts",
        "packages/core/src/decisions/*.ts",
        "packages/core/src/service/erase/*.ts",
      ],
      exclude: ["**/*.test.*", "**/*.test-d.ts"],
      reporter: ["json-summary", ["text", { file: "coverage.txt" }]],
      /** What may never be wrong unnoticed: who may be known, what is decided, what is erased. */
      thresholds: {
        "packages/core/src/consent/**": { branches: 100 },
        "packages/core/src/decisions/{bucket,compile,decide,hash}.ts": { branches: 100 },
        "packages/core/src/decisions/{assignment,compile-any-slot,compile-ruleset,contextual,draw}.ts": {
          branches: 100,
        },
        "packages/core/src/decisions/{factorial,gates,highest-score,sticky,variants-of}.ts": {
          branches: 100,
        },
        "packages/core/src/service/erase/*.ts": { branches: 100 },
      },
    },
  },
});
