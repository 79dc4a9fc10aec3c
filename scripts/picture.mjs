import { mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chromium } from "playwright-core";
import { buildStorefront, freePort, startDemo } from "./lib/demo.mjs";
import { build, install } from "./lib/prepare.mjs";
import { root } from "./lib/run.mjs";

/** Takes the picture in the README: the demo shop after a visit to two shelves, with the drawer that says why. */
const file = join(root, "docs", "images", "storefront.png");
const dir = mkdtempSync(join(tmpdir(), "attune-picture-"));
await install();
await build();
await buildStorefront();
const demo = await startDemo({ port: await freePort(), serverPort: await freePort(), dir });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
try {
  const page = await browser.newPage({
    viewport: { width: 1500, height: 860 },
    deviceScaleFactor: 0.8,
    locale: "en-GB",
  });
  const follow = async (link) => {
    await page.locator(link).first().click();
    await page.waitForURL((url) => link.includes(url.pathname));
    await page.waitForTimeout(300);
  };
  await page.goto(demo.url);
  await page.getByRole("button", { name: "Accept all" }).click();
  await follow('header a[href="/category/outdoor"]');
  await follow('a[href="/product/two-night-tent"]');
  await follow('header a[href="/category/kitchen"]');
  await follow('a[href="/product/fjell-kettle"]');
  await page.locator("a.logo").click();
  await page.locator('[data-testid="hero"][data-art="kettle"]').waitFor();
  await page.getByTestId("insight-open").click();
  await page.getByTestId("why-hero").waitFor();
  await page.waitForTimeout(600);
  mkdirSync(dirname(file), { recursive: true });
  await page.screenshot({ path: file, animations: "disabled" });
  console.log(`docs/images/storefront.png, ${Math.round(statSync(file).size / 1024)} kB`);
} finally {
  await browser.close();
  await demo.stop();
  rmSync(dir, { recursive: true, force: true });
}
