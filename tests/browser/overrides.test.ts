import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchChromium, newVisitor, noChromium } from "../support/chromium.js";
import { type LabServer, startLab } from "./lab.js";

const slot = {
  variants: { a: 1, b: 2 },
  fallback: "a",
  policy: { type: "split", experiment: "e", weights: { a: 1, b: 0 } },
};
const ruleset = { schemaVersion: 1, revision: 1, slots: { hero: slot, offer: slot } };

describe.skipIf(noChromium !== null)("variants that an address asks for, in Chromium", () => {
  let browser: Browser;
  let site: LabServer;
  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startLab({ ruleset })]);
  });
  afterAll(async () => {
    await Promise.all([browser?.close(), site?.close()]);
  });

  async function open(page: Page, path: string, overrides: boolean | { param: string } = true) {
    await page.goto(site.url + path);
    return page.evaluate(async (allowed) => {
      const attune = lab.open({}, { overrides: allowed });
      await attune.ready();
      return ["hero", "offer"].map((name) => {
        const { variant, reason } = attune.decide(name);
        return `${variant} ${reason}`;
      });
    }, overrides);
  }
  const stored = (page: Page) => page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  const grant = (page: Page) => page.evaluate(() => lab.attune?.consent.grant("all"));

  it("are shown and never counted: for the page without consent (T24), for the tab with it", async () => {
    const { context, page, complaints } = await newVisitor(browser);
    expect(await open(page, "/hats?attune-variant=hero:b")).toEqual(["b override", "a consent"]);
    expect(await stored(page)).toBe("{}");
    expect(await open(page, "/hats")).toEqual(["a consent", "a consent"]);

    expect(await open(page, "/hats?attune-variant=hero:b&attune-variant=offer:b")).toEqual([
      "b override",
      "b override",
    ]);
    await grant(page);
    expect(await stored(page)).toContain("hero");
    expect(await open(page, "/shoes")).toEqual(["b override", "b override"]);
    expect(await open(page, "/shoes?attune-variant=offer:")).toEqual(["b override", "a split"]);
    await page.evaluate(() => {
      lab.attune?.expose("hero");
      lab.attune?.expose("offer");
      return lab.attune?.flush();
    });
    const exposed = site.events().filter(({ name }) => name === "Variant Exposed");
    expect(exposed.map(({ properties }) => properties.slot)).toEqual(["offer"]);
    expect(JSON.stringify(site.events())).not.toContain("attune-variant");

    await page.evaluate(() => lab.attune?.consent.withdraw());
    expect(await stored(page)).toBe("{}");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("are another parameter's, or none's, as the host has it", async () => {
    const { context, page } = await newVisitor(browser);
    const path = "/hats?attune-variant=hero:b&qa=offer:b";
    expect(await open(page, path, { param: "qa" })).toEqual(["a consent", "b override"]);
    await grant(page);
    expect(await open(page, path, false)).toEqual(["a split", "a split"]);
    await context.close();
  });
});
