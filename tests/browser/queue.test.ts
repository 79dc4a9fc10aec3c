import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

describe.skipIf(noChromium !== null)("a queue that is never emptied", () => {
  let browser: Browser;
  let site: LabServer;

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      launchChromium(),
      startLab({ answer: (path) => (path.endsWith("/batch") ? 403 : 200) }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  it("holds 20,000 events at most: the oldest make room, and that is said", async () => {
    const page = await browser.newPage();
    await page.goto(site.url);
    const found = await page.evaluate(async () => {
      const attune = lab.open({}, { capture: false });
      await attune.consent.grant("all");
      await attune.track("First");
      await attune.flush();
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open("attune-default");
        request.onsuccess = () => resolve(request.result);
      });
      const queue = (mode: IDBTransactionMode) => database.transaction("queue", mode).objectStore("queue");
      await new Promise<void>((resolve) => {
        const store = queue("readwrite");
        // Older than everything that this page makes.
        for (let i = 0; i < 20_000; i++) store.put({ id: `0-${String(i).padStart(5, "0")}`, body: {} });
        store.transaction.oncomplete = () => resolve();
      });
      const status = (await attune.track("Last")).status;
      const keys = await new Promise<IDBValidKey[]>((resolve) => {
        const request = queue("readonly").getAllKeys();
        request.onsuccess = () => resolve(request.result);
      });
      database.close();
      return { status, count: keys.length, oldest: keys[0], errors: lab.errors };
    });
    expect(found).toMatchObject({ status: "stored", count: 20_000, oldest: "0-00002" });
    expect(found.errors.join()).toContain("the oldest were dropped");
    await until("the refusal is said", async () =>
      (await page.evaluate(() => lab.errors.join())).includes("Check the write key"),
    );
    await page.close();
  });
});
