import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { CHROMIUM, launchChromium, listenToComplaints, newVisitor, noChromium } from "../support/chromium.js";
import { type HostSite, startHostSite } from "./host-site.js";
import { until } from "./lab.js";

const KNOWN = "Hats for you";
const BUYER = "Hats that go with yours";

describe.skipIf(noChromium !== null).concurrent("T7: hosts and browsers that are strict", () => {
  let browser: Browser;
  let site: HostSite;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startHostSite()]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  const heroIs = (page: Page, text: string) =>
    until(
      `the hero is "${text}"`,
      async () => (await page.textContent("[data-attune-slot=hero]", { timeout: 2000 })) === text,
    );
  const reports = (page: Page) => page.evaluate(() => host.reports);
  /** What a visitor does: looks, agrees, buys, goes on. */
  async function shop(page: Page): Promise<void> {
    await heroIs(page, "Hats");
    await page.click("text=Accept all");
    await heroIs(page, KNOWN);
    // At once, by the mouse alone: a slot that is just being changed in a transition keeps nobody from clicking. Twice, since a browser loses a
    // click whose two halves lie on both sides of the moment in which the transition begins or ends.
    const box = (await page.locator("#buy").boundingBox()) ?? expect.fail("no button");
    for (let click = 0; click < 2; click++)
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await heroIs(page, BUYER);
    await page.evaluate(() => history.pushState(null, "", `${location.pathname}/next`));
  }

  it.each(["strict", "trusted-types"] as const)(
    "a host with a %s content policy: all works, with a clean console",
    async (kind) => {
      const { context, page, complaints } = await newVisitor(browser);
      const violations: string[] = [];
      await page.exposeFunction("violated", (what: string) => violations.push(what));
      await page.addInitScript(() => {
        addEventListener("securitypolicyviolation", (event) =>
          (globalThis as unknown as { violated(what: string): void }).violated(
            `${event.violatedDirective} ${event.blockedURI}`,
          ),
        );
      });
      await page.goto(site.page(kind));
      const look = (element: Element) => getComputedStyle(element).position;
      expect(await page.locator(".attune-consent").evaluate(look)).toBe("fixed");
      await shop(page);
      // What waited for consent has run, once.
      expect(await page.evaluate(() => (globalThis as unknown as { gated: number }).gated)).toBe(1);
      const visitor = await page.evaluate(() => host.attune.visitor()?.id ?? "");
      await until("all of it has arrived", async () => {
        const names = await site.eventsOf(visitor).catch((): string[] => []);
        return ["Page Viewed", "Element Clicked", "Product Added"].every((name) => names.includes(name));
      });
      await page.click(".attune-consent-link");
      await page.click("text=Reject all");
      await heroIs(page, "Hats");
      expect([complaints, violations, await reports(page)]).toEqual([[], [], []]);
      await context.close();
    },
  );

  it("a blocker's list with the endpoint on it: the page decides by the ruleset it came with, and what waits is bounded", async () => {
    const { context, page, complaints } = await newVisitor(browser);
    const session = await context.newCDPSession(page);
    await session.send("Network.enable");
    await session.send("Network.setBlockedURLs", { urls: [`${site.endpoint}/*`] });
    let refused = 0;
    page.on("requestfailed", (request) => {
      if (request.url().startsWith(site.endpoint)) refused++;
    });
    await page.goto(site.page("plain"));
    await shop(page);
    await page.evaluate(async () => {
      await Promise.all(
        Array.from({ length: 1500 }, (_, i) =>
          host.attune.track("Product Viewed", { product_id: `hat-${i}` }),
        ),
      );
    });
    const before = refused;
    await page.waitForTimeout(2000);
    // It backs off: 0.5 s and more between one try and the next, however much waits.
    expect(refused - before).toBeLessThan(6);
    expect(refused).toBeLessThan(20);
    // The browser's own lines about what it did not let through; none of them is ours.
    expect(complaints.filter((line) => !line.includes("net::ERR_BLOCKED_BY_CLIENT"))).toEqual([]);
    // Who asked to be told is told of what was tried.
    const told = await reports(page);
    expect(told.length).toBeLessThanOrEqual(refused);
    // A busy device may not come to keep so much in time; then it waits in memory, which is told once.
    expect(told.filter((text) => text.includes("The device keeps nothing")).length).toBeLessThan(2);
    for (const text of told) expect(text).toMatch(/AttuneError: (No answer from|The device keeps nothing)/);
    // Let through again, everything arrives.
    const visitor = await page.evaluate(() => host.attune.visitor()?.id ?? "");
    await session.send("Network.setBlockedURLs", { urls: [] });
    await page.evaluate(() => host.attune.flush());
    await until(
      "all of it has arrived",
      async () =>
        (await site.eventsOf(visitor).catch((): string[] => [])).filter((name) => name === "Product Viewed")
          .length === 1500,
      15_000,
    );
    await context.close();
  });

  it("storage that is blocked in the browser's settings: this page is personalised and its events arrive, nothing is kept", async ({
    onTestFinished,
  }: TestContext) => {
    const dir = mkdtempSync(join(tmpdir(), "attune-blocked-"));
    mkdirSync(join(dir, "Default"));
    writeFileSync(
      join(dir, "Default", "Preferences"),
      JSON.stringify({ profile: { default_content_setting_values: { cookies: 2 } } }),
    );
    const context = await chromium.launchPersistentContext(dir, CHROMIUM);
    onTestFinished(async () => {
      await context.close();
      rmSync(dir, { recursive: true, force: true });
    });
    const page = await context.newPage();
    const complaints = listenToComplaints(page);
    await page.goto(site.page("plain"));
    const refusal = await page.evaluate(() => {
      try {
        return String(localStorage.length);
      } catch (error) {
        return (error as Error).name;
      }
    });
    expect(refusal).toBe("SecurityError");
    await shop(page);
    expect(await page.evaluate(() => host.attune.snapshot().storage)).toBe("memory");
    const visitor = await page.evaluate(() => host.attune.visitor()?.id ?? "");
    await until("all of it has arrived", async () => {
      const names = await site.eventsOf(visitor).catch((): string[] => []);
      return ["Page Viewed", "Element Clicked", "Product Added"].every((name) => names.includes(name));
    });
    const told = [expect.stringContaining("AttuneError: The device keeps nothing for this page")];
    expect([complaints, await reports(page)]).toEqual([[], told]);
    expect(await context.cookies()).toEqual([]);
    // Nothing was kept: the next page asks again.
    await page.reload();
    await heroIs(page, "Hats");
    await page.waitForSelector("text=Accept all");
    expect([complaints, await reports(page)]).toEqual([[], []]);
  });
});
