import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventsReference } from "./events-reference.mjs";
import { rulesetReference } from "./ruleset-reference.mjs";
import { root } from "./run.mjs";

/** Every file that is written from the library's own lists, as the built library says it has to be. */
const reference = async () => ({ ...(await rulesetReference()), ...(await eventsReference()) });

/** Names of the files that are not as they have to be. */
export async function staleReference() {
  const stale = [];
  for (const [file, text] of Object.entries(await reference())) {
    let found = "";
    try {
      found = readFileSync(join(root, file), "utf8");
    } catch {}
    if (found !== text) stale.push(file);
  }
  return stale;
}

/** @returns {Promise<string[]>} The names of the files. */
export async function writeReference() {
  const files = await reference();
  for (const [file, text] of Object.entries(files)) writeFileSync(join(root, file), text);
  return Object.keys(files);
}
