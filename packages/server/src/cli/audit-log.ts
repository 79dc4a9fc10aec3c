import { parseArgs } from "node:util";
import { parseAuditCheckpoint } from "./audit-checkpoint.js";
import type { AuditVerdict } from "@attune/core/service";
import { withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { readJsonFile } from "./files.js";
import { PLACE_OPTIONS, placeWithData } from "./place.js";
import { number, type Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

const REASONS: Readonly<Record<Extract<AuditVerdict, { ok: false }>["reason"], string>> = {
  altered: "Something in it was changed after it was written.",
  "out-of-order": "An entry was moved, taken out or put in.",
  "cut-off": "Entries are missing at the end: an earlier state, which is signed, had them.",
  "checkpoint-forged":
    "The checkpoint was not signed with this site's key, is of another site, or was changed.",
};

/** `attune audit-log verify|checkpoint`: whether the log of what was done is whole, and what it has come to, to be kept elsewhere. */
export async function auditLog(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...PLACE_OPTIONS,
      site: { type: "string", default: "default" },
      checkpoint: { type: "string", multiple: true },
    },
  });
  const [what] = positionals;
  if (positionals.length !== 1 || (what !== "verify" && what !== "checkpoint"))
    throw new UsageError("Say which: attune audit-log verify, or attune audit-log checkpoint.");
  const { site, json, checkpoint = [] } = values;
  const checkpoints = await Promise.all(
    checkpoint.map(async (file) => parseAuditCheckpoint(await readJsonFile("checkpoint", file), file)),
  );
  const place = await placeWithData(values);
  return withBackEnd({ ...place, report: reportTo(terminal) }, async ({ service }) => {
    if (what === "checkpoint") {
      const signed = await service.audit.checkpoint(site);
      if (signed === null) terminal.err(`The audit log of the site ${site} is empty.`);
      else terminal.out(JSON.stringify(signed));
      return signed === null ? 1 : 0;
    }
    const verdict = await service.audit.verify({ site, checkpoints });
    if (json) terminal.out(JSON.stringify({ site, ...verdict }));
    else if (verdict.ok) {
      terminal.out(`The audit log of the site ${site} is whole: ${number(verdict.entries)} entries.`);
      if (checkpoints.length === 0)
        terminal.out(
          terminal.dim(
            "  Against a checkpoint that was kept elsewhere this would also show a log that was written anew.",
          ),
        );
    } else
      terminal.err(
        `The audit log of the site ${site} does not hold at entry ${verdict.seq}. ${REASONS[verdict.reason]}`,
      );
    return verdict.ok ? 0 : 1;
  });
}
