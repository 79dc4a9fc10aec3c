import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, type ChildProcess } from "node:child_process";
import { chromium, type Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM_ARGS } from "../../packages/core/test/chromium-args.js";
import { noChromium } from "../support/chromium.js";
import { type LabServer, startLab, until } from "./lab.js";

const PATH = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless=new", ...CHROMIUM_ARGS];

/** A browser as its own process group, so that a test can kill all of it. */
async function start(profile: string): Promise<{ browser: Browser; process: ChildProcess }> {
  const child = spawn(
    PATH,
    [...FLAGS, "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank"],
    { stdio: ["ignore", "ignore", "pipe"], detached: true },
  );
  const endpoint = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.on("exit", () => reject(new Error(`Chromium ended: ${text}`)));
    child.stderr?.on("data", (chunk: Buffer) => {
      text += String(chunk);
      const found = /listening on (ws:\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
  });
  return { browser: await chromium.connectOverCDP(endpoint), process: child };
}

async function kill({ process: child }: { process: ChildProcess }): Promise<void> {
  const gone = new Promise((resolve) => child.on("exit", resolve));
  if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  await gone;
}

/** How many events wait on the device. Runs in the page. */
const queued = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open("attune-default");
    request.onerror = () => reject(new Error("no database"));
    request.onsuccess = () => {
      const count = request.result.transaction("queue").objectStore("queue").count();
      count.onsuccess = () => {
        request.result.close();
        resolve(count.result);
      };
    };
  });

describe.skipIf(noChromium !== null)("T1: the browser is killed", () => {
  let site: LabServer;
  let up = false;
  const profile = mkdtempSync(join(tmpdir(), "attune-profile-"));

  beforeAll(async () => {
    site = await startLab({ answer: () => (up ? 200 : 503) });
  });
  afterAll(async () => {
    await site?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  it("after track() has resolved 1,000 times: every event is there at the next start", async () => {
    const first = await start(profile);
    const page = await (first.browser.contexts()[0] ?? (await first.browser.newContext())).newPage();
    await page.goto(site.url);
    const statuses = await page.evaluate(async () => {
      const attune = lab.open({}, { capture: false });
      await attune.consent.grant("all");
      const results = [];
      for (let i = 0; i < 1000; i++) results.push(attune.track("Product Viewed", { product_id: `hat-${i}` }));
      return [...new Set((await Promise.all(results)).map(({ status }) => status))];
    });
    await kill(first);
    expect(statuses).toEqual(["stored"]);

    up = true;
    site.requests.length = 0;
    const second = await start(profile);
    try {
      const again = await (second.browser.contexts()[0] ?? (await second.browser.newContext())).newPage();
      await again.goto(site.url);
      expect(await again.evaluate(queued)).toBe(1000);
      // Chromium writes cookies out only twice a minute, so the consent may have to be given again before anything is sent.
      await again.evaluate(() => lab.open({}, { capture: false }).consent.grant("all"));
      const hats = (): Set<unknown> =>
        new Set(
          site.events().flatMap(({ properties }) => (properties.product_id ? [properties.product_id] : [])),
        );
      await until("all events", () => hats().size === 1000, 10_000);
    } finally {
      await kill(second);
    }
  });
});
