import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Event, features, fold, initialState, type Ruleset } from "@attune/core";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  segments: [{ name: "browsing", enter: { productViews: { $gte: 4 } } }],
  slots: {
    offer: {
      variants: { none: null, hats: "Hats" },
      fallback: "none",
      policy: { type: "rules", rules: [{ segment: "browsing", variant: "hats" }] },
    },
  },
};

/** What a page knows of the visitor. Runs in the page. */
const known = () => {
  const { attune } = lab;
  if (!attune) throw new Error("no engine");
  const { features: found, segments } = attune.snapshot();
  const { id, startedAt, lastActivityAt } = attune.session() ?? {};
  const offer = attune.decide("offer").variant;
  return {
    features: found,
    segments,
    session: [id, startedAt, lastActivityAt],
    offer,
    who: attune.visitor()?.id,
  };
};

/** What lies on the device: the folded state, what is still to be folded into it, and what waits to be sent. Runs in the page. */
const onDevice = (): Promise<{ state: unknown; notes: number; queue: unknown[] }> =>
  new Promise((resolve) => {
    const request = indexedDB.open("attune-default");
    request.onsuccess = () => {
      const transaction = request.result.transaction(["values", "queue"]);
      const kept = transaction.objectStore("values").get("visitor");
      const notes = transaction.objectStore("values").count(IDBKeyRange.bound(["note"], ["note", []]));
      const queue = transaction.objectStore("queue").getAll();
      transaction.oncomplete = () => {
        request.result.close();
        resolve({
          state: (kept.result as { state: unknown }).state,
          notes: notes.result,
          queue: (queue.result as { body: unknown }[]).map(({ body }) => body),
        });
      };
    };
  });

const look = (page: Page, n: number) =>
  page.evaluate((id) => lab.attune?.track("Product Viewed", { product_id: `hat-${id}`, price: 10 + id }), n);

describe.skipIf(noChromium !== null)("several tabs in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  let context: BrowserContext;
  let status = 200;

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      launchChromium({ backForward: true }),
      startLab({ ruleset, answer: (path) => (path.endsWith("/batch") ? status : 200) }),
    ]);
  });
  beforeEach(async () => {
    await context?.close();
    context = await browser.newContext();
    site.requests.length = 0;
    status = 200;
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  async function open(path = "/"): Promise<Page> {
    const page = await context.newPage();
    await page.goto(site.url + path);
    await page.evaluate(async () => {
      const attune = lab.open({}, { capture: false });
      await attune.consent.grant("all");
      await attune.ready();
    });
    return page;
  }
  /** What was recorded, once each, in its order; what has arrived and what waits. */
  const recorded = async (page: Page): Promise<Event[]> => {
    const all = [...site.events(), ...(await page.evaluate(onDevice)).queue] as unknown as Event[];
    return [...new Map(all.map((event) => [event.id, event])).values()].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  };
  const expectSame = async (...pages: Page[]) => {
    const [first, ...others] = pages as [Page, ...Page[]];
    await expect
      .poll(async () => {
        const all = await Promise.all(others.map((page) => page.evaluate(known)));
        const one = await first.evaluate(known);
        return all.every((other) => JSON.stringify(other) === JSON.stringify(one));
      })
      .toBe(true);
    return first.evaluate(known);
  };

  it("act in turns, and a third opens later: all show the fold of all events, and so does what is kept", async () => {
    const [first, second] = [await open(), await open()];
    for (let n = 0; n < 6; n++) await look(n % 2 ? second : first, n);
    await expectSame(first, second);
    const third = await open();
    const shown = await expectSame(first, second, third);
    const events = await recorded(first);
    const state = events.reduce(fold, initialState());
    expect(events).toHaveLength(6);
    expect(shown.features).toEqual(features(state));
    expect(shown).toMatchObject({ offer: "hats", segments: { browsing: events[3]?.occurredAt } });
    expect(new Set(events.map(({ sessionId }) => sessionId))).toEqual(new Set([shown.session[0]]));
    await expect.poll(() => third.evaluate(onDevice)).toMatchObject({ state, notes: 0 });
  });

  it("act at once: 8 tabs, 200 events, each counted once in each of them", async () => {
    const pages = await Promise.all(Array.from({ length: 8 }, () => open()));
    await Promise.all(
      pages.map((page, i) =>
        page.evaluate(async (tab) => {
          for (let n = 0; n < 25; n++) {
            await lab.attune?.track("Product Viewed", { product_id: `${tab}-${n}`, price: 10 });
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }, i),
      ),
    );
    const shown = await expectSame(...(pages as [Page, ...Page[]]));
    expect(shown.features).toMatchObject({ productViews: 200, sessions: 1 });
    expect(await recorded(pages[0] as Page)).toHaveLength(200);
    await expect.poll(() => pages[0]?.evaluate(onDevice)).toMatchObject({ notes: 0 });
    expect((await pages[0]?.evaluate(() => lab.errors))?.filter(Boolean)).toEqual([]);
  });

  it("open at the same moment: one visitor, one session", async () => {
    await (await open()).evaluate(() => lab.attune?.forget());
    const pages = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
    await Promise.all(pages.map((page) => page.goto(site.url)));
    await Promise.all(
      pages.map((page) =>
        page.evaluate(async () => {
          await lab.open({}, { capture: false }).page();
        }),
      ),
    );
    const shown = await expectSame(...(pages as [Page, ...Page[]]));
    expect(shown.features.sessions).toBe(1);
    const events = await recorded(pages[0] as Page);
    expect(new Set(events.map(({ visitorId }) => visitorId))).toEqual(new Set([shown.who]));
    expect(new Set(events.map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  it("are killed, without a network: the others, and who comes next, know what they knew", async () => {
    status = 503;
    const [first, second] = [await open(), await open()];
    await look(first, 1);
    const client = await context.newCDPSession(second);
    const crash = new Promise((resolve) => second.once("crash", resolve));
    // Each is on the device, and nothing was written down: the page is gone before.
    await second.evaluate(async () => {
      await Promise.all(
        [1, 2, 3].map(async (n) => lab.attune?.track("Product Viewed", { product_id: `last-${n}` })),
      );
    });
    void client.send("Page.crash").catch(() => undefined);
    await crash;
    await expect.poll(async () => (await first.evaluate(known)).features.productViews).toBe(4);
    const third = await open();
    const shown = await expectSame(first, third);
    expect(shown.features.productViews).toBe(4);
    const state = (await recorded(third)).reduce(fold, initialState());
    await expect.poll(() => third.evaluate(onDevice)).toMatchObject({ state, notes: 0 });
  });

  it("T3 are kept for a return, and are back as the others have become", async () => {
    const second = await open();
    const backAsItWas = async (): Promise<Page | null> => {
      const first = await open();
      await look(first, 1);
      await first.evaluate(() => {
        addEventListener("pageshow", ({ persisted }) => {
          if (persisted) void lab.attune?.track("Came Back");
        });
      });
      await first.goto(`${site.url}/elsewhere`);
      await look(second, 2);
      await second.evaluate(() => lab.attune?.reset());
      await look(second, 3);
      await first.goBack({ waitUntil: "commit" });
      // Whether a browser keeps a page is its own affair: a busy one may not.
      return (await first.evaluate(() => lab.attune !== null)) ? first : null;
    };
    let first: Page | null = null;
    for (let tries = 0; !first && tries < 5; tries++) first = await backAsItWas();
    if (!first) throw new Error("never kept");
    const shown = await expectSame(first, second);
    expect(shown.features.productViews).toBe(1);
    const back = (await recorded(first)).find(({ name }) => name === "Came Back");
    expect(back?.visitorId).toBe(shown.who);
  });

  it("leave: what was told at the end is known to the others", async () => {
    status = 503;
    const [first, second] = [await open(), await open()];
    await first.evaluate(() => {
      addEventListener("pagehide", () => void lab.attune?.track("Product Viewed", { product_id: "last" }));
    });
    await first.close({ runBeforeUnload: true });
    await expect.poll(async () => (await second.evaluate(known)).features.productViews).toBe(1);
  });

  it("T25 withdraw in one: within 100 ms nothing is left in any, and nothing comes back", async () => {
    const [first, second] = [await open(), await open()];
    await look(first, 1);
    await expectSame(first, second);
    const took = await first.evaluate(async () => {
      const since = performance.now();
      for (let n = 0; n < 5; n++) void lab.attune?.track("Product Viewed", { n });
      await lab.attune?.consent.withdraw();
      return performance.now() - since;
    });
    expect(took).toBeLessThan(100);
    await new Promise((resolve) => setTimeout(resolve, 700));
    for (const page of [first, second]) {
      const left = await page.evaluate(async () => [
        (await indexedDB.databases()).length,
        document.cookie.split("; ").map((pair) => pair.split("=")[0]),
        lab.attune?.visitor(),
        lab.attune?.snapshot().features.productViews,
      ]);
      expect(left).toEqual([0, ["attune-consent"], null, 0]);
    }
  });

  it("say nothing of the visitor to each other", async () => {
    const page = await context.newPage();
    await page.goto(site.url);
    await page.evaluate(() => {
      const heard: unknown[] = [];
      Object.assign(globalThis, { heard });
      const { postMessage } = BroadcastChannel.prototype;
      BroadcastChannel.prototype.postMessage = function (this: BroadcastChannel, message: unknown) {
        if (this.name.endsWith(" state")) heard.push(message);
        postMessage.call(this, message);
      };
      lab.open({}, { capture: false });
    });
    await page.evaluate(() => lab.attune?.track("Before"));
    expect(await page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([]);
    await page.evaluate(async () => {
      await lab.attune?.consent.grant("all");
      await lab.attune?.identify("user-1", { plan: "gold" });
    });
    expect(await page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([null]);
    await until("the batch", () => site.events().length > 0);
  });
});
