import { parseArgs } from "node:util";
import type { PersonalizationService } from "@attune/core/service";
import type { DeadLetter } from "@attune/core/ports";
import { sitesOf, withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { number, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

const PAGE = 200;

/** `attune dead-letters list|replay`: what was refused or could not be folded, and a second try. */
export async function deadLetters(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...PLACE_OPTIONS, site: { type: "string" }, id: { type: "string", multiple: true } },
  });
  const [what] = positionals;
  if (positionals.length !== 1 || (what !== "list" && what !== "replay"))
    throw new UsageError("Say which: attune dead-letters list, or attune dead-letters replay.");
  const place = await placeWithData(values);
  const sites = values.site === undefined ? sitesOf(place.config) : [values.site];
  const wanted = { sites, ...(values.id && { ids: values.id }) };
  return withBackEnd({ ...place, report: reportTo(terminal) }, ({ service }) =>
    what === "list"
      ? list(service, wanted, values.json, terminal)
      : replay(service, wanted, values.json, terminal),
  );
}

interface Wanted {
  sites: readonly string[];
  /** All, if none are named. */
  ids?: readonly string[];
}

async function* lettersOf(
  service: PersonalizationService,
  site: string,
  ids: readonly string[] | undefined,
): AsyncGenerator<DeadLetter> {
  const named = ids && new Set(ids);
  for (let after: string | null = null; ; ) {
    const page: DeadLetter[] = await service.deadLetters.list(after, PAGE, { site });
    for (const letter of page) if (!named || named.has(letter.id)) yield letter;
    const last = page.at(-1);
    if (last === undefined) return;
    after = last.id;
  }
}

/** Of a letter, what an operator goes by. The body may hold what a visitor did, and stays where it is. */
const shown = ({ id, at, reasons, source, body }: DeadLetter) => ({
  id,
  at: new Date(at).toISOString(),
  site: source.site,
  route: source.route,
  reasons,
  replayable: body !== "",
});

async function list(
  service: PersonalizationService,
  { sites, ids }: Wanted,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  let count = 0;
  for (const site of sites)
    for await (const letter of lettersOf(service, site, ids)) {
      count++;
      const line = shown(letter);
      if (json) terminal.out(JSON.stringify(line));
      else {
        terminal.out(
          `${line.id}  ${line.at}  ${line.site}  ${line.route}${line.replayable ? "" : "  (its content was not kept)"}`,
        );
        for (const { path, code, message } of line.reasons)
          terminal.out(terminal.dim(`  ${code} ${path} ${message}`));
      }
    }
  if (!json)
    terminal.out(
      count === 0
        ? "There are no dead letters."
        : `${number(count)} dead letters. Each is destroyed 7 days after it came.`,
    );
  return 0;
}

async function replay(
  service: PersonalizationService,
  { sites, ids }: Wanted,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const found = new Set<string>();
  const result = { replayed: 0, stillRefused: 0 };
  for (const site of sites) {
    const own: string[] = [];
    for await (const { id } of lettersOf(service, site, ids)) own.push(id);
    if (own.length === 0) continue;
    const { replayed, stillRefused } = await service.deadLetters.replay(own, { site });
    result.replayed += replayed;
    result.stillRefused += stillRefused;
    for (const id of own) found.add(id);
  }
  const missing = (ids ?? []).filter((id) => !found.has(id));
  if (json) terminal.out(JSON.stringify({ ...result, missing }));
  else {
    terminal.out(`${number(result.replayed)} taken now; the next worker folds them.`);
    if (result.stillRefused > 0)
      terminal.out(`${number(result.stillRefused)} refused again: attune dead-letters list says why.`);
    for (const id of missing) terminal.err(`There is no letter ${id}.`);
  }
  return result.stillRefused > 0 || missing.length > 0 ? 1 : 0;
}
