import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PACKAGES } from "./prepare.mjs";
import { bin, PNPM, root, run } from "./run.mjs";

/** What a host writes: one file per package, type-checked under Node's own module resolution and then run. */
const HOST = {
  "core.ts": `
import { createAttune, compileRuleset, initialState, features } from "@attune/core";
import { evaluateCondition } from "@attune/core/targeting";
import { createPersonalizationService } from "@attune/core/service";
import { memoryLog, memoryStore } from "@attune/core/memory";
import { ALL_GRANTS } from "@attune/core/consent";
const compiled = compileRuleset({ schemaVersion: 1, revision: 1, slots: { hero: { variants: { a: 1, b: 2 }, fallback: "a", policy: { type: "rules", rules: [{ when: { plan: "pro" }, variant: "b" }] } } } });
const decision = compiled.decide("hero", { id: "v", attributes: { plan: "pro" }, consent: ALL_GRANTS });
if (decision.variant !== "b") throw new Error("decide: " + JSON.stringify(decision));
if (!evaluateCondition({ n: { $gt: 1 } }, { n: 2 })) throw new Error("condition");
const engine = createAttune({ decisions: { ruleset: compiled } });
if (engine.decide("hero").reason !== "consent") throw new Error("no consent, no decision");
await engine.close();
const service = createPersonalizationService({ stores: { hot: memoryStore() }, log: memoryLog() });
const taken = await service.ingest([{ eventType: "page_view", sessionId: "s", anonymousId: "v", deviceType: "desktop", eventData: { url: "https://shop.example/", timestamp: Date.now() }, consent: { analytics: true, personalization: true } }], { waitMs: 2000 });
if (taken.accepted !== 1) throw new Error("ingest: " + JSON.stringify(taken));
if (Object.keys(features(initialState())).length < 20) throw new Error("features");
await service.close();
`,
  "ml.ts": `
import { kolmogorovSmirnov, populationStabilityIndex } from "@attune/ml";
const sample = Array.from({ length: 200 }, (_, i) => i / 200);
if (populationStabilityIndex(sample, sample) > 1e-9 || kolmogorovSmirnov(sample, sample).d !== 0) throw new Error("ml");
`,
  "react.tsx": `
import { renderToString } from "react-dom/server";
import { createAttune } from "@attune/core";
import { Personalize, PersonalizationProvider } from "@attune/react";
const html = renderToString(
  <PersonalizationProvider attune={createAttune({})}>
    <Personalize slot="hero" fallback={<p>generic</p>}>{() => <p>personal</p>}</Personalize>
  </PersonalizationProvider>,
);
if (!html.includes("generic")) throw new Error("react: " + html);
`,
  "server.ts": `
import { createAttuneServer } from "@attune/server";
import { embedded } from "@attune/server/embedded";
import { toNodeListener } from "@attune/server-adapters/node";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
const ports = await embedded({ dir: mkdtempSync(join(tmpdir(), "attune-host-")) });
const server = createAttuneServer({ ...ports, auth: { keys: [] } });
if (typeof toNodeListener(server.fetch) !== "function") throw new Error("mount");
const answer = await server.fetch(new Request("http://host/health"));
if (answer.status !== 200) throw new Error("health: " + answer.status);
await server.close();
await ports.close();
`,
};

/** Writes one tarball per package into a folder; null, or what failed. */
export async function pack(folder) {
  mkdirSync(folder, { recursive: true });
  for (const name of PACKAGES) {
    const packed = await run("npx", ["--yes", PNPM, "pack", "--pack-destination", folder], {
      cwd: join(root, "packages", name),
      capture: true,
    });
    if (packed.code !== 0) return packed;
  }
  return null;
}

/** The tarballs of a folder, by package. */
export const tarballsIn = (folder) =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((file) => file.endsWith(".tgz"))
      .map((file) => [file.replace(/^attune-(.+)-\d.*$/, "@attune/$1"), join(folder, file)]),
  );

/** Packs every package, checks the tarballs' shape and types, installs them with npm into an empty host outside the workspace, type-checks and runs it. */
export async function checkPacked() {
  const folder = mkdtempSync(join(tmpdir(), "attune host "));
  try {
    const tarballs = join(folder, "tarballs");
    const failed = await pack(tarballs);
    if (failed) return failed;
    const files = tarballsIn(tarballs);
    for (const file of Object.values(files)) {
      const shape = await run(process.execPath, [bin("publint/src/cli.js"), "run", file, "--strict"], {
        capture: true,
      });
      if (shape.code !== 0) return shape;
      const types = await run(
        process.execPath,
        [
          bin("@arethetypeswrong/cli/dist/index.js"),
          file,
          "--profile",
          "esm-only",
          "--no-emoji",
          "--format",
          "ascii",
          "--exclude-entrypoints",
          "./consent/styles.css",
          "./consent/privacy.css",
          "./devtools/styles.css",
          "./static/*",
          "./ruleset.schema.json",
          "./package.json",
        ],
        { capture: true, env: { NO_COLOR: "1" } },
      );
      if (types.code !== 0) return types;
    }
    const host = join(folder, "host app");
    mkdirSync(host);
    const local = Object.fromEntries(Object.entries(files).map(([name, file]) => [name, `file:${file}`]));
    writeFileSync(
      join(host, "package.json"),
      JSON.stringify({
        name: "host",
        private: true,
        type: "module",
        dependencies: {
          ...local,
          lmdb: "3.5.6",
          react: "19.3.1",
          "react-dom": "19.3.1",
          "@types/react": "19.3.0",
          "@types/react-dom": "19.3.0",
          "@types/node": "20.19.0",
        },
        overrides: local,
      }),
    );
    const installed = await run(
      "npm",
      ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"],
      { cwd: host, capture: true },
    );
    if (installed.code !== 0) return installed;
    mkdirSync(join(host, "src"));
    for (const [file, text] of Object.entries(HOST)) writeFileSync(join(host, "src", file), text);
    writeFileSync(
      join(host, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          target: "ES2022",
          module: "NodeNext",
          moduleResolution: "NodeNext",
          strict: true,
          jsx: "react-jsx",
          outDir: "out",
          types: ["node"],
          skipLibCheck: false,
          lib: ["ES2022", "DOM"],
        },
        include: ["src"],
      }),
    );
    const checked = await run(process.execPath, [bin("typescript/bin/tsc"), "-p", host], { capture: true });
    if (checked.code !== 0) return checked;
    for (const file of Object.keys(HOST)) {
      const ran = await run(process.execPath, [join(host, "out", file.replace(/\.tsx?$/, ".js"))], {
        cwd: host,
        capture: true,
      });
      if (ran.code !== 0) return { code: ran.code, output: `${file}: ${ran.output}` };
    }
    return { code: 0, output: "" };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
