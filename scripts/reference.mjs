import { build, install } from "./lib/prepare.mjs";
import { writeReference } from "./lib/reference.mjs";

/** Writes docs/ruleset.md, the ruleset's JSON Schema and docs/events.md anew from the library's own lists. */
await install();
await build();
console.log(`Written: ${(await writeReference()).join(", ")}.`);
