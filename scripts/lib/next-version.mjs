import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { bin, root, run } from "./run.mjs";

const versionsIn = (folder) =>
  new Map(
    readdirSync(join(folder, "packages")).map((name) => {
      const { version } = JSON.parse(readFileSync(join(folder, "packages", name, "package.json"), "utf8"));
      return [`@attune/${name}`, version];
    }),
  );

/** The largest step that a changeset asks for: what no package may go beyond. */
function largestStep() {
  const texts = readdirSync(join(root, ".changeset"))
    .filter((name) => name.endsWith(".md") && name !== "README.md")
    .map((name) => readFileSync(join(root, ".changeset", name), "utf8"));
  const steps = ["major", "minor", "patch"];
  return steps.findIndex((step) =>
    texts.some((text) => new RegExp(`^"@attune/[^"]+": ${step}$`, "m").test(text)),
  );
}

/** 0 where the first number grew, 1 the second, 2 the third; -1 where none did. */
function stepBetween(before, after) {
  const [a, b] = [before.split("."), after.split(".")];
  return a.findIndex((part, i) => part !== b[i]);
}

/** Makes the next version on a copy of what a version is made of: the changesets are right, and no package takes a larger step than was asked for. */
export async function checkNextVersion() {
  const cache = join(root, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const copy = mkdtempSync(join(cache, "next-version-"));
  try {
    for (const name of ["package.json", "pnpm-workspace.yaml", ".changeset"])
      cpSync(join(root, name), join(copy, name), { recursive: true });
    for (const name of ["docs", "benchmarks"]) copyPackage(copy, name);
    for (const group of ["packages", "examples"])
      for (const name of readdirSync(join(root, group))) copyPackage(copy, join(group, name));
    symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");
    const { code, output } = await run(process.execPath, [bin("@changesets/cli/bin.js"), "version"], {
      cwd: copy,
      capture: true,
    });
    if (code !== 0) return { code, output };
    const [before, after] = [versionsIn(root), versionsIn(copy)];
    const step = largestStep();
    const tooFar = [...before].filter(([name, version]) => {
      const taken = stepBetween(version, after.get(name));
      return taken >= 0 && (step < 0 || taken < step);
    });
    if (tooFar.length > 0)
      return {
        code: 1,
        output: tooFar
          .map(
            ([name, version]) =>
              `${name} would go from ${version} to ${after.get(name)}, further than any changeset asks.`,
          )
          .join("\n"),
      };
    return { code: 0, output: `next: ${[...new Set(after.values())].join(", ")}` };
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function copyPackage(copy, name) {
  const from = join(root, name, "package.json");
  if (!existsSync(from)) return;
  mkdirSync(join(copy, name), { recursive: true });
  cpSync(from, join(copy, name, "package.json"));
}
