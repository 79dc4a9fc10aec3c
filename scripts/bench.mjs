import { readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { build, install } from "./lib/prepare.mjs";
import { ensureAll } from "./lib/programs.mjs";
import { bold, dim, green, root, run, yellow } from "./lib/run.mjs";

/**
 * Runs benchmarks/*.bench.mjs one after the other: us and the peers in one process run, ratios printed. A benchmark never fails a build;
 * a target that is not met is printed as such. `npm run bench -- decide` runs those whose name holds the word; `--json FILE` keeps the figures.
 */
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" } },
});

const folder = join(root, "benchmarks");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".bench.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
  .sort();
if (files.length === 0) {
  console.error(`No benchmark has ${wanted.join(" or ")} in its name; see ${folder}.`);
  process.exit(1);
}

await install();
const { env, missing } = await ensureAll();
Object.assign(process.env, env);
await build();
const commit = (await run("git", ["rev-parse", "--short", "HEAD"], { capture: true })).output.trim();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
console.log(dim(`commit ${commit}; ${machine}`));
for (const what of missing) console.log(yellow(what));

const tell = (text) => console.error(dim(`  ${text}`));
const results = [];
for (const file of files) {
  const { run: benchmark } = await import(pathToFileURL(join(folder, file)).href);
  const result = await benchmark(tell);
  results.push(result);
  console.log(`\n${bold(result.name)}`);
  const width = Math.max(...result.rows.map((row) => row.label.length));
  for (const { label, value, unit, ratio } of result.rows) {
    const figure = `${value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 2 : 0 })} ${unit}`;
    console.log(
      `  ${label.padEnd(width)}  ${figure.padStart(20)}${ratio === undefined ? "" : dim(`   ${ratio}`)}`,
    );
  }
  for (const { label, ok, target, seen } of result.checks ?? [])
    console.log(`  ${ok ? green("✓") : yellow("✗ not met:")} ${label}: ${seen} (target ${target})`);
}
if (values.json) writeFileSync(values.json, JSON.stringify({ commit, machine, results }, null, 2));
