import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSite } from "../../scripts/prove/accuracy-site.mjs";
import { launchChromium, noChromium } from "../support/chromium.js";
import { until } from "./lab.js";

const CAPTURE = "**/assets/start-capture-*.js";

/** On the built packages, whose lazy parts are chunks of their own. */
describe.skipIf(noChromium !== null).concurrent("the chunk that captures", () => {
  let browser: Browser;
  let site: Awaited<ReturnType<typeof startSite>>;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startSite(9)]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** A visitor who has agreed; the batches that leave the page, as names of events. */
  async function visit(prepare: (page: Page) => Promise<unknown>) {
    const page = await browser.newPage();
    const batches: string[][] = [];
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.route("**/api/**", async (route) => {
      const { events = [] } = (route.request().postDataJSON() ?? {}) as { events?: { name: string }[] };
      if (events.length > 0) batches.push(events.map(({ name }) => name));
      await route.fulfill({ json: { accepted: events.length, rejected: [] } });
    });
    await prepare(page);
    await page.goto(`${site.url}/welcome`);
    await page.evaluate(`attune.ready().then(() => attune.consent.grant("all"))`);
    return {
      page,
      batches,
      complaints,
      told: (name: string) => batches.flat().filter((event) => event === name),
    };
  }

  it("is not waited for by the first page view, and clicks before it are not lost", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { page, told, complaints } = await visit((page) =>
      page.route(CAPTURE, async (route) => {
        await held;
        await route.continue();
      }),
    );
    await until("the first page view", () => told("Page Viewed").length === 1);
    await page.click("#button-1");
    await page.evaluate(`history.pushState(null, "", "/second")`);
    expect(told("Element Clicked")).toEqual([]);
    release();
    await until("the click and the second view", () => told("Page Viewed").length === 2);
    expect(told("Element Clicked")).toHaveLength(1);
    await page.click("#button-2");
    await until("the next click", () => told("Element Clicked").length === 2);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it("that does not come costs what it would have told, and nothing else", async () => {
    const { page, told, complaints } = await visit((page) => page.route(CAPTURE, (route) => route.abort()));
    await until("the first page view", () => told("Page Viewed").length === 1);
    await page.click("#button-1");
    await page.evaluate(`attune.track("Plan Chosen")`);
    await until("the host's own event", () => told("Plan Chosen").length === 1);
    expect(told("Element Clicked")).toEqual([]);
    expect(complaints).toEqual([]);
    await page.close();
  });
});
