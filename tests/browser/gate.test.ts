import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "../support/chromium.js";
import type { Gate } from "./fixture/gate-page.js";
import { until } from "./lab.js";
import { resolveCore } from "./resolve-core.js";

declare global {
  // What the fixture page's script puts there.
  var gate: Gate;
  var ran: string[];
}

const NONCE = "n0nce";
const say = (what: string): string => `ran.push(${JSON.stringify(what)})`;
const waiting = (purposes: string, more = "", text = ""): string =>
  `<script type="text/plain" nonce="${NONCE}" data-attune-purpose="${purposes}" ${more}>${text}</script>`;

/** Scripts of others, in the order in which a host has written them. */
const SCRIPTS = [
  waiting("analytics", 'src="/s/slow"'),
  waiting("analytics", "", say("inline after slow")),
  waiting("marketing", 'src="/s/marketing"'),
  waiting("analytics", 'src="/s/gone"'),
  waiting("analytics", 'data-attune-type="module"', say("module")),
  waiting("analytics marketing", "", say("both")),
  waiting("analytics", 'src="/s/slow" data-again'),
  waiting("analytic", "", say("misspelt")),
  waiting("", "", say("no purpose")),
  waiting("analytics", "", say("last")),
].join("\n");

/** A tag manager that notes what it finds when it comes. */
const TAG = `ran.push("tag sees " + JSON.stringify([...dataLayer].map(([a, b, c]) => [a, b, c.ad_storage, c.ad_user_data, c.ad_personalization, c.analytics_storage])))`;

describe.skipIf(noChromium !== null)("scripts of others in Chromium", () => {
  let browser: Browser;
  let server: Server;
  let port: number;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("./fixture/gate-page.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
      target: "es2022",
      plugins: [resolveCore],
      external: ["@iabtechlabtcf/core"],
    });
    const app = outputFiles[0]?.text ?? "";
    const page = `<!doctype html><html lang="en"><head><title>Hats</title><link rel="icon" href="data:,"></head><body><script nonce="${NONCE}">ran = []</script>${SCRIPTS}<script nonce="${NONCE}" src="/app.js"></script></body></html>`;
    server = createServer(({ url = "/" }, response) => {
      const name = /^\/s\/(\w+)/.exec(url)?.[1];
      if (url === "/app.js" || (name && name !== "gone")) {
        response.setHeader("content-type", "text/javascript");
        const text = url === "/app.js" ? app : name === "tag" ? TAG : say(name as string);
        return void setTimeout(() => response.end(text), name === "slow" ? 150 : 0);
      }
      // No inline code without the nonce, no eval, nothing from elsewhere.
      const trust = url.startsWith("/strict") ? " 'strict-dynamic'" : "";
      response.setHeader(
        "content-security-policy",
        `script-src 'nonce-${NONCE}'${trust}; object-src 'none'; base-uri 'none'`,
      );
      response.writeHead(name ? 404 : 200, { "content-type": name ? "text/plain" : "text/html" });
      response.end(name ? "" : page);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function visit(host = "127.0.0.1", path = ""): Promise<{ page: Page; complaints: string[] }> {
    const { page, complaints } = await newVisitor(browser);
    await page.goto(`http://${host}:${port}/${path}`);
    return { page, complaints };
  }
  const ran = (page: Page): Promise<string[]> => page.evaluate(() => globalThis.ran);
  const ANALYTICS = ["slow", "inline after slow", "last"];
  /** Nobody can wait for a module without an address: browsers do not tell when it has run. */
  const inOrder = async (page: Page): Promise<string[]> => {
    await until("the module", async () => (await ran(page)).includes("module"));
    return (await ran(page)).filter((what) => what !== "module");
  };

  it("T24 run under consent alone: in their order, with their nonce, once", async () => {
    const { page, complaints } = await visit();
    await page.evaluate(() => {
      gate.open();
      gate.scripts();
    });
    await page.waitForTimeout(150);
    expect(await ran(page)).toEqual([]);
    await page.evaluate(() => gate.attune?.consent.grant(["analytics"]));
    await until("all of analytics", async () => (await ran(page)).includes("last"));
    expect(await inOrder(page)).toEqual(ANALYTICS);
    await page.evaluate(async () => {
      await gate.attune?.consent.grant(["marketing"]);
      await gate.attune?.consent.withdraw();
      await gate.attune?.consent.grant("all");
    });
    await until("marketing", async () => (await ran(page)).includes("both"));
    await page.waitForTimeout(200);
    expect(await inOrder(page)).toEqual([...ANALYTICS, "marketing", "both"]);
    expect(await page.evaluate(() => gate.reports)).toEqual([expect.stringContaining("/s/gone")]);
    // The only thing to complain of is what is not there.
    expect(complaints.filter((text) => !text.includes("/s/gone"))).toEqual([]);
    await page.context().close();
  });

  it("are found when they come later, wait for what a withdrawal takes back, and are left alone by a gate that has ended", async () => {
    const { page } = await visit();
    const add = (text: string, purpose = "analytics") =>
      page.evaluate(
        ([code, needs]) => {
          const script = document.createElement("script");
          script.type = "text/plain";
          script.dataset.attunePurpose = needs;
          script.nonce = "n0nce";
          script.text = `ran.push(${JSON.stringify(code)})`;
          document.body.append(script);
        },
        [text, purpose] as const,
      );
    await page.evaluate(async () => {
      const attune = gate.open();
      gate.scripts();
      await attune.consent.grant(["analytics"]);
    });
    await until("all of analytics", async () => (await ran(page)).includes("last"));
    await add("later");
    await until("the later one", async () => (await ran(page)).includes("later"));
    await page.evaluate(() => gate.attune?.consent.withdraw());
    await add("after the withdrawal");
    await page.waitForTimeout(100);
    expect(await inOrder(page)).toEqual([...ANALYTICS, "later"]);
    await page.evaluate(async () => {
      gate.stop();
      await gate.attune?.consent.grant("all");
    });
    await page.waitForTimeout(100);
    expect(await inOrder(page)).toEqual([...ANALYTICS, "later"]);
    // A gate after it takes up what was left, and repeats nothing: no element, and no address.
    await page.evaluate(() => {
      const again = document.querySelector<HTMLScriptElement>("script[data-attune-activated][src]");
      const copy = again?.cloneNode() as HTMLScriptElement;
      copy.removeAttribute("data-attune-activated");
      document.body.append(copy);
      gate.scripts();
    });
    await until("the rest", async () => (await ran(page)).includes("after the withdrawal"));
    await page.waitForTimeout(100);
    expect(await inOrder(page)).toEqual([...ANALYTICS, "later", "marketing", "both", "after the withdrawal"]);
    await page.context().close();
  });

  it("do not run what is smuggled into the markup, where the gate knows the page's nonce; not even under strict-dynamic", async () => {
    const { page } = await visit("127.0.0.1", "strict");
    const smuggle = () =>
      page.evaluate(() =>
        document.body.insertAdjacentHTML(
          "beforeend",
          `<div><script type="text/plain" data-attune-purpose="necessary" src="/s/smuggled"></script>
           <script type="text/plain" nonce="guessed" data-attune-purpose="necessary" src="/s/guessed"></script></div>`,
        ),
      );
    await page.evaluate((nonce) => {
      gate.open();
      gate.scripts({ nonce });
    }, NONCE);
    await smuggle();
    await page.evaluate(() => gate.attune?.consent.grant(["analytics"]));
    await until("all of analytics", async () => (await ran(page)).includes("last"));
    await page.waitForTimeout(150);
    expect(await inOrder(page)).toEqual(ANALYTICS);
    // The way in that is closed by it.
    await page.evaluate(() => {
      gate.stop();
      gate.scripts();
    });
    await until("what was smuggled in", async () => (await ran(page)).includes("smuggled"));
    await page.context().close();
  });

  it("go on where the host's report throws", async () => {
    const { page, complaints } = await visit();
    await page.evaluate(() => {
      gate.open();
      gate.scripts({
        report() {
          throw new Error("reports badly");
        },
      });
      void gate.attune?.consent.grant(["analytics"]);
    });
    await until("what comes after the one that is not there", async () => (await ran(page)).includes("last"));
    expect(await inOrder(page)).toEqual(ANALYTICS);
    expect(complaints.filter((text) => !text.includes("/s/gone"))).toEqual([]);
    await page.context().close();
  });

  it("heed a refusal that is kept on the device, also where the region allows until refused", async () => {
    const { page } = await visit();
    await page.evaluate(async () => {
      const attune = gate.open({ mode: "opt-out" });
      attune.start();
      await attune.consent.withdraw();
    });
    await page.reload();
    await page.evaluate(() => {
      gate.open({ mode: "opt-out" });
      gate.scripts();
    });
    await page.waitForTimeout(200);
    expect(await ran(page)).toEqual([]);
    await page.context().close();
  });

  it("T28 a Google tag finds its four defaults denied before it, whatever is allowed later", async () => {
    const { page } = await visit();
    const load = () =>
      page.evaluate(
        () =>
          new Promise((resolve) => {
            const tag = document.createElement("script");
            tag.nonce = "n0nce";
            tag.src = "/s/tag";
            tag.onload = resolve;
            document.body.append(tag);
          }),
      );
    await page.evaluate(() => {
      gate.open();
      gate.google();
    });
    await load();
    const denied = ["denied", "denied", "denied", "denied"];
    expect(await ran(page)).toEqual([
      `tag sees ${JSON.stringify([
        ["consent", "default", ...denied],
        ["consent", "update", ...denied],
      ])}`,
    ]);
    await page.evaluate(() => gate.attune?.consent.grant("all"));
    await load();
    expect((await ran(page))[1]).toContain('["consent","update","granted","granted","granted","granted"]');
    await page.context().close();
  });

  it("a platform that speaks the framework's API decides, and asks with its own banner", async () => {
    const { page } = await visit();
    const grants = () => page.evaluate(() => gate.attune?.consent.state);
    await page.evaluate(() => {
      const listeners: ((data: object, success: boolean) => void)[] = [];
      Object.assign(globalThis, {
        __tcfapi: (_command: string, _version: number, listener: (data: object, success: boolean) => void) =>
          listeners.push(listener),
        decide: (...ids: number[]) => {
          const consents = Object.fromEntries(ids.map((id) => [id, true]));
          for (const listener of listeners)
            listener({ eventStatus: "useractioncomplete", listenerId: 1, purpose: { consents } }, true);
        },
      });
      gate.open();
      gate.platform();
    });
    expect(await grants()).toMatchObject({ status: "undecided" });
    await page.evaluate(() =>
      (globalThis as unknown as { decide(...ids: number[]): void }).decide(1, 5, 6, 8, 9),
    );
    await until("the decision", async () => (await grants())?.status === "decided");
    expect(await grants()).toMatchObject({
      source: "platform",
      ask: null,
      grants: { analytics: true, personalization: true, marketing: false, advertising: false },
    });
    await page.context().close();
  });

  it("T25 a withdrawal holds where the cookie was of one host before it was shared", async () => {
    const { page } = await visit("www.hats.localhost");
    const open = (domain?: string) =>
      page.evaluate(async (given) => {
        const attune = gate.open({}, given);
        attune.start();
        await attune.ready();
        return attune.consent.state.grants.analytics;
      }, domain);
    await open();
    await page.evaluate(() => gate.attune?.consent.grant("all", "banner"));
    await page.reload();
    expect(await open(".hats.localhost")).toBe(true);
    await page.evaluate(() => gate.attune?.consent.withdraw());
    await page.reload();
    expect(await open(".hats.localhost")).toBe(false);
    const left = await page.context().cookies();
    expect(left.map(({ name, domain }) => `${name} ${domain}`)).toEqual(["attune-consent .hats.localhost"]);
    await page.context().close();
  });

  it("T25 pages of two sub-domains agree on consent where their cookie is shared", async () => {
    const { page } = await visit("www.hats.localhost");
    const other = await page.context().newPage();
    await other.goto(`http://shop.hats.localhost:${port}/`);
    for (const tab of [page, other])
      await tab.evaluate(async () => {
        const attune = gate.open({}, ".hats.localhost");
        attune.start();
        await attune.ready();
      });
    const granted = (tab: Page) =>
      tab.evaluate(async () => {
        // What is stored or sent asks first; so does coming back into view.
        await gate.attune?.track("Page Viewed");
        return gate.attune?.consent.state.grants.analytics;
      });
    await page.evaluate(() => gate.attune?.consent.grant("all", "banner"));
    expect(await granted(other)).toBe(true);
    await other.evaluate(() => gate.attune?.consent.withdraw());
    expect(await granted(page)).toBe(false);
    await page.context().close();
  });
});
