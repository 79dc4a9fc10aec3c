import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { build, install } from "./lib/prepare.mjs";
import { ensureAll } from "./lib/programs.mjs";
import { bold, dim, green, red, run, yellow } from "./lib/run.mjs";

/**
 * The proofs that take long, each with the figures it came to. `npm run prove -- histories redis` runs those whose name holds all the words;
 * `--short` runs each in its small form, `--list` only names them, `--json FILE` keeps all figures. ATTUNE_HISTORIES and ATTUNE_KILLS
 * set how many.
 */
const { values, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    json: { type: "string" },
  },
});
// Before the proofs, which import what is installed.
await install();
const { allProofs } = await import("./prove/proofs.mjs");
const proofs = allProofs(values).filter(({ name }) => words.every((word) => name.includes(word)));
if (values.list || proofs.length === 0) {
  for (const { name } of proofs.length === 0 ? allProofs(values) : proofs) console.log(name);
  process.exit(proofs.length === 0 ? 1 : 0);
}

const { env, missing } = await ensureAll();
Object.assign(process.env, env);
await build();
const commit = (await run("git", ["rev-parse", "--short", "HEAD"], { capture: true })).output.trim();
const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}`;
const load = () => Math.round(loadavg()[0] * 10) / 10;
console.log(dim(`commit ${commit}; ${machine}`));
for (const what of missing) console.log(yellow(what));

const MINUTE = 60_000;
const results = [];
for (const { name, run: prove } of proofs) {
  const started = Date.now();
  const loadBefore = load();
  const tell = (text) => console.log(dim(`  ${text}`));
  const waiting = setInterval(() => {
    tell(`… ${Math.round((Date.now() - started) / MINUTE)} min`);
  }, 2 * MINUTE);
  console.log(`${bold(name)} ${dim(`(load ${loadBefore})`)}`);
  const outcome = await prove(tell).catch((error) => ({ problem: error.stack ?? String(error) }));
  clearInterval(waiting);
  const seconds = Math.round((Date.now() - started) / 1000);
  const took = dim(`${seconds} s, load ${loadBefore} → ${load()}`);
  if (outcome.left) console.log(`${yellow("– left out")}: ${outcome.left}`);
  else if (outcome.problem !== undefined)
    console.log(`${red("✗")} ${outcome.summary ?? ""} ${took}\n${outcome.problem}`);
  else console.log(`${green("✓")} ${outcome.summary ?? ""} ${took}`);
  results.push({ name, seconds, load: [loadBefore, load()], ...outcome });
  // After each, so that what was found so far is kept if a later one never ends.
  if (values.json) writeFileSync(values.json, JSON.stringify({ commit, machine, results }, null, 2));
}

const failed = results.filter(({ problem }) => problem !== undefined).length;
const left = results.filter((result) => result.left).length;
const rest = left === 0 ? "" : yellow(` ${left} left out.`);
console.log(
  failed === 0
    ? green(bold("All proofs that ran hold.")) + rest
    : red(bold(`${failed} proofs failed.`)) + rest,
);
process.exit(failed === 0 ? 0 : 1);
