import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer, WRITE } from "../../packages/server/src/testing/start.js";
import { launchChromium, newVisitor, noChromium } from "../support/chromium.js";
import type { Shop } from "./fixture/handover-page.js";
import { until } from "./lab.js";
import { resolveCore } from "./resolve-core.js";

declare global {
  // What the fixture page's script puts there.
  var shop: Shop;
}

const CONSENT = "/api/v1/behavioral/consent";
const REDEEM = "/api/v1/behavioral/handover/redeem";

describe.skipIf(noChromium !== null)("a visitor handed over to another domain, in Chromium", () => {
  let browser: Browser;
  let pages: Server;
  let at: TestServer;
  let a: string;
  let b: string;
  let elsewhere: string;
  /** What the pages asked the endpoint for, as `origin path`. */
  let asked: string[] = [];
  /** Batches of events. */
  let sent: string[] = [];

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("./fixture/handover-page.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
      target: "es2022",
      plugins: [resolveCore],
    });
    const script = outputFiles[0]?.text ?? "";
    pages = createServer(({ url = "/", headers }, response) => {
      if (url === "/app.js") return void response.setHeader("content-type", "text/javascript").end(script);
      const host = headers.host ?? "";
      const open = host.startsWith("elsewhere")
        ? ""
        : `<script src="/app.js"></script><script>shop.open(${JSON.stringify({ endpoint: at.url, writeKey: WRITE, others: [a, b].filter((origin) => !origin.endsWith(host)) })})</script>`;
      response
        .setHeader("content-type", "text/html")
        .end(
          `<!doctype html><html lang="en"><title>Hats</title><link rel="icon" href="data:,"><a id="other" href="${b}/hats?size=m&x=a%20b#top">Hats</a>${open}</html>`,
        );
    });
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    const { port } = pages.address() as AddressInfo;
    [a, b, elsewhere] = ["shop-a", "shop-b", "elsewhere"].map(
      (name) => `http://${name}.localhost:${port}`,
    ) as [string, string, string];
    at = await startTestServer({
      auth: { keys: [{ kind: "write", key: WRITE, origins: [a, b] }] },
      rules: { schemaVersion: 1, revision: 1, slots: {} },
    });
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await at?.close();
    pages?.close();
  });

  const idOf = (page: Page): Promise<string | null> =>
    page.evaluate(async () => {
      await shop.attune?.ready();
      return shop.attune?.visitor()?.id ?? null;
    });
  async function grant(page: Page): Promise<string> {
    const told = page.waitForResponse(
      (response) => response.url().endsWith(CONSENT) && response.request().method() === "POST",
    );
    await page.evaluate(() => shop.attune?.consent.grant("all"));
    await told;
    return (await idOf(page)) as string;
  }
  async function visit(): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
    const visitor = await newVisitor(browser);
    asked = [];
    sent = [];
    visitor.context.on("request", (request) => {
      if (!request.url().startsWith(at.url) || request.method() !== "POST") return;
      const { pathname } = new URL(request.url());
      asked.push(`${new URL(request.frame().url()).origin} ${pathname}`);
      if (pathname.endsWith("/batch")) sent.push(request.postData() ?? "");
    });
    return visitor;
  }
  const cookie = async (context: BrowserContext, origin: string): Promise<string | null> =>
    (await context.cookies(origin)).find(({ name }) => name === "attune-visitor")?.value ?? null;

  it("keeps its id where both sides have consent, and leaves no trace of the link", async () => {
    const { context, page, complaints } = await visit();
    await page.goto(b);
    const before = await grant(page);
    await page.goto(a);
    const id = await grant(page);
    expect(id).not.toBe(before);
    await page.click("#other");
    await page.waitForURL(`${b}/**`);
    expect(await idOf(page)).toBe(id);
    expect(page.url()).toBe(`${b}/hats?size=m&x=a%20b#top`);
    expect(await cookie(context, b)).toBe(id);
    expect(asked.filter((request) => request.endsWith(REDEEM))).toEqual([`${b} ${REDEEM}`]);
    await page.evaluate(() => shop.attune?.track("Hat Tried"));
    await page.evaluate(() => shop.attune?.flush());
    const pseudonym = await at.server.service.pseudonymOf({ visitorId: id });
    let held = "";
    await until("the events of both domains", async () => {
      held = "";
      for await (const { value } of at.store.scan(`default/v/${pseudonym}`, { prefix: "e/" }))
        held += JSON.stringify(value);
      return held.includes("Hat Tried");
    });
    expect(sent.join()).toContain(`${b}/hats?size=m"`);
    expect(sent.join()).not.toContain("attune_handover");
    expect(held).toContain(`${b}/hats"`);
    for await (const partition of at.store.partitions(""))
      for await (const record of at.store.scan(partition)) held += JSON.stringify({ partition, record });
    expect(held).not.toContain("attune_handover");
    // The next page has it neither in the history nor as its referrer.
    await page.goBack();
    await page.goForward();
    expect(page.url()).not.toContain("attune_handover");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("asks for nothing and keeps nothing without consent here, nor there before it", async () => {
    const { context, page } = await visit();
    await page.goto(a);
    expect(await page.evaluate((url) => shop.linker?.link(url), `${b}/hats`)).toBe(`${b}/hats`);
    await page.click("#other");
    await page.waitForURL(`${b}/**`);
    expect(asked).toEqual([]);
    await page.goto(a);
    const id = await grant(page);
    asked = [];
    await page.click("#other");
    await page.waitForURL(`${b}/**`);
    await page.evaluate(() => shop.attune?.ready());
    await page.waitForTimeout(200);
    expect(page.url()).not.toContain("attune_handover");
    expect(asked.filter((request) => request.startsWith(b))).toEqual([]);
    expect(await context.cookies(b)).toEqual([]);
    expect(await grant(page)).toBe(id);
    await context.close();
  });

  it("is nobody by a link that was used, planted by another page, or pasted", async () => {
    const { context, page } = await visit();
    await page.goto(a);
    const id = await grant(page);
    const links = await page.evaluate(async (url) => {
      const made: string[] = [];
      for (let i = 0; i < 4; i++) made.push(String(await shop.linker?.link(url)));
      return made;
    }, `${b}/hats`);
    const [used, planted, pasted] = links as [string, string, string];
    expect(used).toContain("attune_handover=");
    const newcomer = async () => {
      const other = await newVisitor(browser);
      await other.page.goto(b);
      return { ...other, own: await grant(other.page) };
    };
    const follow = async (on: Page, from: string, url: string): Promise<string | null> => {
      await on.goto(from);
      await on.evaluate((href) => location.assign(href), url);
      await on.waitForURL(`${b}/hats`);
      return idOf(on);
    };
    const [first, second] = [await newcomer(), await newcomer()];
    expect(await follow(first.page, elsewhere, planted)).toBe(first.own);
    await first.page.goto(pasted);
    expect(await idOf(first.page)).toBe(first.own);
    expect(first.page.url()).toBe(`${b}/hats`);
    expect(await follow(first.page, a, used)).toBe(id);
    expect(await follow(second.page, a, used)).toBe(second.own);
    await Promise.all([first, second, { context }].map((each) => each.context.close()));
  });

  it("follows links as it did where the endpoint does not answer, and in a new tab", async () => {
    const { context, page } = await visit();
    await page.goto(a);
    const id = await grant(page);
    const opened = context.waitForEvent("page");
    await page.click("#other", { modifiers: ["Control"], delay: 400 });
    const tab = await opened;
    await tab.waitForURL(`${b}/**`);
    await tab.waitForFunction(() => !location.search.includes("attune_handover"));
    expect(await grant(tab)).toBe(id);
    expect(await page.getAttribute("#other", "href")).toBe(`${b}/hats?size=m&x=a%20b#top`);
    await context.route(`${at.url}/**`, (route) => route.abort());
    await page.click("#other");
    await page.waitForURL(`${b}/hats?size=m&x=a%20b#top`);
    await context.close();
  });
});
