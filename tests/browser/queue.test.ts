import type { Browser, Page } from "playwright-core";
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

  it("holds 20,000 events at most: the oldest make room, some at once, and that is said", async () => {
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
    expect(found).toMatchObject({ status: "stored", count: 19_802, oldest: "0-00200" });
    expect(found.errors.join()).toContain("the oldest were dropped, 200 so far");
    await until("the refusal is said", async () =>
      (await page.evaluate(() => lab.errors.join())).includes("Check the write key"),
    );
    await page.close();
  });
});

describe.skipIf(noChromium !== null)(
  "T6: the server has just asked another page of the device to wait",
  () => {
    let browser: Browser;
    let site: LabServer;
    let status = 200;

    beforeAll(async () => {
      [browser, site] = await Promise.all([
        launchChromium(),
        startLab({ answer: (path) => (path.endsWith("/batch") ? status : 200), retryAfter: "60" }),
      ]);
    });
    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    it("a page that goes away sends nothing, and leaves what it has on the device", async () => {
      const context = await browser.newContext();
      const open = async (): Promise<Page> => {
        const page = await context.newPage();
        await page.goto(site.url);
        await page.evaluate(async () => {
          const attune = lab.open({ delivery: { intervalMs: 60_000 } }, { capture: false });
          await attune.consent.grant("all");
          await attune.flush();
        });
        return page;
      };
      const batches = () => site.sent().filter(({ path }) => path.endsWith("/batch"));
      const told = await open();
      const other = await open();
      // As it is where nobody waits: what a page has not sent goes with its end.
      await other.evaluate(() => lab.attune?.track("Taken along"));
      await other.goto(`${site.url}/elsewhere`);
      await until("the last batch", () => site.events().some(({ name }) => name === "Taken along"));
      await other.close();

      const leaving = await open();
      // Before the request, so that nothing but the other page can have told of the wait.
      await leaving.evaluate(() => lab.attune?.track("Left behind"));
      status = 429;
      await told.evaluate(async () => {
        await lab.attune?.track("Too many");
        await lab.attune?.flush();
      });
      const asked = batches().length;
      await leaving.goto(`${site.url}/elsewhere`);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(batches()).toHaveLength(asked);

      status = 200;
      const queued = await told.evaluate(
        () =>
          new Promise<string[]>((resolve) => {
            const request = indexedDB.open("attune-default");
            request.onsuccess = () => {
              const all = request.result.transaction("queue").objectStore("queue").getAll();
              all.onsuccess = () => {
                request.result.close();
                resolve(all.result.map(({ body }: { body: { name: string } }) => body.name));
              };
            };
          }),
      );
      expect(queued).toContain("Left behind");
      await context.close();
    });
  },
);
