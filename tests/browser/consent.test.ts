import { recordEgress } from "@attune/core/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

const WAIT_MS = process.env.ATTUNE_LONG ? 30_000 : 2500;

describe.skipIf(noChromium !== null)("consent in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  const recorder = recordEgress();

  beforeAll(async () => {
    browser = await launchChromium();
  });
  beforeEach(async () => {
    await site?.close();
    site = await startLab();
  });
  afterAll(async () => {
    await site?.close();
    await browser?.close();
  });

  async function visit(path = "/"): Promise<Page> {
    const context = await browser.newContext();
    await context.addInitScript(recorder.script);
    const page = await context.newPage();
    await page.goto(site.url + path);
    return page;
  }
  const egress = (page: Page) => recorder.read((expression) => page.evaluate(expression));
  const remaining = (page: Page) => recorder.remaining((expression) => page.evaluate(expression));

  it("the recorder sees every way out, so that its silence means something", async () => {
    const page = await visit();
    await page.evaluate(async () => {
      document.cookie = "a=1";
      localStorage.setItem("b", "1");
      sessionStorage.setItem("c", "1");
      await new Promise((resolve) => {
        indexedDB.open("d").onsuccess = resolve;
      });
      await caches.open("e");
      await fetch("/f", { method: "POST", body: "x" });
      navigator.sendBeacon("/g", "y");
      const request = new XMLHttpRequest();
      request.open("GET", "/h");
      request.send();
      new WebSocket("ws://127.0.0.1:1/i").onerror = () => undefined;
      new EventSource("/j").close();
      new Image().src = "/k";
      new Image().setAttribute("srcset", "/k 2x");
      document.createElement("script").src = "/n.js";
      document.createElement("iframe").src = "/o";
      new Audio().src = "/p";
      new Worker("data:text/javascript,").terminate();
      new RTCPeerConnection().close();
      await navigator.serviceWorker.register("/l.js").catch(() => undefined);
      await cookieStore.set("m", "1");
      document.cookie = "a=; Max-Age=0";
      const cache = await caches.open("e");
      await Promise.all([caches.match("/q"), caches.has("e"), caches.keys()]);
      await Promise.all([cache.match("/q"), cache.matchAll(), cache.keys()]);
      await cache.delete("/q");
      await indexedDB.databases();
      await navigator.serviceWorker.getRegistration();
      await navigator.serviceWorker.getRegistrations();
      await navigator.storage.getDirectory();
      document.createElement("source").srcset = "/r";
      document.createElement("track").src = "/s";
      document.createElement("embed").src = "/t";
    });
    const entries = await egress(page);
    expect(entries.map(({ kind, api }) => `${kind} ${api}`)).toEqual([
      "write document.cookie",
      "write localStorage",
      "write sessionStorage",
      "write IndexedDB",
      "write caches",
      "network fetch",
      "network sendBeacon",
      "network XMLHttpRequest",
      "network WebSocket",
      "network EventSource",
      "network Image",
      "network Image",
      "network Script",
      "network IFrame",
      "network Media",
      "network Worker",
      "network RTCPeerConnection",
      "write serviceWorker",
      "write cookieStore",
      "remove document.cookie",
      "write caches",
      ...new Array<string>(6).fill("read caches"),
      "remove caches",
      "read IndexedDB",
      "read serviceWorker",
      "read serviceWorker",
      "write fileSystem",
      "network Source",
      "network Track",
      "network Embed",
    ]);
    expect(await remaining(page)).toEqual(
      expect.arrayContaining(["cookie:m", "localStorage:b", "sessionStorage:c", "IndexedDB:d", "caches:e"]),
    );
    // What the recorder itself has looked at is not the page's doing.
    expect(await egress(page)).toEqual(entries);
    await page.context().close();
  });

  it("the recorder tells what a Blob holds, and of which database a record is", async () => {
    const page = await visit();
    await page.evaluate(async () => {
      navigator.sendBeacon("/blob", new Blob(["what it holds"]));
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open("shelf");
        request.onupgradeneeded = () => request.result.createObjectStore("box").createIndex("by", "by");
        request.onsuccess = () => resolve(request.result);
      });
      const box = database.transaction("box", "readwrite").objectStore("box");
      box.put({ by: 1 }, "a");
      box.index("by").get(1);
    });
    await expect
      .poll(async () => (await egress(page)).map(({ kind, target, detail }) => [kind, target, detail]))
      .toEqual([
        ["network", "/blob", "what it holds"],
        ["write", "shelf", "open"],
        ["write", "shelf", '{"by":1}'],
        ["read", "shelf", ""],
      ]);
    await page.context().close();
  });

  it("the recorder sees what newer browsers have beside it", async () => {
    const page = await visit();
    const had = await page.evaluate(async () => {
      const { fetchLater } = globalThis as { fetchLater?: (url: string, init: object) => void };
      const { storageBuckets } = navigator as {
        storageBuckets?: Record<"open" | "delete", (name: string) => Promise<unknown>>;
      };
      fetchLater?.(location.origin + "/later", { method: "POST", body: "x" });
      await storageBuckets?.open("u");
      await storageBuckets?.delete("u");
      return { later: fetchLater !== undefined, buckets: storageBuckets !== undefined };
    });
    const seen = (await egress(page)).map(({ kind, api, target }) => `${kind} ${api} ${target}`);
    expect(seen).toEqual([
      ...(had.later ? [`network fetchLater ${site.url}/later`] : []),
      ...(had.buckets ? ["write storageBuckets u", "remove storageBuckets u"] : []),
    ]);
    await page.context().close();
  });

  it("what cannot be looked into is not taken for empty", async () => {
    const page = await visit();
    // Without an origin of its own a frame is refused all storage.
    const [frame] = await Promise.all([
      page.waitForEvent("frameattached"),
      page.evaluate(() => {
        const made = document.createElement("iframe");
        made.setAttribute("sandbox", "allow-scripts");
        made.srcdoc = "<p>Apart</p>";
        document.body.append(made);
      }),
    ]);
    await frame.waitForLoadState();
    expect(await recorder.remaining((expression) => frame.evaluate(expression))).toEqual(
      expect.arrayContaining([
        "unknown:cookie",
        "unknown:localStorage",
        "unknown:sessionStorage",
        "unknown:IndexedDB",
        "unknown:caches",
      ]),
    );
    await expect(recorder.remaining(async () => undefined)).rejects.toThrow("no list");
    await page.context().close();
  });

  it(`T24: undecided, over ${WAIT_MS} ms and three navigations: nothing written, nothing sent, no identifier read`, async () => {
    const page = await visit("/auto/first");
    const seen = [];
    for (const path of ["/auto/second", "/auto/third", "/auto/fourth"]) {
      await page.mouse.wheel(0, 900);
      await page.click("#buy");
      await page.evaluate(() => lab.attune?.track("Product Viewed", { product_id: "hat-1" }));
      await page.evaluate(() => lab.attune?.identify("user-1"));
      await page.waitForTimeout(WAIT_MS / 4);
      seen.push(...(await egress(page)));
      await page.goto(site.url + path);
    }
    await page.waitForTimeout(WAIT_MS / 4);
    seen.push(...(await egress(page)));
    expect(seen.filter(({ kind }) => kind === "write" || kind === "remove")).toEqual([]);
    expect(new Set(seen.filter(({ kind }) => kind === "network").map(({ target }) => target))).toEqual(
      new Set(["/api/v1/ruleset"]),
    );
    // One read is needed: whether there is a decision. No other storage is looked at.
    expect(new Set(seen.filter(({ kind }) => kind === "read").map(({ api }) => api))).toEqual(
      new Set(["document.cookie"]),
    );
    expect(await remaining(page)).toEqual([]);
    expect(site.sent()).toEqual([]);
    for (const { headers } of site.requests) expect(headers.cookie).toBeUndefined();
    await page.context().close();
  });

  it("T25: what happened before the grant is never sent", async () => {
    const page = await visit();
    const results = await page.evaluate(async () => {
      const attune = lab.open({ consent: { policy: { version: "1", memoryBeforeDecision: true } } });
      const before = await attune.track("Before Grant");
      await attune.consent.grant("all", "banner");
      return [before, await attune.track("After Grant")];
    });
    expect(results).toEqual([{ status: "memory" }, { status: "stored" }]);
    await until("the event", () => site.events().some(({ name }) => name === "After Grant"));
    await page.evaluate(() => lab.attune?.close());
    expect(site.events().map(({ name }) => name)).toEqual(["Page Viewed", "After Grant"]);
    expect(await remaining(page)).toEqual(
      expect.arrayContaining(["cookie:attune-consent", "cookie:attune-visitor", "IndexedDB:attune-default"]),
    );
    await page.context().close();
  });

  it("T25: a withdrawal leaves the consent record and nothing else, within 100 ms, and is the last thing sent", async () => {
    await site.close();
    site = await startLab({ answer: (path) => (path.endsWith("/batch") ? 503 : 200) });
    const page = await visit();
    await page.evaluate(async () => {
      const attune = lab.open();
      await attune.consent.grant("all", "banner");
      for (let i = 0; i < 50; i++) await attune.track("Product Viewed", { product_id: `hat-${i}` });
    });
    await until("a try to send", () => site.sent().some(({ path }) => path.endsWith("/batch")));
    const id = await page.evaluate(() => lab.attune?.visitor()?.id);
    const took = await page.evaluate(async () => {
      const start = performance.now();
      await lab.attune?.consent.withdraw();
      return performance.now() - start;
    });
    await page.waitForTimeout(100);
    expect(await remaining(page)).toEqual(["cookie:attune-consent"]);
    expect(took).toBeLessThan(100);
    const mark = site.sent().length;
    await until("the record at the server", () => site.consents().length === 2);
    expect(site.consents()[1]).toMatchObject({
      visitorId: id,
      granularConsent: { analytics: false, personalization: false },
    });
    await page.mouse.wheel(0, 900);
    await page.click("#buy");
    await page.waitForTimeout(1500);
    expect(
      site
        .sent()
        .slice(mark)
        .filter(({ path }) => !path.endsWith("/consent")),
    ).toEqual([]);
    expect(await remaining(page)).toEqual(["cookie:attune-consent"]);
    expect(await page.evaluate(() => lab.errors)).toEqual([]);
    await page.context().close();
  });

  it("T25: another tab stops too, and its late grant loses", async () => {
    const page = await visit();
    await page.evaluate(async () => {
      await lab.open().consent.grant("all", "banner");
    });
    const other = await page.context().newPage();
    await other.goto(`${site.url}/auto/other`);
    await other.evaluate(() => lab.attune?.ready());
    expect(await other.evaluate(() => lab.attune?.visitor()?.id)).toBe(
      await page.evaluate(() => lab.attune?.visitor()?.id),
    );
    const late = await other.evaluate(() => lab.attune?.consent.receipt());
    await page.evaluate(() => lab.attune?.consent.withdraw());
    await until("the other tab to stop", () => other.evaluate(() => lab.attune?.visitor() === null));
    // What a slow request or a frozen tab would still bring.
    await other.evaluate((record) => new BroadcastChannel("attune-default").postMessage(record), late);
    await other.evaluate(() => lab.attune?.track("Product Viewed"));
    await page.waitForTimeout(300);
    for (const tab of [page, other]) {
      expect(await tab.evaluate(() => lab.attune?.consent.state.grants.personalization)).toBe(false);
      expect(await remaining(tab)).toEqual(["cookie:attune-consent"]);
    }
    await page.context().close();
  });
});
