import type { Series } from "../ports/series.js";
import { type ConformanceClock, register, type Skips, type TestRunner } from "./conformance.js";
import { createFakeClock } from "./fake-clock.js";
import type { SeriesContext, SeriesNeed } from "./series-case.js";
import { seriesPointCases } from "./series-cases-points.js";
import { seriesQueryCases } from "./series-cases-query.js";

export interface SeriesConformanceOptions {
  /** Shown in the titles. */
  name: string;
  /** A fresh, empty series that keeps points from 2025-01-01 on; where it has a retention, it reads the given clock. */
  make(context: { clock: ConformanceClock }): Promise<Series>;
  /** The adapter's own declaration; checked against what the series says of itself. */
  capabilities: Series["capabilities"];
  /** Opens again what the last `make` made, after it was closed. Needed where `durable`. */
  reopen?(context: { clock: ConformanceClock }): Promise<Series>;
  /** Cleans up after a case whose series is already closed. */
  dispose?(): Promise<void>;
  /** Where the engine keeps its own time (default: a fake clock for each case). */
  clock?: ConformanceClock;
  skips?: Skips;
}

/** What every `Series` must do, run against the real engine. Its cases name the behaviour they check. */
export function seriesConformance(runner: TestRunner, options: SeriesConformanceOptions): void {
  const { capabilities } = options;
  register<SeriesContext, SeriesNeed>(runner, {
    title: `series conformance: ${options.name}`,
    cases: [...seriesPointCases, ...seriesQueryCases],
    lacking: {
      ...(!capabilities.durable && { durable: "the adapter declares that nothing outlives it" }),
    },
    skips: options.skips ?? {},
    async around(run) {
      const clock = options.clock ?? createFakeClock();
      let series = await options.make({ clock });
      const reopen = async (): Promise<Series> => {
        await series.close();
        if (options.reopen === undefined)
          throw new Error("A durable series needs `reopen` in its conformance options.");
        series = await options.reopen({ clock });
        return series;
      };
      try {
        await run({ series, clock, capabilities, reopen });
      } finally {
        await series.close();
        await options.dispose?.();
      }
    },
  });
}
