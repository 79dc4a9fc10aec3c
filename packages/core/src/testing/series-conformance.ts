import type { Series } from "../ports/series.js";
import { register, type Skips, type TestRunner } from "./conformance.js";
import type { SeriesContext, SeriesNeed } from "./series-case.js";
import { seriesHostileCases } from "./series-cases-hostile.js";
import { seriesPointCases } from "./series-cases-points.js";
import { seriesQueryCases } from "./series-cases-query.js";
import { type UnderTest, withPort } from "./under-test.js";

/** The series keeps points from 2025-01-01 on; where it has a retention, it reads the given clock. */
export type SeriesUnderTest = UnderTest<Series, Series["capabilities"]>;

export interface SeriesConformanceOptions extends SeriesUnderTest {
  skips?: Skips;
}

/** What every `Series` must do, run against the real engine. Its cases name the behaviour they check. */
export function seriesConformance(runner: TestRunner, options: SeriesConformanceOptions): void {
  const { capabilities } = options;
  register<SeriesContext, SeriesNeed>(runner, {
    title: `series conformance: ${options.name}`,
    cases: [...seriesPointCases, ...seriesQueryCases, ...seriesHostileCases],
    lacking: {
      ...(!capabilities.durable && { durable: "the adapter declares that nothing outlives it" }),
    },
    skips: options.skips ?? {},
    around: (run) =>
      withPort(options, ({ port, clock, reopen }) => run({ series: port, clock, capabilities, reopen })),
  });
}
