import { availableParallelism } from "node:os";
import { checkNextVersion } from "./lib/next-version.mjs";
import { build, install } from "./lib/prepare.mjs";
import { bin, bold, dim, green, red, run } from "./lib/run.mjs";
import { checkDocs } from "./lib/docs.mjs";
import { checkPacked } from "./lib/packed.mjs";

const node = (script, args = [], options = {}) =>
  run(process.execPath, [bin(script), ...args], { capture: true, ...options });

/** Each alarm: a name and what must exit with 0. The longest come first, so that they do not end alone. */
const ALARMS = [
  [
    "lint (promises, hooks, any)",
    () => node("eslint/bin/eslint.js", ["packages", "tests", "scripts", "benchmarks", "--max-warnings=0"]),
  ],
  // Before that of the docs, which writes what it looks at into their folder.
  ["format (biome)", () => node("@biomejs/biome/bin/biome", ["format", "."])],
  ["types: whole workspace", () => node("typescript/bin/tsc", ["-p", "tsconfig.json"])],
  ["packed: shape, types, install and run outside the workspace", checkPacked],
  ["docs: every code block", checkDocs],
  [
    "arrows, room order, no circles",
    () =>
      node("dependency-cruiser/bin/dependency-cruise.mjs", [
        "--config",
        ".dependency-cruiser.cjs",
        "packages",
        "--output-type",
        "err-long",
      ]),
  ],
  [
    "types: core without DOM or Node",
    () => node("typescript/bin/tsc", ["-p", "packages/core/tsconfig.headless.json"]),
  ],
  ["types: what runs in pages without Node", () => node("typescript/bin/tsc", ["-p", "tsconfig.page.json"])],
  [
    "nothing unused: files, exports, dependencies (knip)",
    () => node("knip/bin/knip.js", ["--no-progress", "--no-config-hints"]),
  ],
  // Loaded when its turn comes: it needs the compiler, which may not be installed yet.
  ["public API as committed (api/)", async () => (await import("./lib/api-report.mjs")).checkApi()],
  ["next version, on a copy (changesets)", checkNextVersion],
  ["size budgets", () => node("size-limit/bin.js", [])],
];
/** Each is one process that computes on one core, most of the time. */
const AT_ONCE = Math.min(2, availableParallelism());

const only = process.argv[2] ?? "";
const wanted = ALARMS.filter(([name]) => name.includes(only));
if (wanted.length === 0) {
  console.error(red(`No check has "${only}" in its name. There are:`));
  for (const [name] of ALARMS) console.error(`  ${name}`);
  process.exit(1);
}
await install();
await build();
let failed = 0;
const waiting = [...wanted];
async function lane() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, alarm] = next;
    const started = Date.now();
    const { code, output } = await alarm();
    const took = dim(`${((Date.now() - started) / 1000).toFixed(1)} s`);
    console.log(`${code === 0 ? green("✓") : red("✗")} ${name} ${took}`);
    if (code !== 0) {
      failed++;
      console.log(output);
    } else if (name === "size budgets") console.log(dim(output.replace(/^/gm, "  ")));
  }
}
const begun = Date.now();
await Promise.all(Array.from({ length: AT_ONCE }, lane));
console.log(dim(`Took ${Math.round((Date.now() - begun) / 1000)} s.`));
console.log(failed === 0 ? green(bold("All checks hold.")) : red(bold(`${failed} of the checks failed.`)));
process.exit(failed === 0 ? 0 : 1);
