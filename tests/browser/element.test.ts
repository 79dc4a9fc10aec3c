import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Ruleset } from "@attune/core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "../support/chromium.js";
import type { Slots } from "./fixture/element-page.js";
import { resolveCore } from "./resolve-core.js";

declare global {
  // What the fixture page's script puts there.
  var slots: Slots;
}

const SLOT = `<attune-slot name="opening" updates="at-once"><template data-variant="reader"><b>Good to see you again</b></template><b>Welcome</b></attune-slot>`;

describe.skipIf(noChromium !== null)("<attune-slot> in Chromium", () => {
  let browser: Browser;
  let server: Server;

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL("./fixture/element-page.ts", import.meta.url))],
      bundle: true,
      write: false,
      format: "iife",
      target: "es2022",
      plugins: [resolveCore],
    });
    const html = `<!doctype html><html lang="en"><head><title>Hats</title><link rel="icon" href="data:,"></head><body><main>${SLOT}</main><script src="/app.js"></script></body></html>`;
    server = createServer(({ url }, response) => {
      const isScript = url === "/app.js";
      response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? outputFiles[0]?.text : html);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  async function visit(opens = true) {
    const { page, complaints } = await newVisitor(browser, { reducedMotion: "reduce" });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    if (opens) await page.evaluate(() => slots.open());
    return { page, complaints };
  }
  const shown = (page: Page): Promise<string[]> =>
    page
      .locator("attune-slot")
      .evaluateAll((all) =>
        all.map((slot) =>
          [slot.getAttribute("status"), slot.getAttribute("variant"), slot.textContent?.trim()].join(" "),
        ),
      );

  it("shows what stands beside the templates until something else is decided, tells of it, and counts it as seen once", async () => {
    const { page, complaints } = await visit();
    expect(await shown(page)).toEqual(["decided plain Welcome"]);
    await page.evaluate(async () => {
      await slots.attune?.consent.grant("all");
      await slots.attune?.page();
      await slots.attune?.page();
    });
    await expect.poll(() => shown(page)).toEqual(["decided reader Good to see you again"]);
    await expect.poll(() => page.evaluate(() => slots.exposed)).toEqual(["opening reader"]);
    expect(await page.evaluate(() => slots.rendered)).toEqual(["opening reader"]);
    const before = await page.evaluate(() => slots.changes);
    await page.evaluate(async () => {
      for (let n = 0; n < 5; n++) await slots.attune?.track("Something Else", { n });
    });
    // What changes nothing is not written down, and is not seen again.
    expect(await page.evaluate(() => [slots.changes, slots.exposed.length])).toEqual([before, 1]);
    await page.evaluate(() => slots.attune?.consent.withdraw());
    await expect.poll(() => shown(page)).toEqual(["decided plain Welcome"]);
    expect(await page.evaluate(() => slots.told.filter((text, i, all) => text !== all[i - 1]))).toEqual([
      "opening plain",
      "opening reader",
      "opening plain",
    ]);
    expect(complaints).toEqual([]);
  });

  it("leaves alone what stands there already, whatever else of a decision changes", async () => {
    const { page, complaints } = await visit(false);
    const kept = await page.evaluate(async () => {
      const slot = document.querySelector("attune-slot") as HTMLElement;
      let moved = 0;
      new MutationObserver((records) => {
        moved += records.length;
      }).observe(slot, { childList: true });
      const turn = () => new Promise((resolve) => setTimeout(resolve, 50));
      await slots.open();
      await slots.attune?.consent.grant("all");
      await turn();
      const asItWas = moved;
      await slots.attune?.page();
      await slots.attune?.page();
      await turn();
      const [reader, swapped] = [slot.lastElementChild, moved];
      const ruleset = slots.attune?.ruleset() as Ruleset;
      slots.attune?.loadRuleset({ ...ruleset, revision: 2 });
      await slots.attune?.page();
      await turn();
      return [asItWas, reader?.textContent, slot.lastElementChild === reader, moved - swapped];
    });
    expect(kept).toEqual([0, "Good to see you again", true, 0]);
    expect(complaints).toEqual([]);
  });

  it("can be moved, taken out and renamed, and comes to life where it is put in later", async () => {
    const { page, complaints } = await visit();
    await page.evaluate(async (html) => {
      await slots.attune?.consent.grant("all");
      const [slot] = document.getElementsByTagName("attune-slot");
      document.body.append(slot as Element);
      document.querySelector("main")?.insertAdjacentHTML("beforeend", html);
      await slots.attune?.page();
      await slots.attune?.page();
    }, SLOT);
    const both = ["decided reader Good to see you again", "decided reader Good to see you again"];
    await expect.poll(() => shown(page)).toEqual(both);
    await page.evaluate(async () => {
      const [kept, away] = [...document.getElementsByTagName("attune-slot")];
      away?.remove();
      kept?.setAttribute("name", "offer");
      await slots.attune?.page();
    });
    // There is no template for it, so what stands beside them shows; a host may take the value from the event.
    await expect.poll(() => shown(page)).toEqual(["decided hats Welcome"]);
    expect(await page.evaluate(() => slots.told.at(-1))).toBe("offer hats");

    // Another engine in the same page has an element of its own.
    const text = await page.evaluate(async () => {
      await slots.open("another-slot");
      await slots.attune?.consent.grant("all");
      const template = '<template data-variant="hats">Hats</template>';
      document.body.insertAdjacentHTML("beforeend", `<another-slot name="offer">${template}</another-slot>`);
      return document.querySelector("another-slot")?.textContent;
    });
    expect(text).toBe("Hats");
    expect(complaints).toEqual([]);
  });
});
