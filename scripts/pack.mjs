import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pack, tarballsIn } from "./lib/packed.mjs";
import { build, install } from "./lib/prepare.mjs";
import { bold, dim, red, root } from "./lib/run.mjs";

/**
 * Packs every package into tarballs/, for hosts that use Attune before it is on npm. `host.json` beside them is what a host's package.json
 * needs: its `overrides` let the packages find each other.
 */
const folder = join(root, "tarballs");
await install();
await build();
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
const failed = await pack(folder);
if (failed) {
  console.error(red(failed.output));
  process.exit(1);
}
const packages = tarballsIn(folder);
const files = Object.fromEntries(Object.entries(packages).map(([name, file]) => [name, `file:${file}`]));
writeFileSync(
  join(folder, "host.json"),
  `${JSON.stringify({ dependencies: files, overrides: files }, null, 2)}\n`,
);
for (const [name, file] of Object.entries(packages)) console.log(`${bold(name)}  ${relative(root, file)}`);
console.log(
  dim("Copy `dependencies` (those you use) and `overrides` from tarballs/host.json into your package.json."),
);
