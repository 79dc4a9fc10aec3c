import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "../lib/run.mjs";

const MINUTE = 60_000;
const adapters = "packages/server-adapters/src";

/**
 * Where each adapter's histories stand, and how long 10,000 of each kind may take in all. `parts` runs them in
 * as many processes at once, each with a share and a seed of its own: those of LMDB took a third of a core.
 */
export const HISTORIES = {
  memory: {
    files: ["packages/core/src/memory/memory.test.ts", "packages/core/src/service/crash.test.ts"],
    limit: 30 * MINUTE,
  },
  lmdb: { files: [`${adapters}/lmdb/lmdb.test.ts`], limit: 90 * MINUTE, parts: 4 },
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
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      process.removeListener("exit", endGroup);
      // What a signal has ended says nothing by itself.
      if (signal !== null && !isLate) output += `\nvitest was ended by ${signal}`;
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
  const { files, limit, parts = 1 } = HISTORIES[name];
  const share = Math.ceil(runs / parts);
  const ended = await Promise.all(
    Array.from({ length: parts }, () => onePart({ files, limit, runs: share })),
  );
  const unfinished = ended.find(({ results }) => results === undefined);
  if (unfinished !== undefined) return unfinished;
  const ran = ended.flatMap(({ results }) => results);
  const failures = ran.flatMap(({ failureMessages }) => failureMessages ?? []);
  const failed = ended.find(({ code }) => code !== 0);
  const suites = summed(ran);
  const total = suites.reduce((sum, suite) => sum + suite.histories, 0);
  return {
    ...(failed !== undefined && { problem: failures[0]?.slice(0, 3000) ?? failed.output.slice(-3000) }),
    summary: suites.map((suite) => `${suite.suite}: ${suite.histories} in ${suite.seconds} s`).join("; "),
    figures: { histories: total, suites },
  };
}

/** @returns {Promise<{ results: object[], code: number, output: string } | { problem: string } | { left: string }>} */
async function onePart({ files, limit, runs }) {
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
    if (!existsSync(report))
      return { problem: `vitest left no report (${code}): ${output.slice(-3000)}`, figures: { runs } };
    const { testResults } = JSON.parse(readFileSync(report, "utf8"));
    const results = testResults
      .flatMap(({ name, assertionResults }) => assertionResults.map((one) => ({ ...one, file: name })))
      .filter(({ status }) => status === "passed" || status === "failed");
    // A file that cannot be loaded runs nothing either, and is no excuse.
    if (results.length === 0 && code !== 0)
      return {
        problem: `nothing ran (${code}): ${testResults.map(({ message }) => message).join("\n")}\n${output.slice(-3000)}`,
        figures: { runs },
      };
    if (results.length === 0)
      return {
        left: `its program is missing: ${output.split("\n").find((line) => line.includes("none")) ?? output.slice(-300)}`,
      };
    return { results, code, output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One row for each suite, whichever parts ran it: histories in all, seconds of the part that took longest. */
function summed(results) {
  const rows = new Map();
  for (const { file, ancestorTitles, title, status, duration } of results) {
    const suite = [...ancestorTitles].join(" › ");
    const histories = Number(/(\d+) generated histories/.exec(title)?.[1] ?? 0);
    const key = `${file} ${suite} ${title}`;
    const row = rows.get(key);
    rows.set(key, {
      suite,
      histories: (row?.histories ?? 0) + histories,
      status: row?.status === "failed" ? "failed" : status,
      seconds: Math.max(row?.seconds ?? 0, Math.round(duration / 1000)),
    });
  }
  return [...rows.values()];
}
