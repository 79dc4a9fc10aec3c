import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { AttuneError } from "@attune/core";
import { parse } from "csv-parse";
import type { Row } from "./to-event.js";

/** One row of the file, or why it is none. Numbers start at 1 and leave the header out. */
export type FileRow =
  | { number: number; row: Row; raw?: undefined; fault?: undefined }
  | { number: number; raw: unknown; row?: undefined; fault?: undefined }
  | { number: number; fault: "ATTUNE_REPLAY_CSV" | "ATTUNE_REPLAY_JSON"; row?: undefined; raw?: undefined };

export interface RowSource {
  /** Told of the header, or of the columns as given, before the first row. */
  rows(onColumns: (columns: readonly string[]) => void): AsyncIterable<FileRow>;
  /** Share of the file's bytes that were read, [0, 1]. */
  progress(): number;
}

export interface RowOptions {
  format: "csv" | "ndjson";
  columns?: readonly string[];
  delimiter?: string;
}

/**
 * Reads a file as a stream, unpacking `.gz`; at no time is more of it in memory than a few chunks.
 *
 * @throws AttuneError `ATTUNE_REPLAY_FILE`, while rows are taken, for an archive that is damaged or none.
 */
export async function openRows(file: string, options: RowOptions): Promise<RowSource> {
  const { size } = await stat(file);
  let read = 0;
  const source = (): Readable => {
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        read += chunk.length;
        done(null, chunk);
      },
    });
    const raw = forward(createReadStream(file, { highWaterMark: 1 << 18 }), counted);
    return file.endsWith(".gz") ? forward(raw, createGunzip()) : raw;
  };
  return {
    progress: () => (size === 0 ? 1 : read / size),
    rows: (onColumns) =>
      unpacked(
        options.format === "csv" ? csvRows(source(), options, onColumns) : ndjsonRows(source(), onColumns),
        file,
      ),
  };
}

/** The rows as they come; a damaged archive ends them with an error that names the file and the cure. */
async function* unpacked(rows: AsyncIterable<FileRow>, file: string): AsyncGenerator<FileRow> {
  try {
    yield* rows;
  } catch (cause) {
    if (!String((cause as { code?: unknown } | null)?.code).startsWith("Z_")) throw cause;
    throw new AttuneError(
      "ATTUNE_REPLAY_FILE",
      `${file} is cut short, damaged or no gzip archive; pack it again, or rename it if it is not packed.`,
      { cause },
    );
  }
}

/** `pipe` that hands errors on, so that a damaged archive ends the reading with its error. */
function forward<T extends Transform>(from: Readable, to: T): T {
  from.on("error", (error) => to.destroy(error));
  return from.pipe(to);
}

async function* csvRows(
  source: Readable,
  { columns, delimiter = "," }: RowOptions,
  onColumns: (columns: readonly string[]) => void,
): AsyncGenerator<FileRow> {
  /** For each faulty row, how many good ones came before: the parser is ahead of what was taken from it. */
  const faults: number[] = [];
  const parser = parse({
    delimiter,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    on_skip: (error) => void faults.push(Number(error?.records ?? 0)),
  });
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let number = 0;
  let taken = 0;
  let named = columns ?? null;
  if (named) onColumns(named);
  for await (const record of parser as AsyncIterable<string[]>) {
    for (; faults[0] !== undefined && faults[0] <= taken; faults.shift())
      yield { number: ++number, fault: "ATTUNE_REPLAY_CSV" };
    taken += 1;
    if (named) yield { number: ++number, row: record.map(emptyToNull) };
    else onColumns((named = record));
  }
  if (!named) onColumns([]);
  for (const _ of faults) yield { number: ++number, fault: "ATTUNE_REPLAY_CSV" };
}

const emptyToNull = (field: string): string | null => (field === "" ? null : field);

async function* ndjsonRows(
  source: Readable,
  onColumns: (columns: readonly string[]) => void,
): AsyncGenerator<FileRow> {
  const lines = createInterface({ input: source, crlfDelay: Number.POSITIVE_INFINITY });
  let failure: { cause: unknown } | null = null;
  // Lines end without a word where their source fails.
  source.on("error", (cause) => {
    failure = { cause };
    lines.close();
  });
  onColumns([]);
  let number = 0;
  for await (const line of lines) {
    if (line.trim() === "") continue;
    number += 1;
    yield parseLine(line, number);
  }
  const failed = failure as { cause: unknown } | null;
  if (failed) throw failed.cause;
}

function parseLine(line: string, number: number): FileRow {
  try {
    return { number, raw: JSON.parse(line) as unknown };
  } catch {
    return { number, fault: "ATTUNE_REPLAY_JSON" };
  }
}
