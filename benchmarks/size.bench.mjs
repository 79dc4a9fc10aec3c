import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ENGINE = `export { createAttune } from "@attune/core";`;
const BROWSER = `${ENGINE} export { browser } from "@attune/core/browser";`;

const REACT = `${BROWSER} export * from "@attune/react";`;
/** kB that React may add to a page with the engine: its hooks and components, and what they use of core that is not there without them. */
const REACT_ADDS = 4;

/** Label, what is bundled, its budget in kB for the first load (null: none), and whether there is a part that comes later. */
const ENTRIES = [
  ["compileRuleset + decide", `export { compileRuleset } from "@attune/core/decisions";`, 5, false],
  ["createAttune (consent, decide)", ENGINE, 10, true],
  ["createAttune + browser", BROWSER, 16, true],
  ["GrowthBook client", `export { GrowthBook } from "@growthbook/growthbook";`, null, false],
];

/** Leaves out what stands behind a dynamic import: bundlers make a chunk of its own of that. */
const withoutLater = {
  name: "without-later",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    );
  },
};

async function kilobytes(contents, plugins = []) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    // Else the workspace's sources would be bundled: hosts get what was built.
    tsconfigRaw: "{}",
    plugins,
    external: ["react", "react-dom"],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000;
}

const within = (label, value, limit) => ({
  label,
  ok: value <= limit,
  target: `≤ ${limit} kB`,
  seen: `${value.toFixed(2)} kB`,
});

export async function run() {
  const rows = [];
  const checks = [];
  const unit = "kB min+gzip";
  for (const [label, contents, limit, split] of ENTRIES) {
    const value = await kilobytes(contents, [withoutLater]);
    rows.push({ label: split ? `${label}, first load` : label, value, unit });
    if (split) rows.push({ label: `${label}, in total`, value: await kilobytes(contents), unit });
    if (limit !== null) checks.push(within(label, value, limit));
  }
  const adds = (await kilobytes(REACT, [withoutLater])) - (await kilobytes(BROWSER, [withoutLater]));
  rows.push({ label: "react adds to createAttune + browser", value: adds, unit });
  checks.push(within("react adds", adds, REACT_ADDS));
  return { name: "Bytes a page loads", rows, checks };
}
