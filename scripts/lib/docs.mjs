import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bin, root, run } from "./run.mjs";

/** Markdown whose code people will copy. */
function pages() {
  const found = ["README.md"];
  for (const name of readdirSync(join(root, "docs"))) if (name.endsWith(".md")) found.push(`docs/${name}`);
  for (const name of readdirSync(join(root, "packages"))) found.push(`packages/${name}/README.md`);
  return found;
}

/**
 * Code blocks in a page. ```ts and ```tsx are compiled; with ` run` after the language they are run as well and must end well;
 * with ` as=name.ts` a block becomes a file that later blocks of the page can import.
 */
export function blocks(markdown) {
  const found = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const opening = /^```(tsx?)(.*)$/.exec(lines[i]);
    if (!opening) continue;
    const end = lines.indexOf("```", i + 1);
    found.push({
      line: i + 1,
      language: opening[1],
      flags: opening[2].trim().split(/\s+/).filter(Boolean),
      code: lines.slice(i + 1, end).join("\n"),
    });
    i = end;
  }
  return found;
}

/** Compiles every block against the built packages, as a host would see them, and runs those marked `run`. */
export async function checkDocs() {
  const folder = join(root, "docs", ".blocks");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const runnable = [];
  let count = 0;
  for (const page of pages()) {
    let text;
    try {
      text = readFileSync(join(root, page), "utf8");
    } catch {
      return { code: 1, output: `${page} is missing: every package has a README.` };
    }
    const pageFolder = join(folder, page.replace(/[/.]/g, "_"));
    mkdirSync(pageFolder);
    for (const block of blocks(text)) {
      const given = block.flags.find((flag) => flag.startsWith("as="))?.slice(3);
      const file = join(pageFolder, given ?? `line-${block.line}.${block.language}`);
      writeFileSync(file, `${block.code}\nexport {};\n`);
      if (block.flags.includes("run")) runnable.push(file);
      count++;
    }
  }
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      extends: "../../tsconfig.base.json",
      compilerOptions: {
        lib: ["ES2022", "DOM", "DOM.Iterable"],
        types: ["node"],
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["**/*"],
    }),
  );
  const types = await run(process.execPath, [bin("typescript/bin/tsc"), "-p", folder], { capture: true });
  if (types.code !== 0) return types;
  const esbuild = await import("esbuild");
  for (const file of runnable) {
    const bundle = file.replace(/\.tsx?$/, ".bundle.mjs");
    await esbuild.build({
      entryPoints: [file],
      outfile: bundle,
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
      logLevel: "error",
    });
    const ran = await run(process.execPath, [bundle], { capture: true, cwd: folder });
    if (ran.code !== 0)
      return { code: ran.code, output: `${file.replace(root, "")} did not run:\n${ran.output}` };
  }
  rmSync(folder, { recursive: true, force: true });
  return { code: 0, output: `${count} blocks compiled, ${runnable.length} run` };
}
