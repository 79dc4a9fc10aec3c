import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error -- plain JavaScript, shared with `npm start`, which runs before anything is installed
import { buildStorefront, freePort, startDemo } from "../scripts/lib/demo.mjs";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

interface Demo {
  url: string;
  attune: { url: string; dashboard: string; secretKey: string };
  stop(): Promise<void>;
}

/** A page view counts once its address changed and its product or shelf was told. */
async function open(page: Page, link: string): Promise<void> {
  await page.locator(link).first().click();
  await page.waitForURL((url) => link.includes(`"${url.pathname}"`));
  await page.waitForTimeout(150);
}

const home = async (page: Page): Promise<void> => {
  await page.locator("a.logo").click();
  await page.waitForURL((url) => url.pathname === "/");
};
const product = (slug: string): string => `a[href="/product/${slug}"]`;
const shelf = (slug: string): string => `header a[href="/category/${slug}"]`;
const heroArt = (page: Page) => page.getByTestId("hero").getAttribute("data-art");
const heroSeen = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { heroSeen: string[] }).heroSeen);
const accept = (page: Page): Promise<void> => page.getByRole("button", { name: "Accept all" }).click();

/** In the page, before its scripts: writes down what the hero shows whenever anything changes, from the first bytes on. No frame shows what no change has made. */
function watchHero(): void {
  const seen: string[] = [];
  Object.assign(globalThis, { heroSeen: seen });
  const look = (): void => {
    for (const hero of document.querySelectorAll<HTMLElement>('[data-testid="hero"]')) {
      const shown = `${hero.dataset.art}: ${hero.querySelector("h1")?.textContent}`;
      // While it is being read in, it is not whole.
      if (hero.querySelector("h1 + p") && seen.at(-1) !== shown) seen.push(shown);
    }
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
    characterData: true,
  });
}

/** A page's stream as far as its first heading has come, however it is cut into chunks. */
async function untilHeading(url: string, cookie: string): Promise<string> {
  const { body } = await fetch(url, { headers: { cookie } });
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes("</h1>")) break;
  }
  return text;
}

const headingOf = (html: string) => /<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1];

/** What has moved since the page was opened. */
const layoutShift = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[])
            sum += entry.value;
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 200);
      }),
  );

const AXE = readFileSync(
  createRequire(new URL("../packages/react/package.json", import.meta.url)).resolve("axe-core/axe.min.js"),
  "utf8",
);
const SCHEMES = ["light", "dark"] as const;
const WINDOWS = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
];

const LOOKS = WINDOWS.flatMap((viewport) => SCHEMES.map((colorScheme) => ({ viewport, colorScheme })));
/** By light on a desk and in the dark on a phone: what the two others add is seen on the pages that have everything. */
const TWO_LOOKS = [LOOKS[0], LOOKS[3]] as typeof LOOKS;

/** What axe finds in the page as it stands. */
async function violations(page: Page, looks = TWO_LOOKS): Promise<string[]> {
  // Next brings the title of a page that is navigated to after the page itself.
  await expect.poll(() => page.title()).toMatch(/./);
  await page.evaluate(AXE);
  const found: string[] = [];
  for (const { viewport, colorScheme } of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const here = await page.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const { violations } = await axe.run({ resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
    });
    const where = `${new URL(page.url()).pathname}, ${colorScheme}, ${viewport.width} wide`;
    found.push(...here.map((text) => `${where}: ${text}`));
  }
  return found;
}

/** Everything a page can keep on a device. */
const kept = (page: Page) =>
  page.evaluate(async () => ({
    cookies: document.cookie
      .split("; ")
      .filter(Boolean)
      .map((cookie) => cookie.split("=")[0]),
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).map((database) => database.name),
    caches: await caches.keys(),
  }));

describe.skipIf(noChromium !== null)("the storefront, as a visitor meets it", () => {
  let browser: Browser;
  let demo: Demo;
  const dir = mkdtempSync(join(tmpdir(), "attune-storefront-"));

  beforeAll(async () => {
    await buildStorefront();
    demo = await startDemo({ port: await freePort(), serverPort: await freePort(), dir });
    browser = await launchChromium();
    // The shop is built first, which on a slow machine takes minutes.
  }, 420_000);
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("banner → accept → browse → the hero changes without a reload → reload: the first HTML has it → withdraw: generic, only the consent record is kept", async () => {
    const { context, page, complaints } = await newVisitor(browser);
    await page.goto(demo.url);
    const banner = page.getByRole("dialog", { name: /privacy|choice|data/i });
    await banner.waitFor();
    expect(await kept(page)).toEqual({ cookies: [], local: [], session: [], databases: [], caches: [] });
    expect(await heroArt(page)).toBe("pendant");

    await accept(page);
    await banner.waitFor({ state: "detached" });
    await open(page, shelf("outdoor"));
    await open(page, product("two-night-tent"));
    await open(page, shelf("kitchen"));
    await open(page, product("fjell-kettle"));
    await home(page);
    await expect.poll(() => heroArt(page)).toBe("kettle");

    await page.getByTestId("insight-open").click();
    expect(await page.getByTestId("why-hero").innerText()).toMatch(/looked at last is Kitchen/);
    expect(await page.getByTestId("insight-sent").innerText()).toMatch(/Looked at a product/);
    await page.keyboard.press("Escape");

    // The server's own HTML, before any script has run. A page waits 150 ms for its decisions, which a busy machine may not keep.
    const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
    let first = "";
    await expect
      .poll(async () => headingOf((first = await untilHeading(demo.url, cookie))), { timeout: 10_000 })
      .toBe("Your kettle is singing");
    // In its place, not among what React streams later for a script to put there.
    expect(first).not.toMatch(/<div hidden[^>]* id="S:|<template id="B:|\$RC\(/);
    // From here on each page is watched: nothing else is shown first, in between or after.
    await context.addInitScript(watchHero);
    await expect
      .poll(async () => headingOf((await (await page.reload())?.text()) ?? ""), { timeout: 10_000 })
      .toBe("Your kettle is singing");
    await page.waitForTimeout(1500);
    expect(await heroArt(page)).toBe("kettle");
    expect(await heroSeen(page)).toEqual(["kettle: Your kettle is singing"]);
    expect(await layoutShift(page)).toBe(0);

    await page.getByTestId("insight-open").click();
    await page.getByTestId("withdraw").click();
    await expect.poll(() => heroArt(page)).toBe("pendant");
    await expect
      .poll(() => kept(page))
      .toEqual({ cookies: ["attune-consent"], local: [], session: [], databases: [], caches: [] });
    await page.reload();
    expect(await heroArt(page)).toBe("pendant");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("/gifts is made once per variant, kept, and shown to whom it fits: decided before the page, with nothing of anybody in it", async () => {
    const { context, page, complaints } = await newVisitor(browser);
    const ask = async () => {
      const answer = await context.request.get(`${demo.url}/gifts`, { maxRedirects: 0 });
      const html = await answer.text();
      const headers = answer.headers();
      return { art: /data-art="([^"]+)"/.exec(html)?.[1], cache: headers["x-nextjs-cache"], headers, html };
    };
    const generic = await ask();
    expect(generic).toMatchObject({ art: "pendant", cache: "HIT" });
    // The address is the same for everybody, so nobody in between may keep what it answers.
    expect(generic.headers["cache-control"]).toMatch(/private|no-store/);
    expect(generic.headers["set-cookie"]).toBeUndefined();

    await page.goto(`${demo.url}/gifts`);
    await accept(page);
    await expect.poll(async () => (await kept(page)).cookies).toContain("attune-visitor");
    await open(page, shelf("kitchen"));
    await open(page, product("fjell-kettle"));
    await expect.poll(async () => (await ask()).art, { timeout: 10_000 }).toBe("kettle");
    const mine = await ask();
    expect(mine.cache).toBe("HIT");
    const id = (await context.cookies()).find(({ name }) => name === "attune-visitor")?.value ?? "";
    expect(id).toMatch(/./);
    expect(mine.html).not.toContain(id);
    await page.goto(`${demo.url}/gifts`);
    expect(await heroArt(page)).toBe("kettle");
    await page.waitForTimeout(800);
    expect(await heroArt(page)).toBe("kettle");
    expect(await layoutShift(page)).toBe(0);

    const coded = await fetch(`${demo.url}/v/anything/gifts`, { redirect: "manual" });
    expect([coded.status, new URL(coded.headers.get("location") ?? "", demo.url).pathname]).toEqual([
      307,
      "/gifts",
    ]);
    expect((await fetch(`${demo.url}/nowhere`)).status).toBe(404);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("nothing is personalised, sent or kept after a refusal", async () => {
    const { context, page } = await newVisitor(browser);
    const sent: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/attune/") && request.method() === "POST") sent.push(request.url());
    });
    await page.goto(demo.url);
    await page.getByRole("button", { name: "Reject all" }).click();
    await open(page, shelf("outdoor"));
    await open(page, product("two-night-tent"));
    await home(page);
    await page.waitForTimeout(1500);
    expect(await heroArt(page)).toBe("pendant");
    expect(sent.filter((url) => url.includes("batch"))).toEqual([]);
    expect((await kept(page)).cookies).toEqual(["attune-consent"]);
    expect((await kept(page)).databases).toEqual([]);
    await context.close();
  });

  it("a bargain hunter gets the sale", async () => {
    const { context, page } = await newVisitor(browser);
    await page.goto(demo.url);
    await accept(page);
    await open(page, 'header a[href="/sale"]');
    for (const slug of ["morning-mug", "oak-board", "arc-desk-lamp", "ridge-pack"]) {
      await open(page, product(slug));
      await open(page, 'header a[href="/sale"]');
    }
    await home(page);
    await expect.poll(() => page.getByTestId("hero").innerText()).toMatch(/The good stuff, for less/);
    expect(await page.getByTestId("shelf").getAttribute("data-order")).toBe("reduced-first");
    expect(await page.getByTestId("nudge").innerText()).toMatch(/Everything reduced/);
    await context.close();
  });

  it("a researcher gets help with comparing", async () => {
    const { context, page } = await newVisitor(browser);
    await page.goto(demo.url);
    await accept(page);
    for (const slug of ["two-night-tent", "camp-chair", "trail-bottle", "wool-blanket"]) {
      await open(page, shelf("outdoor"));
      await open(page, product(slug));
      await page.mouse.wheel(0, 900);
      await page.waitForTimeout(200);
    }
    await home(page);
    await expect.poll(() => page.getByTestId("nudge").innerText()).toMatch(/Comparing/);
    expect(await heroArt(page)).toBe("tent");
    expect(await page.getByTestId("shelf").getAttribute("data-order")).toBe("outdoor-first");
    await context.close();
  });

  it("a returning buyer is welcomed back, and the experiment counted the order once", async () => {
    const orders = async (variant: string): Promise<number> => {
      const answer = await fetch(`${demo.attune.url}/api/v1/experiments/buy-button-2026/results`, {
        headers: { authorization: `Bearer ${demo.attune.secretKey}` },
      });
      const { variants } = (await answer.json()) as { variants: Record<string, { conversions: number }> };
      return variants[variant]?.conversions ?? 0;
    };
    const before = { plain: await orders("plain"), returns: await orders("returns") };
    const { context, page } = await newVisitor(browser);
    await page.goto(demo.url);
    await accept(page);
    await open(page, shelf("lighting"));
    await open(page, product("storm-lantern"));
    const variant = /returns/.test(await page.getByTestId("buy").innerText()) ? "returns" : "plain";
    await page.getByTestId("buy").getByRole("button").click();
    await open(page, 'a[href="/bag"]');
    await page.getByTestId("order").click();
    await page.waitForURL("**/thanks");
    await expect.poll(() => orders(variant)).toBe(before[variant] + 1);
    // A link in a letter starts a new visit. What the page shows before it knows may be read by then, and is left alone until the next page.
    await page.goto(`${demo.url}/?utm_source=letter&utm_medium=email&utm_campaign=autumn`);
    await open(page, shelf("lighting"));
    await home(page);
    await expect.poll(() => page.getByTestId("hero").innerText()).toMatch(/What goes with what you have/);
    expect(await page.getByTestId("nudge").innerText()).toMatch(/Thank you for coming back/);
    expect(await page.getByTestId("shelf").getAttribute("data-order")).toBe("new-first");
    await page.waitForTimeout(1500);
    expect(await orders(variant)).toBe(before[variant] + 1);
    await context.close();
  });

  it("on a phone nothing that can be used is covered, wherever the product page is scrolled to", async () => {
    const { context, page } = await newVisitor(browser, { viewport: { width: 390, height: 844 } });
    await page.goto(demo.url);
    await accept(page);
    await page.goto(`${demo.url}/product/ridge-pack`);
    await page.getByTestId("buy").waitFor();
    /** Pairs that overlap, and those whose middle belongs to something else. */
    const covered = (): Promise<string[]> =>
      page.evaluate(() => {
        const name = (element: Element) =>
          element.textContent?.trim() || element.getAttribute("aria-label") || "?";
        const usable = [...document.querySelectorAll("a[href], button, input, summary")]
          .filter((element) => !element.classList.contains("skip") && element.checkVisibility())
          .map((element) => ({ element, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && box.bottom > 0 && box.top < innerHeight);
        const found: string[] = [];
        for (const [index, { element, box }] of usable.entries()) {
          if (box.left < 0 || box.right > innerWidth) found.push(`${name(element)} leaves the window`);
          for (const other of usable.slice(index + 1)) {
            if (element.contains(other.element) || other.element.contains(element)) continue;
            const apart =
              box.right <= other.box.left ||
              other.box.right <= box.left ||
              box.bottom <= other.box.top ||
              other.box.bottom <= box.top;
            if (!apart) found.push(`${name(element)} / ${name(other.element)}`);
          }
          const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
          if (y < 0 || y >= innerHeight) continue;
          const top = document.elementFromPoint(x, y);
          if (top === null || !(element.contains(top) || top.contains(element)))
            found.push(`${name(element)} is covered by ${top?.className}`);
        }
        return found;
      });
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    expect(height).toBeGreaterThan(844);
    for (let y = 0; y < height; y += 211) {
      await page.evaluate((top) => scrollTo({ top, behavior: "instant" }), y);
      expect(await covered(), `at ${y}`).toEqual([]);
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await context.close();
  });

  it("the drawer speaks to shoppers, under the banner's names, and what is clicked in it is not captured", async () => {
    const { context, page } = await newVisitor(browser);
    await page.goto(demo.url);
    await accept(page);
    // What captures clicks is loaded only now.
    await expect.poll(async () => (await kept(page)).cookies).toContain("attune-visitor");
    await open(page, shelf("kitchen"));
    await page.getByTestId("insight-open").click();
    const drawer = page.getByRole("dialog", { name: "What this page knows about you" });
    await drawer.waitFor();
    const text = await drawer.innerText();
    expect(text).toMatch(/Personal content/);
    expect(text).toMatch(/Last order\s+never/);
    expect(text).not.toMatch(/kitchen-first|buy-button-2026|days since|\b365\b|[a-z][A-Z]\w+/);
    const clicks = async (): Promise<number> =>
      (await page.getByTestId("insight-sent").innerText()).match(/Clicked something/g)?.length ?? 0;
    const before = await clicks();
    expect(before).toBeGreaterThan(0);
    for (const summary of await drawer.locator("summary").all()) await summary.click();
    await drawer.getByRole("heading", { name: /knows about you/ }).click();
    await page.waitForTimeout(1200);
    expect(await clicks()).toBe(before);
    await drawer.getByRole("button", { name: "Close" }).click();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))).toBe(
      "insight-open",
    );
    await context.close();
  });

  it("T26 has 0 axe violations: every page, by light and in the dark, on a desk and on a phone, with the banner and the drawer", async () => {
    const { context, page } = await newVisitor(browser, { reducedMotion: "reduce" });
    await page.goto(demo.url);
    await page.getByRole("dialog").waitFor();
    const found = await violations(page, LOOKS);
    await accept(page);
    await expect.poll(async () => (await kept(page)).cookies).toContain("attune-visitor");
    for (const path of ["/category/kitchen", "/sale", "/search?q=lamp", "/gifts", "/nowhere", "/bag"]) {
      await page.goto(demo.url + path);
      found.push(...(await violations(page)));
    }
    await page.goto(`${demo.url}/product/ridge-pack`);
    await page.getByTestId("buy").getByRole("button").click();
    found.push(...(await violations(page)));
    await page.getByTestId("insight-open").click();
    const drawer = page.getByRole("dialog", { name: "What this page knows about you" });
    for (const summary of await drawer.locator("summary").all()) await summary.click();
    found.push(...(await violations(page, LOOKS)));
    await page.keyboard.press("Escape");
    await open(page, 'a[href="/bag"]');
    found.push(...(await violations(page)));
    await page.getByTestId("order").click();
    await page.waitForURL("**/thanks");
    found.push(...(await violations(page)));
    await page.getByRole("button", { name: "Privacy choices" }).click();
    await page.getByRole("dialog", { name: "Privacy settings" }).waitFor();
    found.push(...(await violations(page)));
    expect([...new Set(found)]).toEqual([]);
    await context.close();
  });

  it("what the page sends goes on as it comes: too much is refused before it has all been taken in", async () => {
    const given = new AbortController();
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        // Far more than the server takes, then nothing: the body never ends.
        if (sent >= 8 * 2 ** 20) return new Promise(() => undefined);
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const request = {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: endless,
      duplex: "half",
      signal: given.signal,
    };
    const answer = await fetch(`${demo.url}/attune/api/v1/behavioral/batch`, request);
    expect(answer.status).toBe(413);
    expect(answer.headers.get("content-type")).toContain("problem+json");
    given.abort();
  }, 20_000);

  it("the dashboard shows it live to whoever signed in, and to nobody else", async () => {
    const { context, page, complaints } = await newVisitor(browser);
    expect((await context.request.get(`${demo.attune.url}/dashboard/`)).status()).toBe(401);
    await page.goto(demo.attune.dashboard);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByRole("heading", { name: "Visitors, live" }).waitFor();

    const set = (visitorsPerMinute: number) =>
      fetch(`${demo.attune.url}/api/v1/simulation`, {
        method: "POST",
        headers: { authorization: `Bearer ${demo.attune.secretKey}`, "content-type": "application/json" },
        body: JSON.stringify({ visitorsPerMinute }),
      });
    const [visitors, events, experiments] = ["visitors", "events", "experiments"].map((id) =>
      page.getByTestId(id),
    );
    const exposures = async (): Promise<number> => {
      const cells = await experiments?.locator("tbody tr td:nth-child(2)").allInnerTexts();
      return (cells ?? []).reduce((sum, cell) => sum + Number(cell), 0);
    };
    const before = await exposures();
    await set(240);
    await events?.getByText("simulated", { exact: true }).first().waitFor({ timeout: 20_000 });
    await expect.poll(exposures, { timeout: 20_000 }).toBeGreaterThan(before);
    await set(0);

    const shopper = await newVisitor(browser);
    await shopper.page.goto(demo.url);
    await accept(shopper.page);
    await open(shopper.page, shelf("desk"));
    await page.getByText("Product List Viewed").first().waitFor({ timeout: 10_000 });
    await shopper.context.close();

    // Simulated visitors shop here and nowhere else; the real one stands on top, and alone where that is wanted.
    expect(await events?.innerText()).not.toMatch(/\bp-\d{3}\b|\/cart|\/checkout/);
    await expect.poll(() => visitors?.locator("tbody tr").first().innerText()).toMatch(/real/);
    expect(await visitors?.locator('tr[data-simulated="true"]').count()).toBeGreaterThan(0);
    const all = await exposures();
    await page.getByText("Real visitors only", { exact: true }).click();
    await expect.poll(() => visitors?.locator('tr[data-simulated="true"]').count()).toBe(0);
    expect(await events?.getByText("simulated", { exact: true }).count()).toBe(0);
    await expect.poll(exposures).toBeLessThan(all);
    expect(await page.getByTestId("counted").innerText()).toMatch(/counted since \d\d:\d\d:\d\d/);

    const again = await context.request.get(demo.attune.dashboard, { headers: { accept: "text/html" } });
    expect(again.status()).toBe(401);
    expect(await again.text()).toContain("does not work any more");
    expect(complaints).toEqual([]);
    await context.close();
  });
});
