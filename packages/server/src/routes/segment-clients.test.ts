import type { Event } from "@attune/core";
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { CHROMIUM_ARGS } from "../../../core/test/chromium-args.js";
import { Analytics } from "@segment/analytics-node";
import { startTestServer, type TestServer } from "../testing/start.js";

vi.setConfig({ testTimeout: 60_000 });

const executablePath = [process.env.CHROMIUM, "/usr/bin/chromium"].find((path) => path && existsSync(path));
if (!executablePath)
  console.warn("The clients of Segment and RudderStack are left out: no Chromium found; set CHROMIUM");

const KEY = "wk_of-a-shop";

async function bundle(name: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`../../test/pages/${name}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: "iife",
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return outputFiles[0]?.text ?? "";
}

/** Pages of a shop, at an origin of their own. */
async function startShop(): Promise<{ server: Server; origin: string }> {
  const scripts = { "/segment.js": await bundle("segment"), "/rudder.js": await bundle("rudder") };
  const server = createServer(({ url = "/" }, response) => {
    const script = scripts[url as keyof typeof scripts];
    response.setHeader("content-type", script === undefined ? "text/html" : "text/javascript");
    response.end(
      script ??
        `<!doctype html><title>Garden</title><link rel="icon" href="data:,"><script src="/segment.js"></script><script src="/rudder.js"></script>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe.skipIf(!executablePath)("clients of others, as they come from npm, in Chromium", () => {
  let at: TestServer;
  let shop: Awaited<ReturnType<typeof startShop>>;
  let browser: Browser;
  beforeAll(async () => {
    shop = await startShop();
    at = await startTestServer({
      auth: { keys: [{ kind: "write", key: KEY, origins: [shop.origin] }] },
    });
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: [...CHROMIUM_ARGS],
    });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await at?.close();
    shop?.server.closeAllConnections();
    shop?.server.close();
  });

  /** What the page calls, and who the client says the visitor is. */
  async function visit(client: string, options: object) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("requestfailed", (request) => problems.push(request.url()));
    await page.goto(`${shop.origin}/garden?utm_source=letter&name=Jane`);
    const visitorId = await page.evaluate(
      ([name, ...given]) =>
        (globalThis as unknown as Record<string, (...args: unknown[]) => Promise<string>>)[name]?.(...given),
      [client, KEY, at.url, options] as const,
    );
    return { problems, visitorId: visitorId ?? "", close: () => context.close() };
  }

  const exported = async (visitorId: string, count: number) =>
    vi.waitFor(
      async () => {
        const data = await at.server.service.exportData({ visitorId });
        const held = data.visitors.find(({ events }) => events.length > 0);
        expect(held?.events).toHaveLength(count);
        return held as NonNullable<typeof held>;
      },
      { timeout: 15_000, interval: 50 },
    );
  /** In an order of their own: calls of one millisecond have none in the store. */
  const sorted = (calls: readonly object[]): string[] => calls.map((call) => JSON.stringify(call)).sort();
  const calls = (events: readonly Event[]): string[] =>
    sorted(events.map(({ name, properties, context: { call } }) => ({ call, name, properties })));

  const preferences = { analytics: true, personalization: true, marketing: false };
  const allowed = ["analytics", "personalization"];
  it.each([
    ["segment", "one by one", { preferences }],
    ["segment", "in batches", { preferences, batching: true }],
    ["rudder", "one by one", { allowed }],
    ["rudder", "by beacon", { allowed, useBeacon: true }],
  ])("%s delivers %s, and the store holds what was called", async (client, _, options) => {
    const { problems, visitorId, close } = await visit(client, options);
    const { events, traits, other } = await exported(visitorId, 6);
    expect(calls(events)).toEqual(
      sorted([
        {
          call: "page",
          name: "Page Viewed",
          properties:
            client === "rudder"
              ? { department: "outdoor", name: "Garden", category: "Shop" }
              : { department: "outdoor", name: "Garden" },
        },
        {
          call: "track",
          name: "Product Viewed",
          properties: { product_id: "p-1", price: 79, category: "garden" },
        },
        { call: "identify", name: "Visitor Identified", properties: { traits: { plan: "gold" } } },
        {
          call: "track",
          name: "Order Completed",
          properties: { order_id: "o-1", revenue: 158, currency: "EUR" },
        },
        {
          call: "group",
          name: "Group Joined",
          properties: { groupId: "company-3", traits: { employees: 12 } },
        },
        { call: "alias", name: "Visitor Identified", properties: {} },
      ]),
    );
    expect(traits).toEqual({ plan: "gold" });
    expect(other.users?.length).toBeGreaterThan(0);
    for (const { consent, context } of events) {
      expect(consent.purposes).toEqual(["necessary", ...allowed]);
      expect(context).toMatchObject({
        page: { url: `${shop.origin}/garden`, path: "/garden", title: "Garden" },
        campaign: { source: "letter" },
        language: "en-US",
      });
      expect(JSON.stringify(context)).not.toMatch(/Jane|Mozilla|Chromium/);
    }
    const sessions = new Set(events.map(({ sessionId }) => sessionId));
    expect(sessions.size).toBe(1);
    expect(problems).toEqual([]);
    expect(at.reports).toEqual([]);
    await close();
  });

  it("segment's client for Node delivers too", async () => {
    const analytics = new Analytics({ writeKey: KEY, host: at.url, flushAt: 2 });
    const problems: unknown[] = [];
    analytics.on("error", (error) => problems.push(error));
    const whose = { userId: "user-of-a-back-end" };
    const context = { consent: { categoryPreferences: preferences } };
    analytics.identify({ ...whose, traits: { plan: "gold" }, context });
    analytics.track({ ...whose, event: "Order Completed", properties: { revenue: 12 }, context });
    analytics.track({ ...whose, event: "Parcel Sent", context });
    await analytics.closeAndFlush({ timeout: 5000 });
    const data = await vi.waitFor(async () => {
      const { visitors } = await at.server.service.exportData(whose);
      expect(visitors[0]?.events).toHaveLength(3);
      return visitors[0];
    });
    expect(data?.traits).toEqual({ plan: "gold" });
    expect(data?.events.map(({ name }) => name).sort()).toEqual([
      "Order Completed",
      "Parcel Sent",
      "Visitor Identified",
    ]);
    expect(problems).toEqual([]);
  });
});
