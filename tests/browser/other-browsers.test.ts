import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Driven } from "../support/driven.js";
import { launchFirefox, noFirefox } from "../support/firefox.js";
import { launchWebkit, noWebkit } from "../support/webkit.js";
import { type HostSite, startHostSite } from "./host-site.js";
import { until } from "./lab.js";

const BROWSERS: readonly [name: string, missing: string | null, launch: () => Promise<Driven>][] = [
  ["Firefox", noFirefox, launchFirefox],
  ["WebKitGTK", noWebkit, launchWebkit],
];
for (const [name, missing] of BROWSERS)
  if (missing !== null) console.warn(`Left out: the main path in ${name}, because ${missing}`);

const SLOT = "[data-attune-slot=hero]";
const ACCEPT = ".attune-consent-actions .attune-consent-button:nth-last-of-type(1)";
const REJECT = ".attune-consent-actions .attune-consent-button:nth-last-of-type(2)";

describe.each(BROWSERS)("T35 the main path in %s", (_name, missing, launch) => {
  let browser: Driven;
  let site: HostSite;

  beforeAll(async () => {
    if (missing !== null) return;
    [browser, site] = await Promise.all([launch(), startHostSite()]);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it.skipIf(missing !== null)(
    "consent, capture, a queue that outlives the page, a personalised page; under a strict content policy",
    async () => {
      const is = (what: string, expression: string) =>
        until(what, () => browser.evaluate<boolean>(expression), 10_000);
      const heroIs = (text: string) =>
        is(
          `the hero is "${text}"`,
          `document.querySelector("${SLOT}")?.textContent === ${JSON.stringify(text)}`,
        );
      const kept = () =>
        browser.evaluate<{ cookies: string[]; databases: string[]; keys: number }>(
          `indexedDB.databases().then((databases) => ({
            cookies: document.cookie.split("; ").filter(Boolean).map((pair) => pair.split("=")[0]),
            databases: databases.map(({ name }) => name), keys: localStorage.length + sessionStorage.length }))`,
        );
      const count = async (visitor: string, name: string) =>
        (await site.eventsOf(visitor).catch((): string[] => [])).filter((event) => event === name).length;

      // T24: before a decision nothing is kept and nothing sent.
      await browser.open(site.page("trusted-types"));
      await heroIs("Hats");
      await browser.evaluate("host.attune.ready()");
      expect(await kept()).toEqual({ cookies: [], databases: [], keys: 0 });
      expect(site.requests).toEqual([]);

      await browser.click(ACCEPT);
      await heroIs("Hats for you");
      await is("what waited for consent has run", "globalThis.gated === 1");
      await is("the visitor has an id", "host.attune.visitor() !== null");
      const visitor = await browser.evaluate<string>("host.attune.visitor().id");
      await browser.click("#buy");
      await heroIs("Hats that go with yours");
      await browser.evaluate(`history.pushState(null, "", location.pathname + "/next")`);
      await until(
        "clicks and two page views have arrived",
        async () => (await count(visitor, "Page Viewed")) === 2,
      );
      expect([await count(visitor, "Element Clicked"), await count(visitor, "Product Added")]).toEqual([
        1, 1,
      ]);

      // T1: what cannot be sent waits on the device, and is sent by the next page, once.
      site.reachable(false);
      const result = await browser.evaluate<{ status: string }>(
        `host.attune.track("Product Viewed", { product_id: "hat-2" })`,
      );
      expect(result.status).toBe("stored");
      // What was learned is written a quarter of a second later; WebKit gives a page that is being left no time for it.
      await sleep(400);
      await browser.open(site.page("trusted-types"));
      // Personalised from what the device knows.
      await heroIs("Hats that go with yours");
      expect(await browser.evaluate("host.attune.visitor().id")).toBe(visitor);
      site.reachable(true);
      await browser.evaluate("host.attune.flush()");
      await until(
        "what waited has arrived",
        async () => (await count(visitor, "Product Viewed")) > 0,
        10_000,
      );

      // T25: with consent all of it goes.
      await browser.click(".attune-consent-link");
      await is("the banner is back", `document.querySelector("${REJECT}") !== null`);
      await browser.click(REJECT);
      await heroIs("Hats");
      await until("the device is empty", async () => {
        const { cookies, databases, keys } = await kept();
        return cookies.join() === "attune-consent" && databases.length === 0 && keys === 0;
      });
      expect(await count(visitor, "Product Viewed")).toBe(1);
      expect(await browser.evaluate("complaints")).toEqual([]);
      console.info(`T35: the main path holds in ${browser.title}`);
    },
    60_000,
  );
});
