import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab } from "./lab.js";

/** What a browser, a blocker or a private mode may do to a page. */
const REFUSALS: Readonly<Record<string, string>> = {
  "IndexedDB throws": `Object.defineProperty(globalThis, "indexedDB", { get() { throw new DOMException("denied", "SecurityError"); } });`,
  "IndexedDB fails to open": `IDBFactory.prototype.open = () => { const request = {}; setTimeout(() => request.onerror?.(new Event("error"))); return request; };`,
  "IndexedDB never answers": `IDBFactory.prototype.open = () => ({});`,
  "writing fails": `IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); };`,
  "cookies are blocked": `Object.defineProperty(Document.prototype, "cookie", { get() { throw new DOMException("denied", "SecurityError"); }, set() { throw new DOMException("denied", "SecurityError"); } });`,
  "fetch is blocked": `globalThis.fetch = () => Promise.reject(new TypeError("blocked by client"));`,
  "fetch throws": `globalThis.fetch = () => { throw new Error("blocked"); };`,
  "locks and channels are missing": `delete Navigator.prototype.locks; delete globalThis.BroadcastChannel; delete globalThis.IntersectionObserver;`,
};

describe.skipIf(noChromium !== null)("T7: a browser that refuses", () => {
  let browser: Browser;
  let site: LabServer;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startLab()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it.each(Object.entries(REFUSALS))("%s: the host page notices nothing", async (_name, script) => {
    const context = await browser.newContext();
    await context.addInitScript(script);
    await context.addInitScript(() => {
      const seen: string[] = [];
      Object.assign(globalThis, { seen });
      addEventListener("error", (event) => seen.push(event.message));
      addEventListener("unhandledrejection", (event) => seen.push(String(event.reason)));
    });
    const page = await context.newPage();
    const thrown: string[] = [];
    page.on("pageerror", (error) => thrown.push(String(error)));
    await page.goto(site.url);
    const status = await page.evaluate(async () => {
      const attune = lab.open();
      await attune.consent.grant("all", "banner");
      const result = await attune.track("Product Viewed", { product_id: "hat-1" });
      attune.decide("hero");
      await attune.flush();
      return result.status;
    });
    expect(["stored", "memory"]).toContain(status);
    await page.click("#buy");
    await page.mouse.wheel(0, 900);
    await page.evaluate(() => history.pushState(null, "", "/next"));
    await page.waitForTimeout(200);
    await page.evaluate(async () => {
      await lab.attune?.consent.withdraw();
      await lab.attune?.close();
    });
    await page.waitForTimeout(100);
    expect([
      ...thrown,
      ...(await page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)),
    ]).toEqual([]);
    await context.close();
  });

  it("an endpoint that is down costs no event", async () => {
    let up = false;
    const failing = await startLab({ answer: () => (up ? 200 : 503) });
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(failing.url);
    await page.evaluate(async () => {
      const attune = lab.open({}, { capture: false });
      await attune.consent.grant("all");
      for (let i = 0; i < 5; i++) await attune.track("Product Viewed", { product_id: `hat-${i}` });
      await attune.flush();
    });
    up = true;
    failing.requests.length = 0;
    await page.goto(`${failing.url}/auto/again`);
    await expect
      .poll(() => failing.events().filter(({ name }) => name === "Product Viewed").length, { timeout: 5000 })
      .toBe(5);
    await context.close();
    await failing.close();
  });
});
