import { memoryLog, memoryStore } from "@attune/core/memory";
import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import { streamOf } from "@attune/server-adapters/node";
import { afterEach, describe, expect, it } from "vitest";
import { createRates } from "./rates.js";
import { createSiteFeeds } from "./site-feeds.js";
import { createTallies } from "./tallies.js";
import { createMetricsTeller } from "./tell-metrics.js";

const clock = { now: () => Date.UTC(2026, 10, 25, 12) };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

function watch(summary: (inner: PersonalizationService) => PersonalizationService["summary"]) {
  const inner = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
  const service = { ...inner, summary: summary(inner) };
  const [rates, tallies] = [createRates(clock), createTallies(clock)];
  const beside = (site: string) => ({
    live: rates.figures(site),
    apart: tallies.figures(site),
    simulated: null,
  });
  const tell = createMetricsTeller({ service, clock, beside, report: () => undefined });
  const heard: string[] = [];
  const sites = new Map(
    ["one", "two"].map((site) => {
      const feeds = createSiteFeeds({ clock, visitors: () => ({ type: "visitors" }) });
      const reader = streamOf(
        feeds.open({ subject: null, lastEventId: null, active: () => true }),
      ).getReader();
      void (async () => {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          if (new TextDecoder().decode(value).includes("event: metrics")) heard.push(site);
        }
      })();
      ends.push(() => feeds.close());
      return [site, { feeds }];
    }),
  );
  ends.push(() => inner.close());
  return { tell: () => tell(sites), heard };
}

describe("the figures of each second", () => {
  it("reach the readers of a site, though another site's cannot be read to the end", async () => {
    let asked = 0;
    const { tell, heard } = watch((inner) => (site, options) => {
      if (site === "two") return inner.summary(site, options);
      asked += 1;
      return new Promise(() => undefined);
    });
    tell();
    await expect.poll(() => heard).toEqual(["two"]);
    tell();
    await expect.poll(() => heard).toEqual(["two", "two"]);
    // What is still being read is not asked for once more.
    expect(asked).toBe(1);
  });
});
