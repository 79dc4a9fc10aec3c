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
