import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { memorySeries } from "@attune/core/memory";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../packages/server/src/client/index.js";
import {
  nativeEvent,
  SECRET,
  startTestServer,
  type TestServer,
} from "../packages/server/src/testing/start.js";
import { resolveCore } from "./browser/resolve-core.js";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

const source = (path: string): string =>
  fileURLToPath(new URL(`../packages/dashboard/src/${path}`, import.meta.url));

/** A text that runs a script as an address, as markup, and where a script's end is taken for one. It tells from where. */
const hostile = (place: string): string =>
  `javascript:ran('${place}')//</script><script>ran('${place}')</script><img src=x onerror=ran('${place}')>`;

const [PLAIN, OTHER] = [hostile("plain"), hostile("other")];
const variants = { [PLAIN]: 1, [OTHER]: 2 };
const weights = { [PLAIN]: 0.5, [OTHER]: 0.5 };
/** Names of segments are not among them: a ruleset takes letters, digits and dashes alone there. */
const RULESET = {
  ...{ schemaVersion: 1 as const, revision: 1 },
  metrics: { [hostile("metric")]: { type: "conversion" as const, event: "Order Completed" } },
  slots: {
    [hostile("slot")]: {
      ...{ variants, fallback: PLAIN },
      policy: { type: "rules" as const, rules: [{ variant: PLAIN }] },
    },
    // An experiment that nobody defined: it has no name but the ruleset's.
    hero: {
      ...{ variants, fallback: PLAIN },
      policy: { type: "split" as const, experiment: hostile("experiment"), weights },
    },
  },
};
const EXPERIMENT = {
  ...{ id: "defined", name: hostile("name"), hypothesis: hostile("hypothesis"), slot: hostile("slot") },
  policy: { type: "split" as const, weights },
  measures: { primary: hostile("metric") },
};

const at = "2026-11-01T00:00:00.000Z";
const measured = { value: 0.7, lower: 0.6, upper: 0.8 };
/** What the server tells of models, had it taken any text for anything. */
const MODEL = {
  name: hostile("model"),
  champion: "v1",
  canary: null,
  previous: [],
  refused: [],
  events: [
    { type: "canary", version: "v2", at, code: null, reason: hostile("reason"), actor: hostile("actor") },
  ],
  versions: [
    {
      ...{ version: "v1", createdAt: at, bytes: 1 },
      card: {
        ...{ trainedOn: { rows: 10 }, ones: 3 },
        metrics: { auc: measured, ece: 0.1, calibration: [{ rows: 10, score: 0.3, share: 0.3 }] },
        slices: [{ by: "device", group: hostile("group"), rows: 10, rate: measured, meanScore: 0.3 }],
        contributions: [{ feature: hostile("feature"), share: 1 }],
      },
    },
  ],
  training: { state: "failed", words: hostile("training") },
  alarms: [{ kind: "features", version: "v1", at, features: [hostile("shifted")] }],
};
const PERFORMANCE = {
  verdict: { verdict: "wait", code: "early", words: hostile("verdict") },
  versions: [],
};
const DRIFT = {
  ...{ rows: 2000, features: [], reason: null, shifted: [hostile("drift")] },
  outcomes: { rows: 0, calibration: null, errors: null, reason: "no-visits" },
};

describe.skipIf(noChromium !== null)(
  "T21 the dashboard, of a site whose texts are markup and scripts",
  () => {
    let browser: Browser;
    let server: TestServer;
    let directory: string;
    const ran: string[] = [];

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "attune-hostile-"));
      await Promise.all([
        cp(source("static"), directory, { recursive: true }),
        build({
          ...{ entryPoints: [source("main.tsx")], outfile: join(directory, "app.js"), bundle: true },
          ...{ format: "esm", jsx: "automatic", plugins: [resolveCore] },
          define: { "process.env.NODE_ENV": '"production"' },
        }),
      ]);
      server = await startTestServer({ series: memorySeries(), dashboard: { directory } });
      const host = createClient({ url: server.url, key: SECRET });
      await host.publishRuleset(RULESET);
      await host.createExperiment(EXPERIMENT);
      await host.startExperiment(EXPERIMENT.id);
      await expose();
      browser = await launchChromium();
    });
    beforeEach(() => void ran.splice(0));
    afterAll(async () => {
      await browser?.close();
      await server?.close();
      rmSync(directory, { recursive: true, force: true });
    });

    /** An event whose every text is hostile. Ids are pseudonyms by the time that anybody sees them. */
    function hostileEvent(name: string, properties: object, i = 0) {
      const visitorId = `hostile-visitor-${String(i).padStart(8, "0")}`;
      const page = { title: hostile("title"), url: `https://shop.example/${hostile("path")}` };
      return nativeEvent({
        ...{ name, visitorId, properties, context: { page } },
        ...{ sessionId: hostile(`session${i}`), traits: { a: hostile("trait") } },
      });
    }
    async function send(events: readonly object[]): Promise<void> {
      const answer = await server.post("/api/v1/behavioral/batch?wait=5000", events);
      expect(await answer.json()).toMatchObject({ accepted: events.length, rejected: [] });
    }
    const expose = (): Promise<void> =>
      send(
        ["defined", hostile("experiment")].flatMap((experiment) =>
          [PLAIN, OTHER].map((variant, i) => {
            const properties = { experiment, variant, slot: hostile("slot"), propensity: 0.5 };
            return hostileEvent("Variant Exposed", properties, i);
          }),
        ),
      );
    /** Told as they happen: the page lists no event of before it was opened. */
    const visit = (): Promise<void> =>
      send([
        hostileEvent(hostile("event"), { product_id: hostile("product") }),
        hostileEvent("Product List Viewed", { category: hostile("category") }),
        hostileEvent("Page Viewed", {}),
      ]);

    async function signedIn() {
      const opened = await newVisitor(browser);
      await opened.page.exposeFunction("ran", (place: string) => void ran.push(place));
      // Refused by the page's own policy: heard though no text of the console should tell.
      await opened.page.addInitScript(() =>
        addEventListener("securitypolicyviolation", ({ violatedDirective }) =>
          console.error(`refused by the policy: ${violatedDirective}`),
        ),
      );
      const host = createClient({ url: server.url, key: SECRET });
      const { url } = await host.createSignInLink({ role: "admin" });
      await opened.page.goto(new URL(url, server.url).href);
      return opened;
    }

    /** Each of these is there to be read, as it was written, and as nothing else. */
    async function shows(page: Page, places: readonly string[]): Promise<void> {
      for (const place of places)
        await page
          .getByText(hostile(place))
          .first()
          .waitFor({ timeout: 20_000 })
          .catch(() => {
            throw new Error(`"${place}" is not shown`);
          });
      const made = await page.evaluate(() => ({
        elements: document.querySelectorAll(
          "img, iframe, object, embed, base, form, script:not([src='app.js'])",
        ).length,
        handlers: [...document.querySelectorAll("*")].flatMap((one) =>
          one.getAttributeNames().filter((name) => name.startsWith("on")),
        ),
        addresses: [...document.querySelectorAll("[href], [src]")]
          .map((one) => one.getAttribute("href") ?? one.getAttribute("src") ?? "")
          .filter((address) => !/^(#\/[\w%.~!*'()/-]*|app\.js|[a-z]+\.css|icon\.svg)$/.test(address)),
      }));
      expect(made).toEqual({ elements: 0, handlers: [], addresses: [] });
    }

    it("is text on every page, runs nothing, and has nothing to be refused", async () => {
      const { context, page, complaints } = await signedIn();
      await page.getByTestId("visitors").waitFor();
      await visit();
      await shows(page, ["event", "product", "category", "path", "experiment", "plain", "other"]);

      await page.getByRole("navigation").getByRole("link", { name: "Experiments" }).click();
      await shows(page, ["name", "experiment"]);
      await page.getByRole("link", { name: hostile("name") }).click();
      await shows(page, ["name", "hypothesis", "slot", "metric", "plain"]);
      await page.goBack();
      await page.getByRole("link", { name: hostile("experiment") }).click();
      await shows(page, ["experiment", "plain", "other"]);

      await page.route("**/api/v1/models**", (route) => route.fulfill({ json: { models: [MODEL] } }));
      await page.route("**/api/v1/models/*", (route) => route.fulfill({ json: MODEL }));
      await page.route("**/api/v1/models/*/performance", (route) => route.fulfill({ json: PERFORMANCE }));
      await page.route("**/api/v1/models/*/drift", (route) => route.fulfill({ json: DRIFT }));
      await page.getByRole("navigation").getByRole("link", { name: "Models" }).click();
      await page.getByRole("link", { name: hostile("model") }).click();
      await page.getByTestId("report-card").waitFor();
      await shows(page, ["model", "reason", "training", "shifted", "verdict", "group", "feature", "drift"]);

      expect(ran).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    it("would have been stopped by the page's policy, and would have run without either", async () => {
      const { context, page, complaints } = await signedIn();
      await page.getByTestId("visitors").waitFor();
      const put = (html: string) => page.evaluate((markup) => void (document.body.innerHTML = markup), html);
      await put(hostile("put"));
      await expect.poll(() => complaints.join()).toContain("refused by the policy: script-src-attr");
      await put(`<a href="${hostile("link").split("<")[0]}">here</a>`);
      await page.getByRole("link", { name: "here" }).click();
      await expect.poll(() => complaints.join()).toContain("refused by the policy: script-src-elem");
      expect(ran).toEqual([]);

      await page.goto("about:blank");
      await page.setContent(hostile("free"));
      await expect.poll(() => ran).toEqual(["free", "free"]);
      await page.setContent(`<a href="${hostile("link").split("<")[0]}">here</a>`);
      await page.getByRole("link", { name: "here" }).click();
      await expect.poll(() => ran.at(-1)).toBe("link");
      await context.close();
    });
  },
);
