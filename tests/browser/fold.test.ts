import { existsSync, readFileSync } from "node:fs";
import type { Event, Ruleset } from "@attune/core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import "./fixture/page.js";
import { type LabServer, startLab } from "./lab.js";
import { syntheticEvents } from "./synthetic-events.js";

const GOLDEN = new URL("../../packages/core/src/state/golden.json", import.meta.url);

const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    hero: {
      variants: { a: 1, b: 2, c: 3 },
      fallback: "a",
      policy: { type: "split", experiment: "hero", weights: { a: 0.34, b: 0.33, c: 0.33 }, coverage: 0.9 },
    },
    price: {
      variants: { low: "low", high: "high" },
      fallback: "low",
      policy: { type: "rules", rules: [{ when: { averageViewedPrice: { $gt: 60 } }, variant: "high" }] },
    },
    depth: {
      variants: { no: 0, yes: 1 },
      fallback: "no",
      policy: {
        type: "rules",
        rules: [{ when: { averageScrollDepth: { $gte: 0.5 }, visitFrequency: { $lt: 3 } }, variant: "yes" }],
      },
    },
  },
};

/** The event lists in the state room's golden file, whatever else it holds. */
function goldenEvents(): Event[][] {
  if (!existsSync(GOLDEN)) {
    console.warn(`Left out: the golden fold, because ${GOLDEN.pathname} is not there`);
    return [];
  }
  const lists: Event[][] = [];
  const look = (value: unknown): void => {
    if (Array.isArray(value) && typeof (value[0] as Event | undefined)?.occurredAt === "number")
      lists.push(value as Event[]);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(look);
  };
  look(JSON.parse(readFileSync(GOLDEN, "utf8")));
  expect(lists.length).toBeGreaterThan(0);
  return lists;
}

describe.skipIf(noChromium !== null)("T33: the same events in Node and in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  let page: Page;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startLab()]);
    page = await browser.newPage();
    await page.goto(site.url);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const both = async (events: readonly Event[]): Promise<[string, string]> => [
    lab.foldAll(events, ruleset),
    await page.evaluate(
      (text) => lab.foldAll(...(JSON.parse(text) as [Event[], Ruleset])),
      JSON.stringify([events, ruleset]),
    ),
  ];

  it("give the same state, features and decisions after each of 2,000 events", async () => {
    const [here, there] = await both(syntheticEvents(2000, 11));
    expect(there).toBe(here);
    expect(new Set(here.match(/"reason":"[a-z-]+"/g))).toEqual(
      new Set(['"reason":"split"', '"reason":"rule"', '"reason":"no-match"']),
    );
  });

  it("give the same assignments of sticky experiments, and forget the same ones", async () => {
    const events = syntheticEvents(400, 12).map((event, i): Event => {
      if (i % 3 > 0) return event;
      const properties = {
        experiment: `experiment-${(i * 7) % 24}`,
        variant: "ab"[i % 2] as string,
        bucketVersion: i > 300 ? 1 : 0,
        ...(i % 5 === 0 && { kept: true }),
      };
      return { ...event, name: "Variant Exposed", userId: i % 4 === 0 ? "u" : null, properties };
    });
    const [here, there] = await both(events);
    expect(there).toBe(here);
    const { state } = JSON.parse(here) as { state: { learned: { assignments: unknown[] } } };
    expect(state.learned.assignments.length).toBeGreaterThan(2);
    expect(state.learned.assignments.length).toBeLessThan(24);
  });

  it("give the same for the golden sessions", async () => {
    for (const events of goldenEvents()) {
      const [here, there] = await both(events);
      expect(there).toBe(here);
    }
  });
});
