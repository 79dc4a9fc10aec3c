import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline, type Readable, Transform } from "node:stream";
import { createGunzip } from "node:zlib";
import { AttuneError } from "@attune/core";
import { type CsvError, parse } from "csv-parse";
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
  /** CSV: names where the file has no header line. NDJSON: the members that make a row; without them a line is passed on as it stands. */
  columns?: readonly string[];
  delimiter?: string;
}

/**
 * Reads a file as a stream, unpacking `.gz`; at no time is more of it in memory than a few chunks and one row.
 *
 * @throws AttuneError `ATTUNE_REPLAY_FILE`, while rows are taken, for an archive that is damaged or none, a header that is no CSV, a quote that is not closed, and a line of NDJSON beyond 1 MiB.
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
    // One that is being written to may have grown.
    progress: () => (size === 0 ? 1 : Math.min(1, read / size)),
    rows: (onColumns) =>
      unpacked(
        options.format === "csv"
          ? csvRows(source(), options, onColumns)
          : ndjsonRows(source(), options, onColumns),
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

/** `pipe` that hands on errors, so that a damaged archive ends the reading with its error, and closes the file where it is not read to its end. */
function forward<T extends Transform>(from: Readable, to: T): T {
  pipeline(from, to, () => undefined);
  return to;
}

/** Of a row of CSV or a line of NDJSON, bytes: far more than an event may have, and little enough to hold. */
const LONGEST_ROW = 1 << 20;
/** What csv-parse says where everything to the end of the file, or to the longest row, would be one field. */
const UNENDING = new Set(["CSV_QUOTE_NOT_CLOSED", "CSV_MAX_RECORD_SIZE"]);
/** Not what the first line ends with alone: files that were put together mix them, and all rows up to the next such end would be one. */
const LINE_ENDS = ["\r\n", "\n", "\r"];

/** What the parser skips. It is ahead of what was taken from it: of each faulty row it is told how many good ones came before. */
function createSkips() {
  const faults: number[] = [];
  let last = { line: 0, bytes: -1 };
  const skips = {
    faults,
    /** Behind how many good rows it ends, since rows cannot be told apart from there on. */
    endBehind: Number.POSITIVE_INFINITY,
    take(error: CsvError): void {
      const before = Number(error.records);
      // `bytes` are those up to the last whole field.
      const at = { line: Number(error.lines), bytes: Number(error.bytes) };
      const isSameField = at.bytes === last.bytes;
      // A quoted field with a quote inside it that goes on past its line has not ended where it should, and takes the rows to come with it.
      if (UNENDING.has(error.code) || (isSameField && at.line > last.line)) {
        // Counted as one faulty row, all rows in it would be missing without a word.
        if (isSameField) faults.pop();
        skips.endBehind = before;
        return;
      }
      // A row with several such quotes is told of at each.
      if (at.line !== last.line) faults.push(before);
      last = at;
    },
  };
  return skips;
}

async function* csvRows(
  source: Readable,
  { columns, delimiter = "," }: RowOptions,
  onColumns: (columns: readonly string[]) => void,
): AsyncGenerator<FileRow> {
  const skips = createSkips();
  const { faults } = skips;
  let taken = 0;
  const parser = parse({
    delimiter,
    record_delimiter: LINE_ENDS,
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: LONGEST_ROW,
    on_skip(error) {
      if (error === undefined || skips.endBehind < Number.POSITIVE_INFINITY) return;
      // The first row would be taken for it.
      if (Number(error.records) === 0 && !columns) return void parser.destroy(badHeader());
      skips.take(error);
      // Else those that it has ready, and that would go with it, are taken first.
      if (taken >= skips.endBehind) parser.destroy();
    },
  });
  forward(source, parser);
  let number = 0;
  let named = columns ?? null;
  if (named) onColumns(named);
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      for (; faults[0] !== undefined && faults[0] <= taken; faults.shift())
        yield { number: ++number, fault: "ATTUNE_REPLAY_CSV" };
      taken += 1;
      if (named) yield { number: ++number, row: record.map(emptyToNull) };
      else onColumns((named = record));
      if (taken >= skips.endBehind) break;
    }
  } catch (error) {
    if (skips.endBehind === Number.POSITIVE_INFINITY) throw error;
  }
  if (!named) onColumns([]);
  for (const _ of faults) yield { number: ++number, fault: "ATTUNE_REPLAY_CSV" };
  if (skips.endBehind < Number.POSITIVE_INFINITY) throw unclosed(number);
}

const badHeader = (): AttuneError =>
  new AttuneError(
    "ATTUNE_REPLAY_FILE",
    "The header line is no CSV: a quote in it stands alone or is not closed. Correct it, and replay the file again.",
  );

const unclosed = (rows: number): AttuneError =>
  new AttuneError(
    "ATTUNE_REPLAY_FILE",
    `A quote that is opened behind row ${rows} is not closed, so it cannot be told where rows end from there on. Close or remove it, and replay the file again.`,
  );

const emptyToNull = (field: string): string | null => (field === "" ? null : field);

async function* ndjsonRows(
  source: Readable,
  { columns }: RowOptions,
  onColumns: (columns: readonly string[]) => void,
): AsyncGenerator<FileRow> {
  onColumns(columns ?? []);
  let number = 0;
  for await (const line of linesOf(source)) {
    // Also takes away the mark that some editors put in front of UTF-8.
    const text = line.trim();
    if (text === "") continue;
    number += 1;
    const parsed = parseLine(text, number);
    yield columns === undefined ? parsed : asRow(withLongNumbersAsText(parsed, text), columns, text);
  }
}

const LINE_FEED = 0x0a;

/** The lines as texts, empty ones too; of a line that does not end no more is held than the longest may have. */
async function* linesOf(source: Readable): AsyncGenerator<string> {
  let pieces: Buffer[] = [];
  let held = 0;
  let number = 1;
  const hold = (piece: Buffer): void => {
    held += piece.length;
    if (held > LONGEST_ROW) throw tooLong(number);
    pieces.push(piece);
  };
  const taken = (): string => {
    const line = Buffer.concat(pieces).toString("utf8");
    pieces = [];
    held = 0;
    number += 1;
    return line;
  };
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      hold(chunk.subarray(from, end));
      yield taken();
      from = end + 1;
    }
    hold(chunk.subarray(from));
  }
  yield taken();
}

const tooLong = (line: number): AttuneError =>
  new AttuneError(
    "ATTUNE_REPLAY_FILE",
    `Line ${line} is longer than 1 MiB, which no event is. See that each line is one event, split or remove that line, and replay the file again.`,
  );

function parseLine(line: string, number: number): FileRow {
  try {
    return { number, raw: JSON.parse(line) as unknown };
  } catch {
    return { number, fault: "ATTUNE_REPLAY_JSON" };
  }
}

/** A text as a whole, or a whole number of 16 digits or more outside of texts. */
const TEXT_OR_LONG_NUMBER = /("[^"\\]*(?:\\.[^"\\]*)*")|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** Fields are texts anyway, and `JSON.parse` rounds these: the ids of two people could become one. */
function withLongNumbersAsText(parsed: FileRow, line: string): FileRow {
  // Of what is no JSON, every quote might be tried as the beginning of a text that does not end.
  if (parsed.fault !== undefined || !/\d{16}/.test(line)) return parsed;
  const exact = line.replace(TEXT_OR_LONG_NUMBER, (found, text?: string) => text ?? `"${found}"`);
  return parseLine(exact, parsed.number);
}

/** The members as fields. The line itself comes behind them: it makes the row's hash tell of what is in no column. */
function asRow({ number, raw }: FileRow, columns: readonly string[], line: string): FileRow {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    return { number, fault: "ATTUNE_REPLAY_JSON" };
  const fields = columns.map((column) => {
    const value = Object.hasOwn(raw, column) ? (raw as Readonly<Record<string, unknown>>)[column] : null;
    if (value === null || value === "") return null;
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  });
  return { number, row: [...fields, line] };
}
