import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** What the page runs: the best of many short runs, µs a row. A page's clock is coarse, so that a run is some of all rows. */
const SCRIPT = `
  import { compileModel } from "@attune/ml/model";
  globalThis.timed = (trained, given) => {
    const rows = Float64Array.from(given);
    const count = rows.length / trained.model.inputs;
    const out = new Float64Array(count);
    const typed = { feature: Int32Array, left: Int32Array, right: Int32Array, threshold: Float32Array, value: Float64Array, cover: Float64Array };
    const trees = trained.model.trees.map((tree) => Object.fromEntries(Object.entries(tree).map(([key, list]) => [key, typed[key].from(list)])));
    const score = compileModel({ ...trained, model: { ...trained.model, trees } });
    let least = Infinity;
    for (let run = 0; run < 300; run++) {
      const start = performance.now();
      for (let i = 0; i < 5; i++) score(rows, out);
      least = Math.min(least, performance.now() - start);
    }
    return (least * 1000) / (5 * count);
  };`;

async function bundled() {
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    ...{ bundle: true, write: false, format: "iife", target: "es2022", logLevel: "error" },
  });
  return outputFiles[0].text;
}

/** The plain scorer in Chromium, µs a row; null, with a word of why, where there is none. */
export async function scoredInPage(trained, rows) {
  if (!existsSync(CHROMIUM)) {
    console.warn(`left out: the forest in Chromium (none at ${CHROMIUM}; set CHROMIUM)`);
    return null;
  }
  const { chromium } = createRequire(new URL("../package.json", import.meta.url))("playwright-core");
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage();
    await page.addScriptTag({ content: await bundled() });
    const lists = trained.model.trees.map((tree) =>
      Object.fromEntries(Object.entries(tree).map(([key, list]) => [key, Array.from(list)])),
    );
    const plain = { ...trained, model: { ...trained.model, trees: lists } };
    const many = await page.evaluate(
      ([one, given]) => globalThis.timed(one, given),
      [plain, Array.from(rows)],
    );
    return { many, version: browser.version() };
  } finally {
    await browser.close();
  }
}
