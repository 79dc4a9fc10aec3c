import { setImmediate as turn } from "node:timers/promises";
import type { VisitorExport } from "@attune/core/service";
import { strToU8, Zip, ZipDeflate } from "fflate";
import { json } from "../http/respond.js";

export const EXPORT_FORMATS = ["json", "ndjson", "zip"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

type Kind = "profile" | "event" | "record";
interface Line {
  of: Kind;
  line: unknown;
}

/** Lines that are written before others have their turn: one person may have sent any number of events. */
const BATCH = 200;

/** One line for the head, then one for each record, each saying what it is: `{ kind, visitor, … }`. */
function* linesOf({ visitors, ...head }: VisitorExport): Generator<Line> {
  yield { of: "profile", line: { kind: "export", ...head } };
  for (const [visitor, { events, other, ...profile }] of visitors.entries()) {
    yield { of: "profile", line: { kind: "profile", visitor, ...profile } };
    for (const event of events) yield { of: "event", line: { kind: "event", visitor, event } };
    for (const [kind, records] of Object.entries(other))
      for (const record of records) yield { of: "record", line: { kind, visitor, record } };
  }
}

/** The lines of these kinds, some at a time. */
async function* textOf(data: VisitorExport, kinds: readonly Kind[]): AsyncGenerator<Uint8Array> {
  let text = "";
  let lines = 0;
  for (const { of, line } of linesOf(data)) {
    if (!kinds.includes(of)) continue;
    text += `${JSON.stringify(line)}\n`;
    if (++lines % BATCH > 0) continue;
    yield strToU8(text);
    text = "";
    await turn();
  }
  yield strToU8(text);
}

/** What each file of the archive holds, for whoever opens it. */
const README = `This is everything that is held of you here.

profile.ndjson   when this was made; for each device or browser: what was learned, segments, traits, decisions on consent
events.ndjson    what was done, one event a line, with the purposes that it may be used for
records.ndjson   all other records: links between devices and accounts, what was counted, what could not be read

Each line is JSON. Lines of one device or browser have the same number as "visitor".
`;

/** The lines, sorted into files. */
async function* zipOf(data: VisitorExport): AsyncGenerator<Uint8Array> {
  const made: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    made.push(chunk);
  });
  const files: readonly [name: string, text: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>][] = [
    ["README.txt", () => [strToU8(README)]],
    ["profile.ndjson", () => textOf(data, ["profile"])],
    ["events.ndjson", () => textOf(data, ["event"])],
    ["records.ndjson", () => textOf(data, ["record"])],
  ];
  for (const [name, text] of files) {
    const file = new ZipDeflate(name);
    file.mtime = new Date(data.exportedAt);
    zip.add(file);
    for await (const part of text()) {
      file.push(part);
      yield* made.splice(0);
    }
    file.push(new Uint8Array(), true);
  }
  zip.end();
  yield* made.splice(0);
}

/** Made as it is read, and not on where nobody reads any more. */
function streamOf(parts: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await parts.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await parts.return(undefined);
    },
  });
}

/** An export as a file in the form that was asked for. */
export function exportFile(data: VisitorExport, format: ExportFormat): Response {
  const disposition = { "content-disposition": `attachment; filename="attune-export.${format}"` };
  if (format === "json") return json(data, { headers: disposition });
  const isZip = format === "zip";
  return new Response(streamOf(isZip ? zipOf(data) : textOf(data, ["profile", "event", "record"])), {
    headers: {
      "content-type": isZip ? "application/zip" : "application/x-ndjson; charset=utf-8",
      "cache-control": "no-store",
      ...disposition,
    },
  });
}
