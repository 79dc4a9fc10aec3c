import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "./support/chromium.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The first command of an example's README, which has to be one line. */
function commandOf(name: string): string {
  const readme = readFileSync(join(ROOT, "examples", name, "README.md"), "utf8");
  const [, command = ""] = /```sh\n(.*?)```/s.exec(readme) ?? [];
  expect(command.trim().split("\n"), `the command of ${name}`).toHaveLength(1);
  return command.trim();
}

interface Started {
  /** The address that it printed. */
  url: string;
  stop(): Promise<void>;
}

/** Starts an example as its README says, in the repository's root, until it has printed where to look. */
async function start(name: string, env: Record<string, string> = {}): Promise<Started> {
  const child = spawn("sh", ["-c", commandOf(name)], {
    cwd: ROOT,
    env: { ...process.env, ...env, NODE_ENV: "development", npm_config_update_notifier: "false" },
    stdio: ["ignore", "pipe", "pipe"],
    // npm and what it starts end together.
    detached: true,
  });
  const ended = once(child, "exit");
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  const url = await new Promise<string>((found, failed) => {
    let output = "";
    const read = (chunk: Buffer): void => {
      output += chunk.toString().replace(/\u001b\[\d+m/g, "");
      const address = /http:\/\/localhost:\d+\/?\S*/.exec(output)?.[0];
      if (address !== undefined) found(address);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => failed(new Error(`${name} ended with ${code}:\n${output}`)));
  });
  return { url, stop };
}

/** A port that nobody has at this moment. */
async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return String(port);
}

/** What the device keeps. */
const kept = (page: Page) =>
  page.evaluate(async () => [
    ...document.cookie.split("; ").flatMap((cookie) => cookie.split("=")[0] || []),
    ...(await indexedDB.databases()).map(({ name }) => name ?? ""),
  ]);

describe("one command starts an example", () => {
  it("the Express application, which ends when it is told to", async () => {
    const dir = mkdtempSync(join(tmpdir(), "attune-express-"));
    const { url, stop } = await start("express-app", { PORT: await freePort(), DATA_DIR: dir });
    try {
      const page = await fetch(url);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<h1")]);
    } finally {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it("the storefront: that of the repository, which installs and builds before it starts what storefront.test.ts meets", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      scripts: Record<string, string>;
    };
    expect([commandOf("next-storefront"), scripts.start]).toEqual(["npm start", "node scripts/start.mjs"]);
    expect(readFileSync(join(ROOT, "scripts/start.mjs"), "utf8")).toMatch(/startDemo\(/);
  });
});

describe.skipIf(noChromium !== null)("small examples, each by its one command", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
  });

  describe("vanilla: <attune-slot> without a framework", () => {
    let server: Started;
    let url: string;
    beforeAll(async () => {
      server = await start("vanilla", { PORT: "0" });
      url = server.url;
    });
    afterAll(() => server?.stop());

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
    let server: Started;
    let url: string;
    beforeAll(async () => {
      server = await start("vite-react");
      url = server.url;
    });
    afterAll(() => server?.stop());

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
