import { parseArgs } from "node:util";
import { withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import type { Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

/** `attune keys rotate`: from now on the keys of new subjects are wrapped under a new key. */
export async function keysCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...PLACE_OPTIONS, site: { type: "string", default: "default" } },
  });
  if (positionals.length !== 1 || positionals[0] !== "rotate")
    throw new UsageError("What can be done with keys: attune keys rotate.");
  const { site, json } = values;
  const place = await placeWithData(values);
  return withBackEnd({ ...place, report: reportTo(terminal) }, async ({ ports, service }) => {
    if (ports.keys === null)
      throw new UsageError(
        "The configuration names no keys, so nothing is sealed and there is nothing to rotate. Name them under /ports/keys: `files` or `kms`.",
      );
    const key = await ports.keys.rotate(site);
    await service.audit.append({ type: "key-rotated", detail: { key } }, { site });
    if (json) terminal.out(JSON.stringify({ site, key }));
    else {
      terminal.out(`The site ${site} has the new key ${key}.`);
      terminal.out(
        "Running processes use it within a minute. Keep the earlier ones for as long as what they wrapped is kept.",
      );
    }
    return 0;
  });
}
