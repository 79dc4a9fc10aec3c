import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inMemory } from "./lib/in-memory.mjs";
import { build, install } from "./lib/prepare.mjs";
import { ensureAll } from "./lib/programs.mjs";
import { bin, bold, red, root, run, yellow } from "./lib/run.mjs";

const started = Date.now();
await install();
const { env, missing } = await ensureAll();
await build();

/** With words, only what they name: then coverage would say nothing. */
const words = process.argv.slice(2);
const report = join(root, "node_modules", ".cache", "vitest.json");
mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
const folder = inMemory();
// The one of an earlier run must not speak for this one.
rmSync(report, { force: true });
const { code } = await run(
  process.execPath,
  [
    bin("vitest/vitest.mjs"),
    "run",
    ...(words.length === 0 ? ["--coverage"] : words),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ],
  {
    env: { NEXT_TELEMETRY_DISABLED: "1", ...(folder && { TMPDIR: folder }), ...env },
  },
);

if (!existsSync(report)) process.exit(code || 1);
const results = JSON.parse(readFileSync(report, "utf8"));
const left = new Map();
const again = [];
for (const file of results.testResults) {
  const pending = file.assertionResults.filter(
    (test) => test.status === "pending" || test.status === "skipped",
  ).length;
  if (pending > 0) left.set(file.name.replace(root, ""), pending);
  for (const { status, failureMessages, fullName } of file.assertionResults)
    if (status === "passed" && failureMessages.length > 0) again.push([fullName, failureMessages[0]]);
}
if (left.size > 0) {
  console.log(yellow(bold("\nLeft out (each says why above):")));
  for (const [name, count] of left) console.log(yellow(`  ${count} in ${name}`));
}
if (again.length > 0) {
  console.log(yellow(bold("\nPassed only when it was run again:")));
  for (const [name, message] of again) console.log(yellow(`  ${name}: ${message.split("\n")[0]}`));
}
for (const what of missing) console.log(red(bold(`\n${what}`)));
console.log(`\nTook ${Math.round((Date.now() - started) / 1000)} s.`);
console.log(
  `${results.numPassedTests} passed, ${results.numFailedTests} failed, ${results.numPendingTests} skipped`,
);
process.exit(code);
