import { build, install } from "./lib/prepare.mjs";
import { writeReference } from "./lib/ruleset-reference.mjs";

/** Writes docs/ruleset.md and the ruleset's JSON Schema anew from the library's own lists. */
await install();
await build();
await writeReference();
console.log("docs/ruleset.md and packages/core/ruleset.schema.json are written.");
