import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const path = (name: string): string => fileURLToPath(new URL(`../${name}.mjs`, import.meta.url));

/** What has to be installed for this command to get as far as its first line. */
async function neededAtOnce(name: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [path(name)],
    bundle: true,
    write: false,
    metafile: true,
    logLevel: "error",
    platform: "node",
    format: "esm",
    packages: "external",
    // What is imported later becomes a file of its own.
    splitting: true,
    outdir: "out",
  });
  const outputs = Object.entries(metafile.outputs);
  const files = outputs.flatMap(([file, { entryPoint }]) =>
    entryPoint?.endsWith(`scripts/${name}.mjs`) ? [file] : [],
  );
  const found = new Set<string>();
  for (const file of files)
    for (const { path: imported, kind, external } of metafile.outputs[file]?.imports ?? []) {
      if (kind !== "import-statement") continue;
      if (external !== true) files.push(imported);
      else if (!imported.startsWith("node:")) found.add(imported);
    }
  return [...found];
}

describe("commands in a folder where nothing is installed", () => {
  it.each(["start", "test", "check", "prove", "bench", "build", "api", "pack", "reference", "run-reference"])(
    "%s installs by itself: it needs only Node to begin",
    async (name) => {
      expect(await neededAtOnce(name)).toEqual([]);
    },
  );

  it("and the test sees what a command would need", async () => {
    expect(await neededAtOnce("picture")).toEqual(["playwright-core"]);
  });
});
