import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "../lib/run.mjs";

const MINUTE = 60_000;
const adapters = "packages/server-adapters/src";

/** Where each adapter's histories stand, and how long 10,000 of each kind may take in all. */
export const HISTORIES = {
  memory: {
    files: ["packages/core/src/memory/memory.test.ts", "packages/core/src/service/crash.test.ts"],
    limit: 30 * MINUTE,
  },
  lmdb: { files: [`${adapters}/lmdb/lmdb.test.ts`], limit: 90 * MINUTE },
  redis: { files: [`${adapters}/redis/histories.test.ts`], limit: 120 * MINUTE },
  postgres: { files: [`${adapters}/postgres/postgres.test.ts`], limit: 180 * MINUTE },
  tiered: {
    files: [
      `${adapters}/tiered/crash.test.ts`,
      `${adapters}/tiered/tiered.test.ts`,
      `${adapters}/tiered/servers.test.ts`,
    ],
    limit: 180 * MINUTE,
  },
  dynamodb: { files: [`${adapters}/dynamodb/dynamodb.test.ts`], limit: 180 * MINUTE },
};

/** Runs vitest as a group of processes that ends as one when its time is up. */
export function vitest(args, { env = {}, limit }) {
  const child = spawn(process.execPath, [bin("vitest/vitest.mjs"), "run", ...args], {
    cwd: root,
    env: { ...process.env, ATTUNE_SEED: "fresh", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-20_000);
    });
  const endGroup = () => {
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // Gone by itself.
    }
  };
  process.once("exit", endGroup);
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      endGroup();
    }, limit);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      process.removeListener("exit", endGroup);
      resolve({ code: code ?? 1, output, isLate });
    });
  });
}

/**
 * T13: generated histories of an adapter against the pure models.
 *
 * @param {keyof typeof HISTORIES} name
 * @param {{ runs: number }} options How many of each kind.
 */
export async function histories(name, { runs }) {
  const { files, limit } = HISTORIES[name];
  const folder = mkdtempSync(join(tmpdir(), "attune-prove-"));
  const report = join(folder, "report.json");
  try {
    const { code, output, isLate } = await vitest(
      [
        ...["--project", "unit", "--project", "pure"],
        ...files,
        "-t",
        "generated histories",
        "--reporter=json",
        `--outputFile=${report}`,
      ],
      { env: { ATTUNE_HISTORIES: String(runs) }, limit },
    );
    if (isLate) return { problem: `not done within ${limit / MINUTE} minutes`, figures: { runs } };
    const { testResults } = JSON.parse(readFileSync(report, "utf8"));
    const results = testResults.flatMap(({ assertionResults }) => assertionResults);
    const ran = results.filter(({ status }) => status === "passed" || status === "failed");
    // A file that cannot be loaded runs nothing either, and is no excuse.
    if (ran.length === 0 && code !== 0)
      return { problem: testResults.map(({ message }) => message).join("\n"), figures: { runs } };
    if (ran.length === 0)
      return {
        left: `its program is missing: ${output.split("\n").find((line) => line.includes("none")) ?? output.slice(-300)}`,
      };
    const suites = ran.map(({ ancestorTitles, title, status, duration }) => ({
      suite: [...ancestorTitles].join(" › "),
      histories: Number(/(\d+) generated histories/.exec(title)?.[1] ?? 0),
      status,
      seconds: Math.round(duration / 1000),
    }));
    const failures = ran.flatMap(({ failureMessages }) => failureMessages ?? []);
    const total = suites.reduce((sum, suite) => sum + suite.histories, 0);
    return {
      ...(code !== 0 && { problem: failures[0]?.slice(0, 3000) ?? output.slice(-3000) }),
      summary: suites.map((suite) => `${suite.suite}: ${suite.histories} in ${suite.seconds} s`).join("; "),
      figures: { histories: total, suites },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
