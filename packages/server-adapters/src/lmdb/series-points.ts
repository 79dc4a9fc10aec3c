import { AttuneError } from "@attune/core";
import type { SeriesPoint } from "@attune/core/ports";
import { encodeText } from "../shared/text.js";
import { MAX_KEY_BYTES, joinKey } from "./keys.js";

type Tags = Readonly<Record<string, string>>;

/** Points of one name with the same tags, on their way into the file. */
export interface Line {
  /** Under which the line's number stands: name, then tags as sorted pairs in JSON. */
  key: Buffer;
  points: { at: number; fields: Readonly<Record<string, number>> }[];
}

/** @throws AttuneError `ATTUNE_SERIES_POINT` where name and tags are longer together than a key may be. */
export function toLines(points: readonly SeriesPoint[]): Line[] {
  const lines = new Map<string, Line>();
  points.forEach(({ name, tags = {}, at, fields }, index) => {
    const pairs = tagPairs(tags);
    const text = JSON.stringify([name, pairs]);
    let line = lines.get(text);
    if (line === undefined) {
      line = { key: lineKey(name, pairs, index), points: [] };
      lines.set(text, line);
    }
    line.points.push({ at, fields });
  });
  return [...lines.values()];
}

function lineKey(name: string, pairs: readonly (readonly [string, string])[], index: number): Buffer {
  const key = joinKey(encodeText(name), encodeText(JSON.stringify(pairs)));
  if (key.length <= MAX_KEY_BYTES) return key;
  throw new AttuneError(
    "ATTUNE_SERIES_POINT",
    `A point cannot be written: its name and tags may have about ${MAX_KEY_BYTES} bytes together. Use shorter tags.`,
    { path: `/${index}/tags` },
  );
}

/** By name, without those that are empty, which are no tags. */
function tagPairs(tags: Tags): (readonly [string, string])[] {
  return Object.entries(tags)
    .filter(([, value]) => value !== "")
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** From entries, so that a tag named `__proto__` is an ordinary key. */
export const tagsIn = (text: string): Tags => Object.fromEntries(JSON.parse(text) as [string, string][]);

/** The fields of a point with those of a later write of it. */
export const mergeFields = (known: string | undefined, fields: Readonly<Record<string, number>>): string => {
  if (known === undefined) return JSON.stringify(fields);
  const before = JSON.parse(known) as Record<string, number>;
  return JSON.stringify(Object.fromEntries([...Object.entries(before), ...Object.entries(fields)]));
};

const UPPER = 2 ** 32;
const SIGN = 2 ** 31;

/** 14 bytes, big-endian: number of the line (6), time (8). Compares by line, then time, for all whole times. */
export function pointKey(line: number, at: number): Buffer {
  const key = Buffer.allocUnsafe(14);
  const upper = Math.floor(at / UPPER);
  key.writeUIntBE(line, 0, 6);
  key.writeUInt32BE(upper + SIGN, 6);
  key.writeUInt32BE(at - upper * UPPER, 10);
  return key;
}

export const timeOf = (key: Uint8Array): number => {
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  return (view.getUint32(6) - SIGN) * UPPER + view.getUint32(10);
};

/** A bound of a range as a whole time that `pointKey` takes. */
export const bound = (at: number): number =>
  Math.min(Number.MAX_SAFE_INTEGER, Math.max(Number.MIN_SAFE_INTEGER, Math.ceil(at)));
