import type { Clock } from "@attune/core";
import type { PersonalizationService, SiteSummary } from "@attune/core/service";
import type { LiveFigures } from "./rates.js";
import type { SiteFeeds } from "./site-feeds.js";
import type { ApartFigures } from "./tallies.js";

/** What is told each second beside the frames. */
interface MetricsFrame {
  type: "metrics";
  at: string;
  summary: SiteSummary;
  /** Whether the summary shows only the largest event names, segments and experiments. */
  truncated: boolean;
  live: LiveFigures;
  /** Real and simulated visitors apart, which the summary does not tell. */
  apart: ApartFigures;
  simulated: unknown;
}

export interface MetricsOptions {
  service: PersonalizationService;
  clock: Clock;
  /** What the frame of a site says beside its summary. */
  beside(site: string): Pick<MetricsFrame, "live" | "apart" | "simulated">;
  report(error: unknown): void;
}

/** Event names, segments and experiments in a `metrics` frame: each second one must fit well into a reader's buffer. */
const METRICS_NAMES = 50;

/** @returns Tells the readers of each site its figures. Where a site's are still being read, another call leaves them to come. */
export function createMetricsTeller({ service, clock, beside, report }: MetricsOptions) {
  async function send(site: string, feeds: SiteFeeds): Promise<void> {
    const summary = await service.summary(site, { names: METRICS_NAMES });
    const at = new Date(clock.now()).toISOString();
    const truncated = summary.other !== null;
    const { live, apart, simulated } = beside(site);
    const frame: MetricsFrame = { type: "metrics", at, summary, truncated, live, apart, simulated };
    feeds.tell("metrics", () => frame);
  }

  const [reading, failing] = [new Set<string>(), new Set<string>()];
  async function tell(site: string, feeds: SiteFeeds): Promise<void> {
    reading.add(site);
    try {
      await send(site, feeds);
      failing.delete(site);
    } catch (error) {
      // Once, not every second for as long as the store is away.
      if (!failing.has(site)) report(error);
      failing.add(site);
    } finally {
      reading.delete(site);
    }
  }

  return (sites: ReadonlyMap<string, { feeds: SiteFeeds }>): void => {
    for (const [site, { feeds }] of sites)
      if (feeds.wholeReaders > 0 && !reading.has(site)) void tell(site, feeds);
  };
}
