import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

/** All that the page's origin keeps, as text. Runs in the page. */
async function kept(): Promise<string> {
  const found: unknown[] = [document.cookie, { ...localStorage }, { ...sessionStorage }];
  const read = async <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(new Error(request.error?.message));
    });
  for (const { name = "" } of await indexedDB.databases()) {
    const database = await read(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const objects = database.transaction(store).objectStore(store);
      found.push(...(await Promise.all([read(objects.getAllKeys()), read(objects.getAll())])));
    }
    database.close();
  }
  return JSON.stringify(found);
}

describe.skipIf(noChromium !== null)("capture in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  let page: Page;
  let visitor: string | undefined;
  /** Answers wait for it. */
  let held: Promise<void> | undefined;

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      launchChromium(),
      startLab({ wait: async (path) => path.endsWith("/batch") && held }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  beforeEach(() => visit());

  /** A new visitor, who has agreed. */
  async function visit(without = "", { isTimed = false } = {}): Promise<void> {
    await page?.context().close();
    site.requests.length = 0;
    const context = await browser.newContext({
      viewport: { width: 800, height: 600 },
      locale: "en-GB",
      timezoneId: "Asia/Kolkata",
    });
    await context.addInitScript(without);
    page = await context.newPage();
    if (isTimed) await page.clock.install({ time: 0 });
    await page.goto(`${site.url}/hats?utm_source=mail&utm_campaign=spring&email=ann%40example.org`);
    visitor = await page.evaluate(async () => {
      const attune = lab.open({ delivery: { intervalMs: 50 } }, { capture: { text: true } });
      await attune.consent.grant("all");
      return attune.visitor()?.id;
    });
  }

  /** Of this visitor: what the page before sent as it was left may come now. */
  const named = (name: string) =>
    site.events().filter((event) => event.name === name && event.visitorId === visitor);

  it("page views, with navigations inside the document", async () => {
    await page.evaluate(() => history.pushState(null, "", "/hats/top-hat"));
    await page.waitForTimeout(50);
    await page.evaluate(() => history.replaceState(null, "", "/hats/top-hat?colour=red"));
    await page.evaluate(() => {
      location.hash = "details";
    });
    await page.goBack();
    await page.goBack();
    await until("three page views", () => named("Page Viewed").length >= 3);
    await page.waitForTimeout(200);
    expect(named("Page Viewed").map(({ context }) => context.page)).toEqual([
      { url: `${site.url}/hats`, path: "/hats", title: "Hats" },
      { url: `${site.url}/hats/top-hat`, path: "/hats/top-hat", title: "Hats", referrer: site.url },
      { url: `${site.url}/hats`, path: "/hats", title: "Hats", referrer: site.url },
    ]);
    const [first] = named("Page Viewed");
    expect(first).toMatchObject({
      site: "default",
      tzOffset: 330,
      context: {
        campaign: { source: "mail", name: "spring" },
        viewport: { width: 800, height: 600 },
        language: "en-GB",
        device: { type: "desktop" },
      },
      consent: { policyVersion: "1" },
    });
    // Not even in the headers that the browser adds.
    expect(JSON.stringify(site.requests.filter(({ path }) => path.startsWith("/api")))).not.toContain(
      "ann%40",
    );
  });

  const WITHOUT_NAVIGATION = `Object.defineProperty(window, "navigation", { value: undefined })`;

  it("a page that is rendered ahead counts as opened once somebody sees it", async () => {
    await visit(`let ahead = true;
      Object.defineProperty(document, "prerendering", { get: () => ahead });
      globalThis.activate = () => { ahead = false; document.dispatchEvent(new Event("prerenderingchange")); };`);
    await page.evaluate(() => lab.attune?.track("Something Else"));
    await until("an event", () => named("Something Else").length === 1);
    expect(named("Page Viewed")).toEqual([]);
    await page.evaluate(() => (globalThis as unknown as { activate(): void }).activate());
    await until("the view", () => named("Page Viewed").length === 1);
  });

  it("a page that comes back whole from the browser's cache is viewed once more", async () => {
    await until("the first view", () => named("Page Viewed").length === 1);
    const turn = async (type: string, persisted: boolean): Promise<void> =>
      page.evaluate(
        ([name, value]) => void dispatchEvent(new PageTransitionEvent(name, { persisted: value })),
        [type, persisted] as const,
      );
    await turn("pageshow", false);
    await turn("pagehide", true);
    await turn("pageshow", true);
    await until("the second view", () => named("Page Viewed").length > 1);
    await page.waitForTimeout(100);
    const [first, second, ...more] = named("Page Viewed").map(({ context }) => context.page);
    expect(more).toEqual([]);
    expect(second).toEqual(first);
  });

  it("an element hundreds of windows tall is seen where it fills the window, not before", async () => {
    await page.evaluate(() => {
      const element = document.createElement("div");
      element.style.height = "180000px";
      element.setAttribute("data-attune-view", "long-read");
      document.body.append(element);
      element.scrollIntoView({ block: "end" });
      scrollTo(0, element.getBoundingClientRect().top + scrollY - innerHeight + 200);
    });
    await page.waitForTimeout(200);
    expect(named("Element Viewed").filter(({ properties }) => properties.name === "long-read")).toEqual([]);
    await page.evaluate(() => scrollBy(0, 300));
    await until("the element", () =>
      named("Element Viewed").some(({ properties }) => properties.name === "long-read"),
    );
  });

  it("page views by routers of the navigation API; an address that is left at once was no view", async () => {
    await page.evaluate(() => {
      const { navigation } = window as unknown as {
        navigation: EventTarget & { navigate(url: string): unknown };
      };
      navigation.addEventListener("navigate", (event) =>
        (event as Event & { intercept(): void }).intercept(),
      );
      navigation.navigate("/by-api");
    });
    await until("the second page view", () => named("Page Viewed").length === 2);
    await page.evaluate(() => {
      history.pushState(null, "", "/forwards");
      history.pushState(null, "", "/forwarded");
    });
    await until("the third page view", () => named("Page Viewed").length > 2);
    await page.waitForTimeout(100);
    const paths = named("Page Viewed").map(({ context }) => context.page?.path);
    expect(paths).toEqual(["/hats", "/by-api", "/forwarded"]);
  });

  it("page views where a browser has no navigation API; what stands in place of the page's functions goes with consent", async () => {
    await visit(WITHOUT_NAVIGATION);
    const natives = () =>
      page.evaluate(() =>
        [history.pushState, history.replaceState].map((method) => /native code/.test(String(method))),
      );
    expect(await natives()).toEqual([false, false]);
    await page.evaluate(() => {
      history.pushState(null, "", "/hats/top-hat");
      history.replaceState(null, "", "/hats/top-hat?colour=red");
    });
    await until("the second page view", () => named("Page Viewed").length === 2);
    await page.goBack();
    await until("the third page view", () => named("Page Viewed").length === 3);
    const paths = named("Page Viewed").map(({ context }) => context.page?.path);
    expect(paths).toEqual(["/hats", "/hats/top-hat", "/hats"]);
    await page.evaluate(() => lab.attune?.consent.withdraw());
    expect(await natives()).toEqual([true, true]);
  });

  it("clicks, on what can be clicked, and nothing that is to be ignored", async () => {
    await page.evaluate(() => {
      const card = document.querySelector("[data-attune-ignore]")?.appendChild(document.createElement("div"));
      if (card) card.attachShadow({ mode: "open" }).innerHTML = '<button id="pay">Pay with 4111 …</button>';
    });
    await page.click("#pay");
    await page.click("#ignored");
    await page.click("#buy b");
    await until("a click", () => named("Element Clicked").length > 0);
    await page.waitForTimeout(200);
    expect(named("Element Clicked").map(({ context }) => context.element)).toEqual([
      { tag: "button", id: "buy", name: "buy-hat", text: "Buy this hat" },
    ]);
  });

  it("depth of scrolling, elements in view, active time", async () => {
    // Attention counts only where the window has the focus, which another page of the same browser may have taken.
    await page.bringToFront();
    await page.mouse.move(10, 10);
    await page.waitForTimeout(400);
    await page.evaluate(() => scrollTo(0, 1000));
    await until("a depth", () => named("Page Scrolled").length > 0);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await until("the offer in view", () => named("Element Viewed").length > 0);
    expect(named("Element Viewed")).toMatchObject([
      {
        properties: { name: "footer-offer" },
        context: { element: { tag: "p", id: "offer", name: "footer-offer" } },
      },
    ]);
    const depths = named("Page Scrolled").map(({ properties }) => properties.depth as number);
    expect(depths[0]).toBeCloseTo(
      (1000 + 600) / (await page.evaluate(() => document.documentElement.scrollHeight)),
      1,
    );
    await page.evaluate(() => history.pushState(null, "", "/elsewhere"));
    await until(
      "the page's end",
      () => named("Page Engaged").length > 0 && named("Page Viewed").length === 2,
    );
    expect(named("Page Scrolled").at(-1)?.properties.depth).toBe(1);
    const engaged = named("Page Engaged");
    expect(engaged.map(({ context }) => context.page?.path)).toEqual(engaged.map(() => "/hats"));
    const active = engaged.reduce((sum, { properties }) => sum + (properties.activeMs as number), 0);
    expect(active).toBeGreaterThan(300);
    expect(active).toBeLessThan(10_000);
  });

  it("active time: what passes with nobody stirring for 30 s, behind another window or out of sight does not count", async () => {
    await visit("", { isTimed: true });
    const session = await page.context().newCDPSession(page);
    // A driven page is told that it has the focus, whoever has it.
    await session.send("Emulation.setFocusEmulationEnabled", { enabled: false });
    const pass = (seconds: number) => page.clock.runFor(seconds * 1000);
    const stir = () => page.mouse.click(700, 500);
    const focused = (has: boolean) =>
      until("the focus", () => page.evaluate((has) => document.hasFocus() === has, has));
    // Nor does it ever hide: here it is hidden with the focus, as behind a locked screen.
    const show = (state: DocumentVisibilityState) =>
      page.evaluate((state) => {
        Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
        document.dispatchEvent(new Event("visibilitychange"));
      }, state);
    /** Ends the page at hand by a navigation inside the document; the active seconds that it told. */
    const turn = async (path: string): Promise<number> => {
      const left = new URL(page.url()).pathname;
      await page.evaluate((path) => history.pushState(null, "", path), path);
      // What is told in order arrives in order. Nobody stirs meanwhile, so that nothing is added.
      await until("the next page", async () => {
        await pass(1);
        return named("Page Viewed").some(({ context }) => context.page?.path === path);
      });
      // Time flies past what an answer may take, so that some is sent again.
      const told = new Map(
        named("Page Engaged")
          .filter(({ context }) => context.page?.path === left)
          .map(({ id, properties }) => [id, properties.activeMs as number]),
      );
      return [...told.values()].reduce((sum, ms) => sum + ms, 0) / 1000;
    };
    await page.clock.pauseAt(60_000);
    await page.bringToFront();
    await focused(true);
    await turn("/idle");

    await stir();
    await pass(12);
    await stir();
    await pass(90);
    expect(await turn("/behind"), "12 s, then 30 s of 90").toBe(42);

    await stir();
    await pass(7);
    const other = await page.context().newPage();
    await other.bringToFront();
    await focused(false);
    await pass(20);
    await other.close();
    await page.bringToFront();
    await focused(true);
    await pass(10);
    expect(await turn("/hidden"), "7 s before the other window, and what is left of 30 s after it").toBe(10);

    await stir();
    await pass(6);
    await show("hidden");
    await pass(20);
    await show("visible");
    await pass(5);
    expect(await turn("/end"), "6 s before it was hidden and 5 s after it").toBe(11);
  });

  it("tells of the page once more as it goes away, by a request that survives it", async () => {
    await page.evaluate(() => scrollTo(0, 300));
    await page.waitForTimeout(100);
    await page.goto("about:blank");
    await until(
      "the last words",
      () => named("Page Engaged").length > 0 && named("Page Scrolled").length > 0,
    );
  });

  it("T34: nothing planted in addresses, referrer, title, texts, fields and errors is on the device or in a request", async () => {
    const mail = "planted.miller@example.org";
    const planted = /planted.(miller|token|session|hash)|miller|%40|4111|1234567/i;
    let release = (): void => undefined;
    held = new Promise((resolve) => (release = resolve));
    await page.goto(`${site.url}/from?email=${mail}&token=planted-token`);
    await page.evaluate((mail) => {
      location.href = `/planted/${mail}?q=${mail}&session=planted-session&utm_source=${mail}#access_token=planted-hash`;
    }, mail);
    await page.waitForURL("**/planted/**");
    expect(await page.evaluate(() => document.referrer)).toContain(mail);
    await page.evaluate(async (mail) => {
      document.title = `Hats for ${mail}, +49 170 1234567, 4111 1111 1111 1111`;
      const main = document.querySelector("main") as HTMLElement;
      main.insertAdjacentHTML(
        "afterbegin",
        `<button id="text">Write to ${mail}</button><form id="order"><input name="city"></form>`,
      );
      lab.open({ delivery: { intervalMs: 60_000 } }, { capture: { text: true, errors: { stack: true } } });
      await lab.attune?.ready();
      await lab.attune?.track("Hat Wished", { note: `Mine: ${mail}` });
    }, mail);
    await page.click("#text");
    await page.fill("[name=city]", mail);
    await page.evaluate((mail) => {
      setTimeout(() => {
        throw new TypeError(`No hat for ${mail}`);
      });
      history.pushState(null, "", `/planted/next/${mail}?token=planted-token`);
    }, mail);
    const names = ["Page Viewed", "Hat Wished", "Element Clicked", "Form Started", "Form Abandoned"];
    const isWhole = (text: string) =>
      [...names, "Page Error Reported"].every((name) => text.includes(`"name":"${name}"`));
    await until("the queue", async () => isWhole(await page.evaluate(kept)));
    const onDevice = await page.evaluate(kept);
    expect(onDevice).toContain('"title":"Hats for [mail], [phone], [card]"');
    expect(planted.exec(onDevice)?.[0]).toBeUndefined();

    release();
    const sent = () => JSON.stringify(site.requests.filter(({ path }) => path.startsWith("/api")));
    await until("the events", async () => {
      await page.evaluate(() => lab.attune?.flush());
      return isWhole(JSON.stringify(site.events()));
    });
    expect(planted.exec(sent())?.[0]).toBeUndefined();
  });

  it("stops with a withdrawal and leaves the page's own functions as they were", async () => {
    const native = await page.evaluate(async () => {
      await lab.attune?.consent.withdraw();
      return [history.pushState, history.replaceState].map((method) => /native code/.test(String(method)));
    });
    expect(native).toEqual([true, true]);
    site.requests.length = 0;
    await page.click("#buy");
    await page.evaluate(() => history.pushState(null, "", "/secret"));
    await page.waitForTimeout(300);
    expect(site.events()).toEqual([]);
  });
});
