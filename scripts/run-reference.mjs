#!/usr/bin/env node
/*
 * Puts every case of a reference file to the public API and prints the ids that fail and why.
 *
 *   node scripts/run-reference.mjs FILE [--area NAME]… [--json]
 *
 * Exits with 1 where a case fails; cases of functions that are not there are counted as not supported.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { isOpenBanditAt, openBanditFunctions } from "./lib/open-bandit.mjs";
import { build, install } from "./lib/prepare.mjs";
import { clusteringFunctions } from "./lib/reference-clustering.mjs";
import { driftFunctions } from "./lib/reference-drift.mjs";
import { learnerFunctions } from "./lib/reference-learners.mjs";
import { banditFunctions, differences, statsFunctions } from "./lib/reference-stats.mjs";
import { trainingFunctions } from "./lib/reference-training.mjs";

const USAGE = "Usage: node scripts/run-reference.mjs FILE [--area NAME]… [--json]";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    area: { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  },
});
const [file] = positionals;
if (file === undefined || !existsSync(file)) {
  console.error(file === undefined ? USAGE : `There is no file ${file}.\n${USAGE}`);
  process.exit(2);
}
const built = (room, name = "core") => new URL(`../packages/${name}/dist/${room}/index.js`, import.meta.url);
if (!existsSync(built("stats")) || !existsSync(built("training", "ml"))) {
  await install();
  await build();
}

const shared = process.env.ATTUNE_SHARED ?? fileURLToPath(new URL("../../shared", import.meta.url));
const recordings =
  [join(dirname(file), "../data/open-bandit"), join(shared, "data/open-bandit")].find(isOpenBanditAt) ?? "";
const stats = await import(built("stats").href);
const bandits = await import(built("bandits").href);
const [clustering, training, learners, monitoring] = await Promise.all(
  ["clustering", "training", "learners", "monitoring"].map((room) => import(built(room, "ml").href)),
);
const { cases, datasets } = JSON.parse(readFileSync(file, "utf8"));
const functions = {
  ...statsFunctions(stats),
  ...banditFunctions(bandits),
  // Of recorded decisions, which lie beside the reference files where they are at all.
  ...openBanditFunctions({ stats, bandits }, recordings),
  ...clusteringFunctions(clustering, datasets),
  ...trainingFunctions(training),
  ...driftFunctions(monitoring),
  ...learnerFunctions({ ...learners, ...monitoring }, datasets),
};
const asked = cases.filter(({ area }) => values.area.length === 0 || values.area.includes(area));
const failed = [];
const unsupported = new Map();
let passed = 0;
for (const { id, fn, input, expected, tol } of asked) {
  if (!Object.hasOwn(functions, fn)) {
    unsupported.set(fn, (unsupported.get(fn) ?? 0) + 1);
    continue;
  }
  try {
    const found = differences(functions[fn](input, expected), expected, tol);
    if (found.length === 0) passed++;
    else failed.push({ id, fn, differences: found });
  } catch (error) {
    failed.push({ id, fn, error: error.message, path: error.path });
  }
}
const missing = [...unsupported.values()].reduce((sum, count) => sum + count, 0);
if (values.json) {
  console.log(JSON.stringify({ passed, failed, notSupported: Object.fromEntries(unsupported) }));
} else {
  for (const { id, fn, error, differences: found = [] } of failed) {
    console.log(`${id} ${fn}${error ? `: ${error}` : ""}`);
    for (const { path, got, expected } of found)
      console.log(`  ${path || "/"}: ${got}, expected ${expected}`);
  }
  for (const [fn, count] of unsupported) console.log(`not supported: ${fn} (${count})`);
  console.log(`${passed} passed, ${failed.length} failed, ${missing} not supported`);
}
process.exitCode = failed.length > 0 ? 1 : 0;
