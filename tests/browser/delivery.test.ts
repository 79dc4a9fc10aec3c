import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

/** What waits on the device, oldest first. Runs in the page. */
const queued = (): Promise<{ id: string; name: string; n: unknown }[]> =>
  new Promise((resolve) => {
    const request = indexedDB.open("attune-default");
    request.onsuccess = () => {
      const all = request.result.transaction("queue").objectStore("queue").getAll();
      all.onsuccess = () => {
        request.result.close();
        resolve(all.result.map(({ id, body }) => ({ id, name: body.name, n: body.properties.n })));
      };
    };
  });

describe.skipIf(noChromium !== null)("delivery in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  let context: BrowserContext;
  let status = 200;
  /** Answers to batches wait while it is there. */
  let hold: Promise<void> | null = null;
  let release = (): void => undefined;
  let now = 0;
  let most = 0;

  beforeAll(async () => {
    browser = await launchChromium({ backForward: true });
    site = await startLab({
      answer: (path) => (path.endsWith("/batch") ? status : 200),
      async wait(path) {
        if (!path.endsWith("/batch")) return;
        most = Math.max(most, ++now);
        await (hold ?? new Promise((resolve) => setTimeout(resolve, 20)));
        now -= 1;
      },
    });
  });
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext();
    site.requests.length = 0;
    [status, most] = [200, 0];
    release();
    hold = null;
  });
  afterAll(async () => {
    release();
    await browser?.close();
    await site?.close();
  });

  const holdAnswers = (): void => {
    hold = new Promise((resolve) => {
      release = resolve;
    });
  };
  async function open(intervalMs = 60_000): Promise<Page> {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.evaluate(async (interval) => {
      const attune = lab.open({ delivery: { intervalMs: interval, batchSize: 100_000 } }, { capture: false });
      await attune.consent.grant("all");
      await attune.flush();
    }, intervalMs);
    return page;
  }
  const track = (page: Page, names: readonly string[]): Promise<unknown> =>
    page.evaluate(
      (all) =>
        Promise.all(all.map(async (name) => lab.attune?.track(name, { n: Number(name.split(" ")[1]) }))),
      names,
    );
  const numbered = (what: string, count: number): string[] =>
    Array.from({ length: count }, (_, n) => `${what} ${n}`);
  const ids = (): string[] => site.events().map(({ id }) => id);
  const batches = () => site.requests.filter(({ path }) => path.endsWith("/batch"));

  it("T2: of eight pages that send at once one does, and no event goes twice; where it is killed, another goes on within 2 s", async () => {
    const pages = await Promise.all(Array.from({ length: 8 }, () => open()));
    await Promise.all(pages.map((page, i) => track(page, numbered(`Tab${i}`, 40))));
    most = 0;
    await Promise.all(pages.map((page) => page.evaluate(() => lab.attune?.flush())));
    expect(ids()).toHaveLength(320);
    expect(new Set(ids()).size).toBe(320);
    expect(most).toBe(1);

    site.requests.length = 0;
    await Promise.all(pages.map((page, i) => track(page, numbered(`Again${i}`, 40))));
    holdAnswers();
    let holder: Page | null = null;
    for (const page of pages)
      page.on("request", (request) => {
        if (request.url().endsWith("/batch")) holder ??= page;
      });
    for (const page of pages) void page.evaluate(() => lab.attune?.flush()).catch(() => undefined);
    await until("a batch is under way", () => batches().length === 1 && holder !== null);
    const killed = holder as unknown as Page;
    const crash = new Promise((resolve) => killed.once("crash", resolve));
    const client = await context.newCDPSession(killed);
    void client.send("Page.crash").catch(() => undefined);
    await crash;
    const started = Date.now();
    release();
    hold = null;
    await until("another page sends", () => batches().length > 1, 2000);
    expect(Date.now() - started).toBeLessThan(2000);
    await until("all have arrived", () => new Set(ids()).size === 320);
    const twice = ids().length - 320;
    expect(twice).toBeLessThanOrEqual(JSON.parse(batches()[0]?.body as string).events.length);
    const left = pages.find((page) => page !== killed) as Page;
    await until("nothing waits any more", async () => (await left.evaluate(queued)).length === 0);
  });

  it("T2: a page that has nothing of its own to send takes over within 2 s where the sending one is killed, or closed", async () => {
    const [idle, sender] = [await open(), await open(200)];
    const watching = () =>
      idle.evaluate(async () =>
        ((await navigator.locks.query()).pending ?? []).some(({ name }) => name?.includes(" page ")),
      );
    await track(sender, numbered("Killed", 30));
    await until("the idle page watches", watching);
    holdAnswers();
    await track(sender, numbered("Underway", 10));
    await until("a batch is under way", () => site.events().some(({ name }) => name === "Underway 9"));
    await track(sender, numbered("Late", 10));
    const before = batches().length;
    const underway = JSON.parse(batches().at(-1)?.body as string).events.length;
    const crash = new Promise((resolve) => sender.once("crash", resolve));
    const client = await context.newCDPSession(sender);
    void client.send("Page.crash").catch(() => undefined);
    await crash;
    const started = Date.now();
    release();
    hold = null;
    await until("the idle page sends", () => batches().length > before, 2000);
    expect(Date.now() - started).toBeLessThan(2000);
    await until("all have arrived", () => new Set(ids()).size === 50);
    expect(ids().length - 50).toBeLessThanOrEqual(underway);
    await until("nothing waits any more", async () => (await idle.evaluate(queued)).length === 0);

    const next = await open();
    status = 503;
    await track(next, numbered("Closed", 5));
    await until("the idle page watches", watching);
    await next.close();
    status = 200;
    await until("the idle page sends", () => new Set(ids()).size === 55, 5000);
    await until("nothing waits any more", async () => (await idle.evaluate(queued)).length === 0);
    await until("nothing is waited for", async () => !(await watching()));
  });

  it("T3: a page that is kept for its return holds no turn and no database, and goes on where it was", async () => {
    const page = await open(200);
    await page.evaluate(() => {
      addEventListener("pageshow", ({ persisted }) => {
        if (persisted) document.title = "back";
      });
      // Behind all that the library does as a page leaves.
      const leaving = (): unknown => Promise.resolve().then(() => lab.attune?.track("Leaving 0"));
      addEventListener("pagehide", leaving, { once: true });
    });
    await track(page, numbered("Early", 3));
    await until("they have arrived", () => site.events().length === 3);
    holdAnswers();
    await track(page, numbered("Underway", 3));
    await until("a batch is under way", () => batches().length === 2);
    await track(page, numbered("Late", 2));
    await page.goto(`${site.url}/elsewhere`);
    expect(await page.evaluate(async () => (await navigator.locks.query()).held)).toEqual([]);
    release();
    hold = null;
    await page.evaluate(() => history.back());
    await until("the page is back as it was", () =>
      page
        .title()
        .then((title) => title === "back")
        .catch(() => false),
    );
    await track(page, numbered("After", 2));
    await until("all have arrived", () => new Set(site.events().map(({ name }) => name)).size === 11);
    await page.reload();
    await page.evaluate(async () => {
      lab.open({}, { capture: false });
      await lab.attune?.ready();
      await lab.attune?.flush();
    });
    const effects = new Map(site.events().map(({ id, name }) => [id, name]));
    expect([...effects.values()].sort()).toEqual(
      [
        ...numbered("Early", 3),
        ...numbered("Underway", 3),
        ...numbered("Late", 2),
        ...numbered("Leaving", 1),
        ...numbered("After", 2),
      ].sort(),
    );
    expect(await page.evaluate(queued)).toEqual([]);
    expect(await page.evaluate(() => lab.errors)).toEqual([]);
  });

  it("T4: a page that goes away with 200 kB takes 60 KiB along at most, and leaves the rest on the device", async () => {
    const page = await open();
    await page.evaluate(() =>
      Promise.all(
        Array.from({ length: 200 }, async (_, n) =>
          lab.attune?.track(`Heavy ${n}`, { n, text: "x y ".repeat(220) }),
        ),
      ),
    );
    holdAnswers();
    await page.goto(`${site.url}/elsewhere`);
    await until("something went along", () => batches().length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const bytes = batches().reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    expect(bytes).toBeGreaterThan(40 * 1024);
    expect(bytes).toBeLessThanOrEqual(60 * 1024);
    expect(await page.evaluate(queued)).toHaveLength(200);
    release();
  });

  it("T5: after a time without a network 10,000 events arrive, each page's in their order, in compressed batches", async () => {
    const pages = [await open(), await open()];
    await context.setOffline(true);
    await Promise.all(
      pages.map((page, i) =>
        page.evaluate(async (tab) => {
          for (let n = 0; n < 5000; n += 1000)
            await Promise.all(
              Array.from({ length: 1000 }, async (_, k) => lab.attune?.track(`Offline${tab}`, { n: n + k })),
            );
        }, i),
      ),
    );
    expect(await pages[0]?.evaluate(queued)).toHaveLength(10_000);
    await context.setOffline(false);
    await pages[0]?.evaluate(() => lab.attune?.flush());
    await until("all have arrived", () => site.events().length >= 10_000, 15_000);
    expect(new Set(ids()).size).toBe(10_000);
    for (const tab of [0, 1]) {
      const order = site
        .events()
        .flatMap(({ name, properties }) => (name === `Offline${tab}` ? [properties.n] : []));
      expect(order).toEqual(Array.from({ length: 5000 }, (_, n) => n));
    }
    expect(batches().at(-2)?.headers["content-encoding"]).toBe("gzip");
  });

  it("T5: where the device is full, of what matters least the oldest goes, and that is counted and said", async () => {
    status = 503;
    const page = await context.newPage();
    const client = await context.newCDPSession(page);
    await page.goto(site.url);
    // Before the database is opened: how much room there is, is asked for only now and then.
    await client.send("Storage.overrideQuotaForOrigin", { origin: site.url, quotaSize: 400_000 });
    await page.evaluate(async () => {
      await lab.open({}, { capture: false }).consent.grant("all");
    });
    const fill = (name: string, from: number, count: number) =>
      page.evaluate(
        async ([what, first, many]) => {
          // Such as no database makes smaller.
          const text = () => Array.from({ length: 8 }, () => Math.random().toString(36).slice(2)).join(" ");
          for (let n = first; n < first + many; n++) {
            const texts = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`text${i}`, text()]));
            await lab.attune?.track(what, { n, ...texts });
          }
          return [lab.attune?.snapshot().storage, lab.errors.join("\n")] as const;
        },
        [name, from, count] as const,
      );
    await fill("Order Completed", 0, 20);
    await fill("Page Scrolled", 0, 60);
    const [storage, said] = await fill("Product Viewed", 0, 100);
    expect(storage).toBe("device");
    expect(said).toMatch(/the oldest were dropped, \d+ so far/);
    const kept = await page.evaluate(queued);
    const of = (name: string) => kept.flatMap((one) => (one.name === name ? [Number(one.n)] : []));
    expect(of("Order Completed")).toEqual(Array.from({ length: 20 }, (_, n) => n));
    const scrolled = of("Page Scrolled");
    expect(scrolled.length).toBeLessThan(60);
    // The newest of them, if any.
    expect(scrolled).toEqual(Array.from({ length: scrolled.length }, (_, n) => 60 - scrolled.length + n));
    const dropped = Number(/(\d+) so far/.exec(said.split("\n").at(-1) ?? "")?.[1]);
    expect(kept.length + dropped).toBe(180);
    await client.detach();
  });
});
