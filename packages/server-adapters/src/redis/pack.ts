import { AttuneError } from "@attune/core";
import { keyHash } from "@attune/core/memory";
import type { LogEntry, LogRecord } from "@attune/core/ports";

/** Neither a reader of few records nor an erasure should have to open much more than it wants. */
const MOST_RECORDS = 500;
const MOST_CHARACTERS = 256 * 1024;

/** Records that were appended together, as one text: that costs Redis a quarter of what it costs one by one. */
export interface Pack {
  count: number;
  /** The 32-bit hashes of the keys, each once, so that an erasure opens only packs that may hold its key. Base64. */
  hashes: string;
  text: string;
}

/** `[keys, values]`, or `[keys, values, offsets]` where records in between were erased. */
type Content = [keys: string[], values: unknown[], offsets?: number[]];

/**
 * Packs the entries of one shard, in their order.
 *
 * @throws AttuneError `ATTUNE_LOG_VALUE` where JSON has no form for a value.
 */
export function pack(entries: readonly LogEntry[]): Pack[] {
  if (entries.length === 0) return [];
  const packed = entries.length <= MOST_RECORDS ? packAll(entries) : null;
  // One text for all of it is quickest to make; where it is too long its parts are.
  if (packed !== null && (packed.text.length <= MOST_CHARACTERS || entries.length === 1)) return [packed];
  const half = Math.min(MOST_RECORDS, Math.ceil(entries.length / 2));
  return [...pack(entries.slice(0, half)), ...pack(entries.slice(half))];
}

function packAll(entries: readonly LogEntry[]): Pack {
  const keys = entries.map(({ key }) => key);
  const content: Content = [keys, entries.map(({ value }) => value)];
  return { count: keys.length, hashes: hashesOf(keys), text: jsonText(content) };
}

/** A pack with what the log knows of it. */
export interface StoredPack {
  shard: number;
  /** `<position of the first record>-<how many>`. */
  id: string;
  appendedAt: number;
  text: string;
}

export function unpack({ shard, id, appendedAt, text }: StoredPack): LogRecord[] {
  const [keys, values, offsets] = JSON.parse(text) as Content;
  const first = firstOf(id);
  return keys.map((key, i) => ({
    key,
    value: values[i],
    shard,
    position: first + (offsets === undefined ? i : (offsets[i] ?? 0)),
    appendedAt,
  }));
}

/** The text of a pack that holds only these of its records. */
export function repack(id: string, records: readonly LogRecord[]): string {
  const first = firstOf(id);
  const content: Content = [
    records.map(({ key }) => key),
    records.map(({ value }) => value),
    records.map(({ position }) => position - first),
  ];
  return JSON.stringify(content);
}

const firstOf = (id: string): number => Number(id.slice(0, id.indexOf("-")));

function hashesOf(keys: readonly string[]): string {
  return Buffer.from(Uint32Array.from(new Set(keys), keyHash).buffer).toString("base64");
}

/** Whether a pack with these hashes may hold the key. */
export function mayHold(hashes: string, key: string): boolean {
  const bytes = Buffer.from(hashes, "base64");
  const hash = keyHash(key);
  for (let at = 0; at < bytes.length; at += 4) if (bytes.readUInt32LE(at) === hash) return true;
  return false;
}

function jsonText(content: Content): string {
  try {
    return JSON.stringify(content);
  } catch (cause) {
    throw new AttuneError(
      "ATTUNE_LOG_VALUE",
      "An entry has no JSON form: it is circular, nested too deeply, or holds a BigInt. Append plain data.",
      { cause },
    );
  }
}
