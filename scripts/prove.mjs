import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, install } from "./lib/prepare.mjs";
import { ensure, PROGRAMS } from "./lib/programs.mjs";
import { bin, bold, dim, green, red, root, run, yellow } from "./lib/run.mjs";

/** The proofs that take long. Each says what it shows; `npm run prove -- replay` runs those whose name holds the word. */
const shared = process.env.ATTUNE_SHARED ?? join(root, "..", "shared");
const attune = join(root, "packages", "server", "bin", "attune.js");
const vitest = (args, env) => run(process.execPath, [bin("vitest/vitest.mjs"), "run", ...args], { env });

async function replay(args) {
  const { code, output } = await run(process.execPath, [attune, "replay", ...args, "--json"], {
    capture: true,
  });
  if (code !== 0) throw new Error(output);
  return JSON.parse(output.trim().split("\n").at(-1));
}

/** A recording, twice into one folder: every row accounted for, the expected figures, and a second time nothing new. */
async function replayTwice(file, mapping, expected) {
  const path = join(shared, "data", file);
  if (!existsSync(path)) return `left out: ${path} is missing`;
  const dir = mkdtempSync(join(tmpdir(), "attune-prove-"));
  try {
    const first = await replay([path, "--mapping", mapping, "--dir", dir]);
    console.log(dim(JSON.stringify(first)));
    for (const [name, value] of Object.entries(expected)) {
      const seen = name.split(".").reduce((part, key) => part?.[key], first);
      if (seen !== value) throw new Error(`${mapping}: ${name} is ${seen}, not ${value}`);
    }
    const second = await replay([path, "--mapping", mapping, "--dir", dir]);
    if (second.accepted !== 0)
      throw new Error(`${mapping}: the second replay took ${second.accepted} events`);
    if (JSON.stringify(second.after) !== JSON.stringify(first.after))
      throw new Error(`${mapping}: the second replay changed the totals`);
    return null;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const PROOFS = [
  [
    "crash histories: 10,000 generated ones equal the pure model",
    async () =>
      (
        await vitest(["--project", "unit", "packages/core/src/service/crash.test.ts"], {
          ATTUNE_HISTORIES: "10000",
        })
      ).code === 0
        ? null
        : "failed",
  ],
  [
    "browser: no decision, nothing written or sent for 30 s and three navigations",
    async () => {
      const browser = await ensure(PROGRAMS.chromium);
      if (browser.path === null) return `left out: ${browser.reason}`;
      return (
        await vitest(["--project", "system", "tests/browser"], { ATTUNE_LONG: "1", CHROMIUM: browser.path })
      ).code === 0
        ? null
        : "failed";
    },
  ],
  [
    "mounts: the battery of all mounts in a built Next application",
    async () =>
      (await vitest(["--project", "system", "tests/next-mount.test.ts"], { ATTUNE_NEXT: "1" })).code === 0
        ? null
        : "failed",
  ],
  [
    "replay: rees46 on LMDB, twice",
    () =>
      replayTwice("rees46-sample/events.csv", "rees46", {
        rows: 13685,
        accepted: 13680,
        duplicates: 5,
        rejected: 0,
      }),
  ],
  [
    "replay: weblog on LMDB, twice",
    () =>
      replayTwice("weblog-150users/visits.csv.gz", "weblog", {
        rows: 1148573,
        accepted: 1148573,
        duplicates: 0,
        rejected: 0,
      }),
  ],
];

await install();
await build();
let failed = 0;
for (const [name, prove] of PROOFS) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue;
  const started = Date.now();
  const problem = await prove().catch((error) => `failed: ${error.message}`);
  const took = dim(`${Math.round((Date.now() - started) / 1000)} s`);
  if (problem === null) console.log(`${green("✓")} ${name} ${took}`);
  else if (problem.startsWith("left out")) console.log(`${yellow("–")} ${name}: ${problem}`);
  else {
    failed++;
    console.log(`${red("✗")} ${name}: ${problem}`);
  }
}
console.log(failed === 0 ? green(bold("All proofs hold.")) : red(bold(`${failed} proofs failed.`)));
process.exit(failed === 0 ? 0 : 1);
