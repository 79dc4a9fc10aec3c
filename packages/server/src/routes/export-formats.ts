import type { VisitorExport } from "@attune/core/service";
import { strToU8, zipSync } from "fflate";
import { json } from "../http/respond.js";

export const EXPORT_FORMATS = ["json", "ndjson", "zip"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Kind = "profile" | "event" | "record";
interface Line {
  of: Kind;
  line: unknown;
}

/** One line for the head, then one for each record, each saying what it is: `{ kind, visitor, … }`. */
function linesOf({ visitors, ...head }: VisitorExport): Line[] {
  const lines: Line[] = [{ of: "profile", line: { kind: "export", ...head } }];
  visitors.forEach(({ events, other, ...profile }, visitor) => {
    lines.push({ of: "profile", line: { kind: "profile", visitor, ...profile } });
    for (const event of events) lines.push({ of: "event", line: { kind: "event", visitor, event } });
    for (const [kind, records] of Object.entries(other))
      for (const record of records) lines.push({ of: "record", line: { kind, visitor, record } });
  });
  return lines;
}

const textOf = (lines: readonly Line[]): string =>
  lines.map(({ line }) => `${JSON.stringify(line)}\n`).join("");

/** What each file of the archive holds, for whoever opens it. */
const README = `This is everything that is held of you here.

profile.ndjson   when this was made; for each device or browser: what was learned, segments, traits, decisions on consent
events.ndjson    what was done, one event a line, with the purposes that it may be used for
records.ndjson   all other records: links between devices and accounts, what was counted, what could not be read

Each line is JSON. Lines of one device or browser have the same number as "visitor".
`;

/** The lines, sorted into files. Made at once: it is as large as what is held of one person. */
function zipOf(data: VisitorExport): Uint8Array<ArrayBuffer> {
  const lines = linesOf(data);
  const file = (of: Kind): Uint8Array => strToU8(textOf(lines.filter((line) => line.of === of)));
  return zipSync(
    {
      "README.txt": strToU8(README),
      "profile.ndjson": file("profile"),
      "events.ndjson": file("event"),
      "records.ndjson": file("record"),
    },
    { mtime: new Date(data.exportedAt) },
  );
}

/** An export as a file in the form that was asked for. */
export function exportFile(data: VisitorExport, format: ExportFormat): Response {
  const disposition = { "content-disposition": `attachment; filename="attune-export.${format}"` };
  if (format === "json") return json(data, { headers: disposition });
  const isZip = format === "zip";
  return new Response(isZip ? zipOf(data) : textOf(linesOf(data)), {
    headers: {
      "content-type": isZip ? "application/zip" : "application/x-ndjson; charset=utf-8",
      "cache-control": "no-store",
      ...disposition,
    },
  });
}
