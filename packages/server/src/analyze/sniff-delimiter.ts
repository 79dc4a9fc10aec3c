import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

const DELIMITERS = [",", ";", "\t", "|"];

/** The one of comma, semicolon, tab and bar that the first line has most of, outside of quotes. A file that cannot be unpacked is told of where it is read. */
export async function sniffDelimiter(file: string): Promise<string> {
  const raw = createReadStream(file, { end: (1 << 18) - 1 });
  // Of what is packed only the beginning is there, which unpacks to its end and then fails.
  const text = file.endsWith(".gz") ? pipeline(raw, createGunzip(), () => undefined) : raw;
  let head = "";
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      head += chunk.toString("utf8");
      if (/[\r\n]./s.test(head) || head.length > 1 << 16) break;
    }
  } catch {
    // Whoever reads it whole says what is wrong.
  }
  const line = (head.match(/^(?:"(?:[^"]|"")*"|[^\r\n"]|")*/)?.[0] ?? "").replace(/"(?:[^"]|"")*"/g, "");
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] as string;
}
