import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { staleReference } from "./reference.mjs";
import { bin, root, run } from "./run.mjs";

/** Markdown whose code people will copy. */
function pages() {
  const found = ["README.md"];
  for (const name of readdirSync(join(root, "docs"))) if (name.endsWith(".md")) found.push(`docs/${name}`);
  for (const name of readdirSync(join(root, "packages"))) found.push(`packages/${name}/README.md`);
  return found;
}

/**
 * Code blocks in a page. ```json has to be JSON. ```ts and ```tsx are compiled; with ` run` after the language they are run as well and must end well;
 * with ` as=name.ts` a block becomes a file that later blocks of the page can import; with ` augments` it changes types for a whole program,
 * so its page is compiled once without it and once more as a program of its own.
 *
 * @throws Error of a block that is not closed, or that stands in a list, where it would not be looked at.
 */
function blocks(markdown) {
  const found = [];
  const lines = markdown.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const opening = /^\s*```(tsx?|json)\b(.*)$/.exec(lines[i]);
    if (!opening) continue;
    const end = lines.indexOf("```", i + 1);
    if (end < 0 || !lines[i].startsWith("```"))
      throw new Error(`The block at line ${i + 1} ${end < 0 ? "is not closed" : "is indented"}.`);
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

/** What a host's program is compiled with. */
const projectOf = (include) =>
  JSON.stringify({
    extends: relative(join(root, "docs", ".blocks"), join(root, "tsconfig.base.json")),
    compilerOptions: {
      lib: ["ES2022", "DOM", "DOM.Iterable"],
      types: ["node"],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include,
  });

const compile = (project) =>
  run(process.execPath, [bin("typescript/bin/tsc"), "-p", project], { capture: true });

/** Compiles every block against the built packages, as a host would see them, and runs those marked `run`. */
export async function checkDocs() {
  const folder = join(root, "docs", ".blocks");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const stale = await staleReference();
  if (stale.length > 0) {
    return {
      code: 1,
      output: `${stale.join(" and ")} no longer say what the library does. Cure: node scripts/reference.mjs`,
    };
  }
  const runnable = [];
  const augmented = [];
  let count = 0;
  for (const page of pages()) {
    if (!existsSync(join(root, page)))
      return { code: 1, output: `${page} is missing: every package has a README.` };
    let found;
    try {
      found = blocks(readFileSync(join(root, page), "utf8"));
    } catch (error) {
      return { code: 1, output: `${page}: ${error.message}` };
    }
    const pageFolder = join(folder, page.replace(/[/.]/g, "_"));
    mkdirSync(pageFolder);
    for (const block of found) {
      if (block.flags.includes("augments")) {
        const types = join(folder, `${basename(pageFolder)}.augments.ts`);
        writeFileSync(types, block.code.replaceAll('from "./', `from "./${basename(pageFolder)}/`));
        augmented.push([pageFolder, types]);
        count++;
        continue;
      }
      const given = block.flags.find((flag) => flag.startsWith("as="))?.slice(3);
      if (block.language === "json") {
        // An example of a form, or a file that the page's code imports.
        try {
          JSON.parse(block.code);
        } catch (error) {
          return { code: 1, output: `${page}, the block at line ${block.line}: ${error.message}` };
        }
        if (given) writeFileSync(join(pageFolder, given), block.code);
        continue;
      }
      const file = join(pageFolder, given ?? `line-${block.line}.${block.language}`);
      writeFileSync(file, `${block.code}\nexport {};\n`);
      if (block.flags.includes("run")) runnable.push(file);
      count++;
    }
  }
  writeFileSync(join(folder, "tsconfig.json"), projectOf(["*/**/*"]));
  const types = await compile(folder);
  if (types.code !== 0) return types;
  for (const [page, augmentation] of augmented) {
    const project = join(folder, `${basename(page)}.json`);
    writeFileSync(project, projectOf([`${basename(page)}/**/*`, basename(augmentation)]));
    const again = await compile(project);
    if (again.code !== 0) return again;
  }
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
