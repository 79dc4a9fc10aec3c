import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { FEATURES_VERSION, type Ruleset, seededRandom } from "@attune/core";
import { toOnnx } from "@attune/ml/onnx";
import { trainNetwork } from "@attune/ml/tfjs";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compileModel } from "../packages/ml/src/model/compile-model.js";
import type { TrainedModel } from "../packages/ml/src/model/types.js";
import { modelMaker, trainedModel } from "../packages/ml/src/onnx/test-models.js";
import "./browser/fixture/models.js";
import { launchChromium, noChromium } from "./support/chromium.js";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const fromMl = createRequire(source("../packages/ml/package.json"));

/** The page's script and its chunks by their path; what stands behind `import()` is a chunk of its own. */
async function scripts(): Promise<Map<string, Uint8Array>> {
  const result = await build({
    entryPoints: { app: source("./browser/fixture/models.ts") },
    bundle: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    outdir: "/",
    write: false,
    logLevel: "error",
    external: ["module", "worker_threads"],
    plugins: [
      {
        name: "sources",
        setup({ onResolve }) {
          onResolve({ filter: /^@attune\// }, ({ path }) => {
            const [, name, sub = ""] = /^@attune\/([a-z-]+)(\/.*)?$/.exec(path) as unknown as string[];
            return { path: source(`../packages/${name}/src${sub}/index.ts`) };
          });
        },
      },
    ],
  });
  return new Map(result.outputFiles.map(({ path, contents }) => [path, contents]));
}

const integrityOf = (bytes: Uint8Array): string =>
  `sha256-${createHash("sha256").update(bytes).digest("base64")}`;

const reference = ({ metadata }: TrainedModel, url: string, file: Uint8Array) => ({
  ...{ name: metadata.name, version: "v1", url, integrity: integrityOf(file) },
  ...{ inputs: metadata.features, featuresVersion: metadata.featuresVersion },
  ...{ outputs: metadata.outputs, purposes: metadata.purposes },
});

describe.skipIf(noChromium !== null)("models in Chromium", () => {
  const make = modelMaker(17);
  const files = new Map<string, Uint8Array>();
  const serveRows = (path: string, rows: Float64Array): void =>
    void files.set(path, new Uint8Array(rows.buffer));
  let browser: Browser;
  let server: Server;
  let page: Page;
  let url = "";

  beforeAll(async () => {
    const [app, started] = await Promise.all([scripts(), launchChromium()]);
    browser = started;
    for (const [path, bytes] of app) files.set(path, bytes);
    // The package gives out its entries alone; the file lies beside them.
    const wasm = fromMl.resolve("onnxruntime-web/wasm").replace(/[^/]+$/, "ort-wasm-simd-threaded.wasm");
    files.set("/ort.wasm", readFileSync(wasm));
    server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://host").pathname;
      const file = files.get(path);
      if (path === "/")
        return void response
          .writeHead(200, { "content-type": "text/html" })
          .end(
            '<!doctype html><html lang="en"><title>Hats</title><link rel="icon" href="data:,"><script type="module" src="/app.js"></script></html>',
          );
      const type = path.endsWith(".js") ? "text/javascript" : "application/octet-stream";
      response.writeHead(file ? 200 : 404, { "content-type": type }).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => "pageModels" in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  it("a forest of 100 trees of depth 6 scores as in Node, bit for bit", async () => {
    const forest = trainedModel(make.forest(17, 100, 6));
    const file = toOnnx(forest, { trees: "compact" });
    files.set("/forest.onnx", file);
    const rows = make.rows(1000, 17).map(Math.fround);
    serveRows("/forest-rows", rows);
    const { scores, micros } = await page.evaluate(
      (model) => pageModels.score(model, "/forest-rows"),
      reference(forest, "/forest.onnx", file),
    );
    console.info(`forest of 100 trees in Chromium: ${micros.toFixed(2)} µs a row`);
    expect(scores).toEqual(Array.from(compileModel(forest)(rows), Math.fround));
  });

  it("a model of the size that pages get is loaded and scored without a task over 50 ms", async () => {
    const forest = trainedModel(make.forest(17, 25, 5));
    const file = toOnnx(forest);
    expect(file.length).toBeLessThan(40_000);
    files.set("/usual.onnx", file);
    serveRows("/usual-rows", make.rows(50, 17));
    const seen: number[] = [];
    // The neighbours on the machine make tasks long too: the best of these is what the code takes.
    for (let round = 0; round < 5 && Math.min(...seen) > 50; round++) {
      await page.evaluate(() => void (pageModels.longest = 0));
      await page.evaluate(
        (model) => pageModels.score(model, "/usual-rows"),
        reference(forest, "/usual.onnx", file),
      );
      seen.push(await page.evaluate(() => pageModels.longest));
    }
    console.info(`longest tasks of loading and scoring, ms: ${seen.join(", ")} (0: none over 50)`);
    expect(Math.min(...seen)).toBeLessThanOrEqual(50);
  });

  it("a model that is not the one published is refused", async () => {
    const linear = trainedModel(make.linear(3, 1));
    const file = toOnnx(linear);
    files.set("/changed.onnx", file.slice(0, -1));
    const model = reference(linear, "/changed.onnx", file);
    await expect(page.evaluate((one) => pageModels.score(one, "/changed.onnx"), model)).rejects.toThrow(
      /not the one that its hash/,
    );
  });

  it("a slot changes because of what a model says of the visitor", async () => {
    const many = {
      kind: "linear",
      inputs: 1,
      outputs: 1,
      weights: Float64Array.of(4),
      intercepts: Float64Array.of(-6),
    } as const;
    const keen = trainedModel(many, null, {
      name: "keen",
      features: ["productViews"],
      featuresVersion: FEATURES_VERSION,
    });
    const file = toOnnx(keen);
    files.set("/keen.onnx", file);
    const { name: _name, ...model } = reference(keen, "/keen.onnx", file);
    const ruleset = {
      ...{ schemaVersion: 1, revision: 1, models: { keen: model } },
      slots: {
        offer: {
          variants: { none: 0, some: 1 },
          fallback: "none",
          policy: { type: "rules", rules: [{ when: { "scores.keen": { $gte: 0.5 } }, variant: "some" }] },
        },
      },
    } as unknown as Ruleset;
    await page.evaluate((text) => pageModels.open(JSON.parse(text) as Ruleset), JSON.stringify(ruleset));
    const offer = (): Promise<string | null | undefined> =>
      page.evaluate(() => pageModels.attune?.decide("offer").variant);
    expect(await offer()).toBe("none");
    for (let i = 0; i < 2; i++)
      await page.evaluate(() => pageModels.attune?.track("Product Viewed", { product_id: "hat", price: 20 }));
    await expect.poll(offer).toBe("some");
    // Nobody receives what this page sends.
    expect(
      (await page.evaluate(() => pageModels.errors)).filter((error) => /ATTUNE_ML|[Mm]odel/.test(error)),
    ).toEqual([]);
  });

  it("a network trained by tfjs gives the same scores through onnxruntime-web, to 1e-5", async () => {
    const random = seededRandom(4);
    const points = Array.from({ length: 60 }, () => [random(), 100 * random()]);
    const labels = points.map(([x, y]) => ((x as number) * 100 > (y as number) ? 1 : 0));
    const { metadata } = trainedModel(make.linear(2, 1), null, { name: "network" });
    const trained = await trainNetwork(points, labels, { metadata, epochs: 2, hidden: [8, 4] });
    const file = toOnnx(trained);
    files.set("/network.onnx", file);
    serveRows("/network-rows", Float64Array.from(points.flat()));
    const wasm = { url: "/ort.wasm", integrity: integrityOf(files.get("/ort.wasm") as Uint8Array) };
    const plain = await page.evaluate(
      (model) => pageModels.score(model, "/network-rows"),
      reference(trained, "/network.onnx", file),
    );
    const byRuntime = await page.evaluate(
      (where) => pageModels.scoreByRuntime("/network.onnx", "/network-rows", where),
      wasm,
    );
    expect(byRuntime).toHaveLength(60);
    byRuntime.forEach((score, i) => expect(Math.abs(score - (plain.scores[i] as number))).toBeLessThan(1e-5));
  });
});
