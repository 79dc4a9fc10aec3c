import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dim, must, pnpm, requireNode, root } from "./run.mjs";

/** Each stands only on those before it. */
export const PACKAGES = ["core", "ml", "react", "server-adapters", "server", "dashboard"];
const SKIPPED = new Set(["node_modules", "dist", ".next", "coverage"]);

function fingerprint(folder, hash) {
  for (const name of readdirSync(folder).sort()) {
    if (SKIPPED.has(name)) continue;
    const path = join(folder, name);
    const stat = statSync(path);
    if (stat.isDirectory()) fingerprint(path, hash);
    else if (!/\.test\.|\.test-d\.|\.md$/.test(name)) hash.update(path).update(readFileSync(path));
  }
}

/** Whether there was a build here before. */
export const isPrepared = () => existsSync(join(root, "node_modules", ".cache", "attune-build"));

/** Runs one step; where that takes longer, says every ten seconds that it is still at it. */
export async function inSteps(name, step) {
  const started = Date.now();
  const since = () => `${Math.round((Date.now() - started) / 1000)} s`;
  const timer = setInterval(() => console.log(dim(`${name} … ${since()}`)), 10_000);
  try {
    await step();
  } finally {
    clearInterval(timer);
  }
  console.log(dim(`${name}: done in ${since()}`));
}

/** Installs exactly what the lockfile says. */
export async function install() {
  requireNode();
  console.log(dim("Installing …"));
  await pnpm(["install", "--frozen-lockfile", "--prefer-offline", "--reporter=silent"], {
    env: { CI: "true" },
  });
}

/** Builds every package; does nothing where the sources are those of the last build. Code (each package's after that of those it bundles) and types need nothing of each other, so they are made side by side. */
export async function build({ force = false } = {}) {
  const hash = createHash("sha256");
  for (const name of PACKAGES) fingerprint(join(root, "packages", name), hash);
  for (const file of ["tsup.base.ts", "tsconfig.json", "tsconfig.base.json", "pnpm-lock.yaml"])
    hash.update(readFileSync(join(root, file)));
  const digest = hash.digest("hex");
  const cache = join(root, "node_modules", ".cache");
  const stamp = join(cache, "attune-build");
  const folders = PACKAGES.map((name) => join(root, "packages", name, "dist"));
  const isBuilt = folders.every((folder) => existsSync(folder));
  if (!force && isBuilt && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  const started = Date.now();
  console.log(dim("Building the packages …"));
  // What a build that was broken off left behind must not pass for one.
  rmSync(stamp, { force: true });
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  await Promise.all([
    must("The types' build", process.execPath, [join(root, "scripts", "lib", "declarations.mjs")], {
      quiet: true,
    }),
    pnpm(
      [
        "-r",
        "--filter",
        "./packages/*",
        "--workspace-concurrency=2",
        "--reporter=append-only",
        "run",
        "build",
      ],
      { quiet: true },
    ),
  ]);
  mkdirSync(cache, { recursive: true });
  writeFileSync(stamp, digest);
  console.log(dim(`Built in ${Math.round((Date.now() - started) / 1000)} s.`));
}
