import { AttuneError } from "@attune/core";
import type { SeriesPoint } from "@attune/core/ports";
import { encodeName, encodeText } from "./names.js";

/**
 * The years 1900 to 2199, ms. InfluxDB counts nanoseconds in 64 bits, which reach from 1677 to 2262; where a window
 * begins or ends beyond that it answers with wrong times, so times keep a distance of the longest window.
 */
export const EARLIEST_MS = -2_208_988_800_000;
export const LATEST_MS = 7_258_118_399_999;
/** 50 years. */
export const LONGEST_WINDOW_MS = 1_577_836_800_000;
/** Of a point's name and tags together, bytes; more is refused by the server. */
const LONGEST_KEY = 65_000;

/**
 * A point in line protocol, with its time in ms. Tags are in the order of their names, as the server keeps them.
 *
 * @throws AttuneError `ATTUNE_SERIES_POINT` where InfluxDB has no room for it.
 */
export function toLine({ name, at, tags = {}, fields }: SeriesPoint): string {
  if (at < EARLIEST_MS || at > LATEST_MS) throw refused("its time is not within the years 1900 to 2199.");
  const pairs = Object.entries(tags)
    .filter(([, value]) => value !== "")
    .map(([tag, value]) => `,${escapeKey(encodeName(tag))}=${escapeKey(encodeText(value))}`)
    .sort();
  const key = escapeMeasurement(encodeName(name)) + pairs.join("");
  if (Buffer.byteLength(key) > LONGEST_KEY)
    throw refused(
      `its name and tags have more than ${LONGEST_KEY} bytes together; tags are for few, short values.`,
    );
  const figures = Object.entries(fields).map(([field, value]) => `${escapeKey(encodeName(field))}=${value}`);
  return `${key} ${figures.join(",")} ${at}`;
}

const escapeMeasurement = (text: string): string => text.replace(/[, ]/g, "\\$&");
const escapeKey = (text: string): string => text.replace(/[,= ]/g, "\\$&");

const refused = (why: string): AttuneError =>
  new AttuneError("ATTUNE_SERIES_POINT", `A point cannot be written: ${why}`);
