import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EventFrame, Figures, Frame } from "../packages/dashboard/src/frames.js";
import { resolveCore } from "./browser/resolve-core.js";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

const source = (path: string): string =>
  fileURLToPath(new URL(`../packages/dashboard/src/${path}`, import.meta.url));

const FIGURES: Figures = {
  events: 9,
  sessions: { given: 2, derived: 0 },
  visitors: 2,
  conversions: { sessions: 1, orders: 1, revenue: 20 },
  segments: { "bargain-hunters": 1 },
  experiments: { "buy-button": { plain: { exposures: 2, conversions: 1 } } },
};
const at = new Date(1_790_000_000_000).toISOString();
const event = (visitor: string, simulated: boolean): Omit<EventFrame, "type"> => ({
  simulated,
  event: {
    eventId: `e-${visitor}`,
    eventType: "Product Viewed",
    visitor,
    timestamp: at,
    path: null,
    product: "a-product-with-a-name-that-is-longer-than-any-telephone-is-wide",
    category: null,
    engagementScore: 0.4,
    intentProbability: 0.2,
    segments: ["bargain-hunters", "researchers", "returning-buyers"],
  },
  insights: { behaviorPattern: "undecided" },
});
const FRAMES: readonly Frame[] = [
  {
    type: "metrics",
    at,
    summary: { ...FIGURES, conflicts: 0 },
    live: {
      eventsPerSecond: 1.5,
      eventsLastMinute: 90,
      simulatedEventsPerSecond: 1,
      simulatedEventsLastMinute: 60,
      activeVisitors: 2,
      simulatedVisitors: 1,
    },
    apart: { since: at, real: FIGURES, simulated: FIGURES },
    simulated: { running: true, visitorsPerMinute: 6 },
  },
  { type: "visitors", since: at, visitors: [event("aaaaaa", false), event("bbbbbb", true)] },
];

describe.skipIf(noChromium !== null)("the dashboard, over a server that is not always there", () => {
  let browser: Browser;
  let server: Server;
  let url: string;
  let asked = 0;

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [source("main.tsx")],
      bundle: true,
      write: false,
      format: "esm",
      jsx: "automatic",
      define: { "process.env.NODE_ENV": '"production"' },
      plugins: [resolveCore],
    });
    const files: Record<string, [type: string, text: string]> = {
      "/dashboard/": ["text/html", readFileSync(source("static/index.html"), "utf8")],
      "/dashboard/app.css": ["text/css", readFileSync(source("static/app.css"), "utf8")],
      "/dashboard/experiments.css": ["text/css", readFileSync(source("static/experiments.css"), "utf8")],
      "/dashboard/app.js": ["text/javascript", bundle.outputFiles[0]?.text ?? ""],
    };
    server = createServer((request, response) => {
      const file = files[request.url ?? ""];
      if (file) return void response.writeHead(200, { "content-type": file[0] }).end(file[1]);
      if (!request.url?.endsWith("/stream")) return void response.writeHead(404).end();
      // Full at first: to an EventSource an answer that is no stream is the end.
      if (asked++ === 0) return void response.writeHead(503).end();
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const frame of FRAMES) response.write(`event: ${frame.type}\ndata: ${JSON.stringify(frame)}\n\n`);
      return undefined;
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/dashboard/`;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  it("asks again after an answer that was no stream", async () => {
    asked = 0;
    const { context, page } = await newVisitor(browser);
    await page.goto(url);
    await page.getByText(/^Connection lost/).waitFor();
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 10_000 });
    expect(asked).toBe(2);
    await context.close();
  });

  it("on a telephone, each visitor is a card that fits", async () => {
    asked = 1;
    const { context, page } = await newVisitor(browser, { viewport: { width: 360, height: 740 } });
    await page.goto(url);
    const row = page.getByTestId("visitors").locator("tbody tr").first();
    await row.waitFor();
    const { width, page: whole } = await page.evaluate(() => ({
      width: innerWidth,
      page: document.documentElement.scrollWidth,
    }));
    expect(whole).toBe(width);
    const [engagement, intent] = await Promise.all(
      ["Engagement", "Intent"].map((name) => row.locator(`td[data-name="${name}"]`).boundingBox()),
    );
    // Both scores in one line.
    expect(engagement?.y).toBe(intent?.y);
    expect(engagement?.x).toBeLessThan(intent?.x ?? 0);
    await context.close();
  });
});
