import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
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

describe.skipIf(noChromium !== null)("T6: what a server answers that does not take a batch", () => {
  interface Batch {
    names: string[];
    bytes: number;
    /** By the page's clock, epoch ms. */
    sentAt: number;
  }
  interface Answer {
    status: number;
    retryAfter?: string;
  }
  let browser: Browser;
  let site: LabServer;
  let page: Page;
  const batches: (Batch & Answer)[] = [];
  let answer = (_: Batch): Answer => ({ status: 200 });

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (!request.url?.endsWith("/batch")) return void response.writeHead(404).end();
    const sent = Buffer.concat(chunks);
    const body = request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent;
    const { events, sentAt } = JSON.parse(body.toString()) as { events: { name: string }[]; sentAt: number };
    const batch = { names: events.map(({ name }) => name), bytes: body.length, sentAt };
    const given = answer(batch);
    batches.push({ ...batch, ...given });
    const taken = given.status === 200;
    response
      .writeHead(given.status, {
        "content-type": `application/${taken ? "" : "problem+"}json`,
        ...(given.retryAfter && { "retry-after": given.retryAfter }),
      })
      .end(taken ? JSON.stringify({ accepted: events.length, duplicates: 0, rejected: [] }) : "{}");
  };

  beforeAll(async () => {
    [browser, site] = await Promise.all([
      launchChromium(),
      startLab({ api: (...given) => void take(...given) }),
    ]);
    page = await browser.newPage();
    await page.clock.install({ time: 0 });
    await page.goto(site.url);
    await page.clock.pauseAt(60_000);
    await page.evaluate(() =>
      lab.open({ delivery: { intervalMs: 60_000 } }, { capture: false }).consent.grant("all"),
    );
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });
  beforeEach(() => void batches.splice(0));

  /** Sends them in one go; what became of each. */
  const send = (names: string[], padding = "") =>
    page.evaluate(
      async ([names, padding]) => {
        await Promise.all(names.map(async (name) => lab.attune?.track(name, { padding })));
        await lab.attune?.flush();
        const entries = (lab.attune?.deliveries() ?? []).filter(({ name }) => names.includes(name));
        return Object.fromEntries(entries.map(({ name, status }) => [name, status]));
      },
      [names, padding] as const,
    );
  const taken = () => batches.filter(({ status }) => status === 200).flatMap(({ names }) => names);
  const all = (names: string[], status: string) => Object.fromEntries(names.map((name) => [name, status]));

  it("413: the batch is halved until it fits; each event is taken once, none is given up", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `Large ${i}`);
    answer = ({ bytes }) => ({ status: bytes > 4000 ? 413 : 200 });
    expect(await send(names, "x".repeat(900))).toEqual(all(names, "sent"));
    expect(taken()).toEqual(names);
    expect(batches.map(({ status }) => status)).toContain(413);
    expect(Math.max(...batches.map(({ names }) => names.length))).toBe(12);
  });

  it("400: of the events around one that cannot be taken, each is taken, and only that one is given up", async () => {
    const names = ["Before 1", "Before 2", "Poison", "After 1", "After 2", "After 3"];
    answer = ({ names }) => ({ status: names.includes("Poison") ? 400 : 200 });
    expect(await send(names)).toEqual({ ...all(names, "sent"), Poison: "rejected" });
    expect(taken()).toEqual(names.filter((name) => name !== "Poison"));
    expect(await send(["Later"])).toEqual({ Later: "sent" });
    expect(batches.filter(({ names }) => names.includes("Poison")).length).toBeLessThan(6);
  });

  it("429 and 503: not before the seconds or the date of Retry-After, without one not before half a second", async () => {
    const answers: ((batch: Batch) => Answer)[] = [
      () => ({ status: 429, retryAfter: "10" }),
      ({ sentAt }) => ({ status: 503, retryAfter: new Date(sentAt + 12_000).toUTCString() }),
      () => ({ status: 503 }),
      () => ({ status: 503 }),
    ];
    answer = (batch) => answers[batches.length]?.(batch) ?? { status: 200 };
    expect(await send(["Waits"])).toEqual({ Waits: "queued" });
    for (let tries = 1; tries <= answers.length; tries++) {
      // While it waits nobody gets past.
      await page.evaluate(() => lab.attune?.flush());
      expect(batches).toHaveLength(tries);
      await until(`try ${tries + 1}`, async () => {
        if (batches.length === tries) await page.clock.runFor(1000);
        return batches.length > tries;
      });
    }
    const gaps = batches.slice(1).map(({ sentAt }, i) => sentAt - (batches[i]?.sentAt ?? 0));
    // A date has no parts of a second; what a try takes passes on the clock of the page as well.
    for (const [i, [least, most]] of [
      [10_000, 14_000],
      [11_000, 16_000],
      [500, 7000],
      [500, 11_000],
    ].entries()) {
      expect(gaps[i], `gap ${i}`).toBeGreaterThanOrEqual(least as number);
      expect(gaps[i], `gap ${i}`).toBeLessThanOrEqual(most as number);
    }
    expect(taken()).toEqual(["Waits"]);
  });
});
