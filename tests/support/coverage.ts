import v8 from "@vitest/coverage-v8";
import type { CoverageProviderModule } from "vitest/node";

/**
 * V8's coverage, counted only in the projects that say so by `ATTUNE_COVERED`: code that is counted runs slower and is written down after each file, and
 * what has thresholds is covered by the tests beside it.
 */
const isCounted = (): boolean => process.env["ATTUNE_COVERED"] !== undefined;

const counted: CoverageProviderModule = {
  getProvider: () => v8.getProvider(),
  startCoverage: (options) => (isCounted() ? v8.startCoverage?.(options) : undefined),
  takeCoverage: (options) => (isCounted() ? v8.takeCoverage?.(options) : undefined),
  stopCoverage: (options) => (isCounted() ? v8.stopCoverage?.(options) : undefined),
};

export default counted;
