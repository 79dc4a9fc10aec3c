import { createHash } from "node:crypto";
import { type Event, FEATURES_VERSION, type Ruleset } from "@attune/core";
import { adjustedRandIndex, applyScaling, scalingOf } from "@attune/ml/clustering";
import { toOnnx } from "@attune/ml/onnx";
import { trainLogistic } from "@attune/ml/training";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clouds } from "../packages/ml/src/clustering/made-points.fixture.js";
import { type StorySite, startStorySite } from "./browser/story-site.js";
import { endTrace, startTrace } from "./support/longest-task.js";
import { launchChromium, newVisitor, noChromium, type Visit } from "./support/chromium.js";

/** What the shop's visitors are told apart by, and the groups that are planted among them; each 1,250 of them. */
const NAMES = [
  ...["productViews", "cartAdds", "pagesThisSession", "distinctCategories"],
  ...["averageViewedPrice", "clicksThisSession"],
];
const GROUPS = [
  [1, 0, 2, 1, 40, 1],
  [7, 0.5, 9, 4, 25, 4],
  [14, 0.5, 16, 2, 120, 2],
  [6, 3, 8, 1, 60, 5],
];
const BUYERS = 3;
const SPREAD = [0.8, 0.3, 1, 0.4, 8, 1];

/** The groups with a spread of 1 in every column, and then in the features' own units. */
function madeVisitors() {
  const centres = GROUPS.map((group) => group.map((value, c) => value / (SPREAD[c] as number)));
  const { data, labels } = clouds(centres, { each: 1250, spread: 1, seed: 6 });
  const points = data.map((value, at) => Math.max(0, value * (SPREAD[at % NAMES.length] as number)));
  const scaling = scalingOf(points, { method: "z-score", columns: NAMES.length });
  const matrix = { data: points, rows: labels.length, columns: NAMES.length };
  return { points, labels, scaling, scaled: applyScaling(matrix, scaling).data };
}

const metadata = {
  ...{ name: "keen", features: NAMES, featuresVersion: FEATURES_VERSION, outputs: ["probability"] },
  ...{ purposes: ["personalization"] as const, label: "is one of those who buy", trainedOn: null },
};

const rulesetOf = (file: Uint8Array, inputs: readonly string[] = NAMES): Ruleset =>
  ({
    schemaVersion: 1,
    revision: 1,
    models: {
      keen: {
        ...{ version: "v1", url: "/keen.onnx", inputs, featuresVersion: FEATURES_VERSION },
        ...{ outputs: ["probability"], purposes: ["personalization"] },
        integrity: `sha256-${createHash("sha256").update(file).digest("base64")}`,
      },
    },
    slots: {
      hero: {
        variants: { plain: "Hats", buyer: "Back for more?" },
        fallback: "plain",
        policy: { type: "rules", rules: [{ when: { "context.cluster": "buyers" }, variant: "buyer" }] },
      },
      offer: {
        variants: { none: "Welcome", some: "Free delivery today" },
        fallback: "none",
        policy: { type: "rules", rules: [{ when: { "scores.keen": { $gte: 0.5 } }, variant: "some" }] },
      },
    },
  }) as unknown as Ruleset;

describe.skipIf(noChromium !== null)("from a recorded session to a slot, in Chromium", () => {
  const { points, labels, scaling, scaled } = madeVisitors();
  const isBuyer = Array.from(labels, (label) => Number(label === BUYERS));
  const { trained } = trainLogistic(points, isBuyer, { metadata, columns: NAMES.length });
  const onnx = toOnnx(trained);
  let browser: Browser;
  let site: StorySite;

  beforeAll(async () => {
    [browser, site] = await Promise.all([launchChromium(), startStorySite()]);
    const { center, scale } = scaling;
    const delivered = { names: NAMES, center: [...center], scale: [...scale], k: GROUPS.length };
    site.files.set("/delivered", JSON.stringify(delivered));
    site.files.set("/prototypes", new Uint8Array(scaled.buffer));
  });
  afterAll(async () => {
    await browser?.close();
    await site?.close();
  });

  /** A new visitor in front of the shop's page. */
  async function visit(
    file: Uint8Array,
    { inputs = NAMES, traced = false }: { inputs?: readonly string[]; traced?: boolean } = {},
  ): Promise<Visit> {
    site.files.set("/keen.onnx", file);
    const visited = await newVisitor(browser);
    if (traced) await startTrace(browser, visited.page);
    await visited.page.goto(`${site.url}/`);
    await visited.page.waitForFunction(() => "story" in globalThis);
    await visited.page.evaluate(
      (text) => story.open(JSON.parse(text) as Ruleset),
      JSON.stringify(rulesetOf(file, inputs)),
    );
    return visited;
  }
  const words = async (page: Page): Promise<(string | null)[]> => {
    expect(await page.locator("#hero").isVisible()).toBe(true);
    return [await page.textContent("#hero"), await page.textContent("#offer")];
  };

  /** A visitor looks at six things and puts three of them into the bag; what our capture and the shop told of it lies on the server. */
  async function record(): Promise<Event[]> {
    const { context, page } = await visit(onnx);
    for (let i = 0; i < 6; i++) {
      await page.evaluate((at) => {
        history.pushState(null, "", `/kettle-${at}`);
        void story.attune?.track("Product Viewed", {
          ...{ product_id: `kettle-${at}`, category: "kitchen", price: 55 + 2 * at },
        });
      }, i);
      if (i % 2 === 0) await page.click("#add");
    }
    await page.evaluate(() => story.attune?.flush());
    const id = await page.evaluate(() => story.attune?.visitor()?.id ?? "");
    const named = (events: readonly Event[], name: string): number =>
      events.filter((event) => event.name === name).length;
    let events: Event[] = [];
    await expect
      .poll(async () => {
        events = await site.eventsOf(id).catch(() => []);
        return ["Product Viewed", "Product Added", "Element Clicked"].map((name) => named(events, name));
      })
      .toEqual([6, 3, 3]);
    await context.close();
    return events.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  }

  it("a page folds what was recorded, clusters 5,000 visitors in a worker by both engines, asks a model, and changes what is seen, without a task over 50 ms", async () => {
    site.files.set("/recorded", JSON.stringify(await record()));
    const longest: number[] = [];
    // The neighbours on the machine make tasks long too: where the page's own observer has seen one, what counts from then on is the time that the thread itself computes.
    for (let round = 0; round < 4 && Math.min(...longest) > 50; round++) {
      const traced = round > 0;
      const { context, page, complaints } = await visit(onnx, { traced });
      await page.evaluate(() => {
        const channel = new BroadcastChannel("backend");
        channel.onmessage = ({ data }) => Object.assign(globalThis, { backend: data });
      });
      const native = await page.evaluate(() => story.clusters("native"));
      const tfjs = await page.evaluate(() => story.clusters("tfjs"));
      expect([native.engine, tfjs.engine]).toEqual(["native", "tfjs"]);
      expect(await page.evaluate(() => (globalThis as unknown as { backend: string }).backend)).toBe("wasm");
      expect(site.asked).toContain("/tfjs/tfjs-backend-wasm-simd.wasm");
      expect(native.labels).toHaveLength(5000);
      expect(adjustedRandIndex(native.labels, tfjs.labels)).toBe(1);
      expect(adjustedRandIndex(native.labels, labels)).toBeGreaterThan(0.99);

      expect(await words(page)).toEqual(["Hats", "Welcome"]);
      const seen = await page.evaluate(() => story.recognise());
      expect(seen).toMatchObject({ cluster: "buyers", point: [6, 3, 7, 1, 60, 3] });
      expect(await words(page)).toEqual(["Back for more?", "Welcome"]);
      await page.evaluate(() => story.become());
      await expect.poll(() => words(page)).toEqual(["Back for more?", "Free delivery today"]);

      const seenLong = await page.evaluate(() => Math.max(0, ...story.longTasks));
      longest.push(traced ? await endTrace(browser, `${site.url}/`) : seenLong);
      expect(complaints).toEqual([]);
      await context.close();
    }
    console.info(
      `longest tasks of the whole story, ms: ${longest.join(", ")} (the first by the observer, 0: none over 50)`,
    );
    expect(Math.min(...longest)).toBeLessThanOrEqual(50);
  });

  it.each([
    ["a truncated model", onnx.slice(0, onnx.length >> 1), NAMES, /\[attune\] .*ATTUNE_/],
    ["a model of other features", onnx, [...NAMES.slice(1), "purchases"], /\[attune\] .*ATTUNE_/],
  ])("%s: the page keeps its fallback, and one warning says why", async (_what, file, inputs, warning) => {
    const { context, page, complaints } = await visit(file, { inputs });
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    await page.evaluate(() => story.become());
    await page.evaluate(() => story.attune?.page());
    expect(await words(page)).toEqual(["Hats", "Welcome"]);
    expect(complaints).toEqual([expect.stringMatching(warning)]);
    await context.close();
  });

  it("points that are no numbers: a clear error, and nothing else changes", async () => {
    const { context, page, complaints } = await visit(onnx);
    expect(await page.evaluate(() => story.clusterBad())).toMatch(/^ATTUNE_ML_NOT_FINITE \S/);
    expect(await words(page)).toEqual(["Hats", "Welcome"]);
    expect(complaints).toEqual([]);
    await context.close();
  });
});
