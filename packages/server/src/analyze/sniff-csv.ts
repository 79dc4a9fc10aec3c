import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

const DELIMITERS = [",", ";", "\t", "|"];

/** How a file writes what it says. */
export interface CsvFormat {
  /** The one of comma, semicolon, tab and bar that the first line has most of, outside of quotes. */
  readonly delimiter: string;
  /** Whether a comma may be a decimal one: not where it parts fields, nor where numbers have decimal points. */
  readonly isCommaDecimal: boolean;
}

/** Told from the beginning of a file. One that cannot be unpacked is told of where it is read. */
export async function sniffCsv(file: string, given?: string): Promise<CsvFormat> {
  const raw = createReadStream(file, { end: (1 << 18) - 1 });
  // Of what is packed only the beginning is there, which unpacks to its end and then fails.
  const text = file.endsWith(".gz") ? pipeline(raw, createGunzip(), () => undefined) : raw;
  let head = "";
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      head += chunk.toString("utf8");
      if (head.length > 1 << 16) break;
    }
  } catch {
    // Whoever reads it whole says what is wrong.
  }
  const line = (head.match(/^(?:"(?:[^"]|"")*"|[^\r\n"]|")*/)?.[0] ?? "").replace(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  const delimiter = given ?? (DELIMITERS[counts.indexOf(Math.max(...counts))] as string);
  return { delimiter, isCommaDecimal: delimiter !== "," && isCommaDecimalIn(head.split(/["\r\n;\t|]+/)) };
}

/** Three digits after a sign may be thousands, so that only another number of them says which it is. */
function isCommaDecimalIn(fields: readonly string[]): boolean {
  const has = (pattern: RegExp): boolean => fields.some((field) => pattern.test(field.trim()));
  return (
    has(/\d,(?:\d{1,2}|\d{4,})(?:\s*[€$£¥%])?$/) ||
    !has(/^[€$£¥+-]?[\d,]*\d\.(?:\d{1,2}|\d{4,})(?:\s*[€$£¥%])?$/)
  );
}
