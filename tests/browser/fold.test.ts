import { existsSync, readFileSync } from "node:fs";
import type { Decision, Event, Ruleset } from "@attune/core";
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

/** All that chance, what was learned, and gates have a say in. */
const byChance: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  holdouts: { tenth: { share: 0.1 } },
  exclusionGroups: { page: {} },
  slots: {
    layout: {
      variants: { plain: {} },
      fallback: "plain",
      policy: {
        type: "factorial",
        experiment: "layout",
        coverage: 0.9,
        factors: {
          colour: { red: "red", blue: "blue" },
          size: { small: 1, large: 2 },
          tone: { calm: "calm", loud: "loud" },
        },
        generators: { tone: ["colour", "size"] },
      },
    },
    shelf: {
      variants: { a: 1, b: 2, c: 3 },
      fallback: "a",
      policy: {
        type: "bandit",
        experiment: "shelf",
        shares: { a: 0.6180339887498949, b: 0.2718281828459045, c: 0.1101378284042006 },
        sticky: { bucketVersion: 1, onConflict: "keep-known" },
      },
    },
    mood: {
      variants: { a: 1, b: 2, c: 3 },
      fallback: "a",
      policy: {
        type: "contextual",
        experiment: "mood",
        context: [
          { attribute: "averageViewedPrice", centre: 100, scale: 7.3 },
          { attribute: "averageScrollDepth", centre: 0.5, scale: 0.03 },
        ],
        arms: {
          a: { mean: [0.31, 0.17, -0.05], covariance: [0.04, 0.003, 0.05, -0.002, 0.001, 0.03] },
          b: { mean: [0.29, -0.11, 0.23], covariance: [0.02, 0.001, 0.03, 0.004, -0.002, 0.06] },
          c: { mean: [0.27, 0.02, 0.07], covariance: [0.07, -0.004, 0.02, 0.001, 0.003, 0.04] },
        },
      },
    },
    offer: {
      variants: { no: 0, yes: 1 },
      fallback: "no",
      holdouts: ["tenth"],
      exclusion: [
        {
          group: "page",
          ranges: [
            [0, 0.4],
            [0.5, 0.8],
          ],
        },
      ],
      prerequisites: [{ slot: "layout", condition: { "value.colour": "red" } }],
      policy: { type: "split", experiment: "offer", weights: { no: 0.3, yes: 0.7 } },
    },
    price: {
      variants: { low: 1, high: 2 },
      fallback: "low",
      policy: {
        type: "split",
        experiment: "price",
        weights: { low: 0.5, high: 0.5 },
        sticky: { bucketVersion: 1, minBucketVersion: 1, onConflict: "exclude" },
      },
    },
  },
};

/** Of many visitors, in one life: some were shown something of a sticky experiment. */
const manyVisitors = (): Event[] =>
  syntheticEvents(600, 13).map((event, i): Event => {
    const shown = i % 40 === 1 ? "shelf" : i % 80 === 3 ? "price" : null;
    const properties = {
      experiment: shown,
      variant: shown === "price" ? (i < 350 ? "low" : "high") : ("abc"[i % 3] as string),
      bucketVersion: i < 100 ? 0 : 1,
    };
    const visitorId = `visitor-${i}`;
    return shown ? { ...event, visitorId, name: "Variant Exposed", properties } : { ...event, visitorId };
  });

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

  const both = async (events: readonly Event[], decidedBy = ruleset): Promise<[string, string]> => [
    lab.foldAll(events, decidedBy),
    await page.evaluate(
      (text) => lab.foldAll(...(JSON.parse(text) as [Event[], Ruleset])),
      JSON.stringify([events, decidedBy]),
    ),
  ];

  it("give the same state, features and decisions after each of 2,000 events", async () => {
    const [here, there] = await both(syntheticEvents(2000, 11));
    expect(there).toBe(here);
    expect(new Set(here.match(/"reason":"[a-z-]+"/g))).toEqual(
      new Set(['"reason":"split"', '"reason":"rule"', '"reason":"no-match"']),
    );
  });

  it("give the same decisions of bandits, by context, of factors, behind gates, and of what was shown before", async () => {
    const [here, there] = await both(manyVisitors(), byChance);
    expect(there).toBe(here);
    const { steps } = JSON.parse(here) as { steps: [unknown, Decision[]][] };
    const seen = (slot: string) =>
      new Set(
        steps
          .flatMap(([, decisions]) => decisions.filter((decision) => decision.slot === slot))
          .map(({ reason, variant, kept }) => `${reason} ${variant}${kept ? " kept" : ""}`),
      );
    expect(seen("layout").size).toBe(5);
    expect(seen("layout")).toContain("not-covered plain");
    expect(seen("shelf")).toEqual(new Set(["bandit a", "bandit b", "bandit c", "bandit b kept"]));
    expect(seen("mood")).toEqual(new Set(["contextual a", "contextual b", "contextual c"]));
    expect(seen("offer")).toEqual(
      new Set(["holdout no", "excluded no", "prerequisite no", "split no", "split yes"]),
    );
    expect(seen("price")).toEqual(
      new Set(["split low", "split high", "superseded low", "split low kept", "conflict low"]),
    );
    const propensities = steps.map(
      ([, decisions]) => decisions.find(({ slot }) => slot === "mood")?.propensity,
    );
    expect(new Set(propensities).size).toBeGreaterThan(100);
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
