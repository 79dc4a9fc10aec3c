import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

const example = (name: string): string => fileURLToPath(new URL(`../examples/${name}`, import.meta.url));

/** What the device keeps. */
const kept = (page: Page) =>
  page.evaluate(async () => [
    ...document.cookie.split("; ").flatMap((cookie) => cookie.split("=")[0] || []),
    ...(await indexedDB.databases()).map(({ name }) => name ?? ""),
  ]);

interface Found {
  exposed: string[];
  changes: string[];
  shown: string;
  after: string;
  variant: string;
}

/** Run in the page as it stands here, under the names of its import map: a second engine with an element of its own. */
const IN_ANOTHER_ELEMENT = `(async () => {
  const { createAttune } = await import("@attune/core");
  const { defineAttuneSlot } = await import("@attune/core/element");
  const { ruleset } = await import("/ruleset.js");
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const cookies = { read: () => null, write() {}, remove() {} };
  const attune = createAttune({ environment: { cookies }, decisions: { ruleset } });
  const exposed = [];
  attune.expose = (slot, { variant }) => exposed.push(slot + " " + variant);
  attune.start();
  await attune.ready();
  await attune.consent.grant("all");
  defineAttuneSlot(attune, { name: "another-slot" });
  const changes = [];
  document.addEventListener("attune-decision", ({ target, detail }) => {
    if (target.localName === "another-slot") changes.push(detail.slot);
  });
  const element = document.createElement("another-slot");
  element.setAttribute("name", "subscribe");
  element.innerHTML =
    '<template data-variant="plain"><b>A</b></template><template data-variant="promise"><b>B</b></template>';
  document.body.prepend(element);
  await wait(300);
  const shown = element.querySelector("b")?.textContent;
  element.setAttribute("name", "opening");
  await wait(300);
  return { exposed, changes, shown, after: element.textContent.trim(), variant: element.getAttribute("variant") };
})()`;

describe.skipIf(noChromium !== null)("small examples, each by its one command", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  describe("vanilla: <attune-slot> without a framework", () => {
    let server: Server;
    let url: string;
    beforeAll(async () => {
      ({ server } = (await import(join(example("vanilla"), "server.js"))) as { server: Server });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    });
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    it("is a whole page without scripts", async () => {
      const { context, page } = await newVisitor(browser, { javaScriptEnabled: false });
      await page.goto(url);
      expect(await page.locator("h1").innerText()).toBe("Small stories from a small harbour");
      expect(await page.locator("#subscribe").innerText()).toBe("Subscribe");
      await context.close();
    });

    it("T24 keeps nothing before a yes; then follows the reader, counts what is seen, and forgets on a word", async () => {
      const { context, page, complaints } = await newVisitor(browser, { reducedMotion: "reduce" });
      await page.goto(url);
      const opening = page.locator('attune-slot[name="opening"]');
      const words = page.locator('attune-slot[name="subscribe"]');
      await page.locator("#yes").waitFor();
      expect(await kept(page)).toEqual([]);
      expect(await opening.getAttribute("status")).toBe("decided");
      await page.locator("#yes").click();
      await expect.poll(() => words.getAttribute("variant")).toMatch(/plain|promise/);

      // The opening is in sight and being read, so it waits until it is scrolled out.
      await page.waitForTimeout(600);
      for (const story of ["tide", "light", "bell"]) await page.locator(`#${story} summary`).click();
      await page.waitForTimeout(200);
      expect(await opening.innerText()).toContain("Small stories");
      await page.setViewportSize({ width: 600, height: 300 });
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await expect.poll(() => opening.innerText()).toContain("You have your sea legs");
      await page.evaluate(() => scrollTo(0, 0));
      await expect.poll(() => kept(page)).toContain("attune-visitor");
      const told = await page.evaluate(
        () =>
          new Promise<string[]>((resolve, reject) => {
            const opened = indexedDB.open("attune-default");
            opened.onerror = () => reject(opened.error);
            opened.onsuccess = () => {
              const names = [...opened.result.objectStoreNames];
              opened.result.close();
              resolve(names);
            };
          }),
      );
      expect(told.length).toBeGreaterThan(0);

      await page.locator("#change").click();
      await expect.poll(() => opening.innerText()).toContain("Small stories");
      await expect.poll(() => kept(page)).toEqual(["attune-consent"]);
      expect(complaints).toEqual([]);
      await context.close();
    });

    it("counts a decision once when it is seen, tells each change, and follows its attributes", async () => {
      const { context, page, complaints } = await newVisitor(browser);
      await page.goto(url);
      const found = await page.evaluate<Found>(IN_ANOTHER_ELEMENT);
      expect(found.shown).toMatch(/^[AB]$/);
      expect(found.exposed).toEqual([`subscribe ${found.shown === "A" ? "plain" : "promise"}`]);
      expect(found.changes).toEqual(["subscribe", "opening"]);
      expect(found).toMatchObject({ after: "", variant: "everybody" });
      expect(complaints).toEqual([]);
      await context.close();
    });
  });

  describe("vite-react", () => {
    let vite: ChildProcess;
    let url: string;
    beforeAll(async () => {
      const dir = example("vite-react");
      const { resolve } = createRequire(`${dir}/`);
      const bin = join(dirname(resolve("vite/package.json")), "bin/vite.js");
      vite = spawn(process.execPath, [bin, "--port", "0", "--host", "127.0.0.1"], {
        cwd: dir,
        stdio: ["ignore", "pipe", "inherit"],
      });
      url = await new Promise((found, failed) => {
        let output = "";
        vite.stdout?.on("data", (chunk: Buffer) => {
          output += chunk.toString().replace(/\u001b\[\d+m/g, "");
          const address = /http:\/\/127\.0\.0\.1:\d+\//.exec(output)?.[0];
          if (address !== undefined) found(address);
        });
        vite.once("exit", (code) => failed(new Error(`vite ended with ${code}:\n${output}`)));
      });
    });
    afterAll(async () => {
      if (vite.exitCode !== null) return;
      vite.kill();
      await once(vite, "exit");
    });

    it("asks, learns and shows it; its devtools tell why", async () => {
      const { context, page, complaints } = await newVisitor(browser, { reducedMotion: "reduce" });
      await page.goto(url);
      const title = page.getByRole("heading", { level: 1 });
      await page.getByRole("button", { name: "Accept all" }).click({ timeout: 30_000 });
      expect(await title.innerText()).toBe("Bread, baked once a day");
      await expect.poll(() => kept(page)).toContain("attune-visitor");
      for (const name of [/Dark rye/, /Rye with seeds/]) await page.getByRole("button", { name }).click();
      await page.setViewportSize({ width: 600, height: 300 });
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await expect.poll(() => title.innerText()).toBe("The rye is still warm");
      await page.evaluate(() => scrollTo(0, 0));
      await page.getByRole("button", { name: "Attune devtools" }).click();
      const opening = page.getByRole("dialog", { name: "Attune devtools" }).locator('[data-slot="opening"]');
      await opening.getByText("Step by step").click();
      expect(await opening.innerText()).toMatch(/This rule holds: in the segment rye-lovers/);
      expect(complaints).toEqual([]);
      await context.close();
    });
  });
});
