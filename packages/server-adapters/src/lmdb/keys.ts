import { AttuneError } from "@attune/core";

/** LMDB's own limit is 1978 at its usual page size of 4 KiB; one byte is for the bound of a prefix. */
export const MAX_KEY_BYTES = 1977;

/** Above every byte of an encoded text, below nothing: what ends the range of a prefix. */
const CEILING = Buffer.of(0xff);
const SEPARATOR = Buffer.of(0x00);
const AFTER_SEPARATOR = Buffer.of(0x01);

/** Text whose UTF-8 form is its own encoding here: no NUL, no U+0001, no surrogate. */
const PLAIN = /^[\u0002-\ud7ff\ue000-\uffff]*$/;

/**
 * Text as bytes that compare as its UTF-16 code units do, for every JavaScript string. UTF-8, except that each half
 * of a surrogate pair is encoded by itself (CESU-8, Unicode Technical Report 26; UTF-8 would put U+1F600 after U+FB01),
 * and that NUL and U+0001 become `01 01` and `01 02`, which leaves the byte 00 free as a separator below all text.
 */
export function encodeText(text: string): Buffer {
  if (PLAIN.test(text)) return Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x02) bytes.push(0x01, unit + 1);
    else if (unit < 0x80) bytes.push(unit);
    else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
    else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
  }
  return Buffer.from(bytes);
}

/** The inverse of {@link encodeText}. */
export function decodeText(bytes: Buffer): string {
  // ED begins what UTF-8 has no character for; 01 begins an escape.
  if (!bytes.includes(0xed) && !bytes.includes(0x01)) return bytes.toString("utf8");
  const units: string[] = [];
  for (let i = 0; i < bytes.length; ) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const length = a === 0x01 ? 2 : a < 0x80 ? 1 : a < 0xe0 ? 2 : 3;
    const unit =
      a === 0x01
        ? b - 1
        : length === 1
          ? a
          : length === 2
            ? ((a & 0x1f) << 6) | (b & 0x3f)
            : ((a & 0xf) << 12) | ((b & 0x3f) << 6) | (c & 0x3f);
    units.push(String.fromCharCode(unit));
    i += length;
  }
  return units.join("");
}

/** @throws AttuneError `ATTUNE_STORE_KEY` where it is longer than LMDB allows. */
function checked(key: Buffer): Buffer {
  if (key.length <= MAX_KEY_BYTES) return key;
  throw new AttuneError(
    "ATTUNE_STORE_KEY",
    `A key is too long for LMDB: its parts may have ${MAX_KEY_BYTES - 1} bytes together. Use shorter ids, or hash them first.`,
  );
}

export const textKey = (text: string): Buffer => checked(encodeText(text));

/** Key of a record: partition, separator, sort key. Compares as the pair of strings does. */
export const recordKey = (partition: string, sort: string): Buffer => {
  // Nearly always, and then one buffer does.
  if (PLAIN.test(partition) && PLAIN.test(sort)) return checked(Buffer.from(`${partition}\0${sort}`, "utf8"));
  return checked(joinKey(encodeText(partition), encodeText(sort)));
};

export const joinKey = (partition: Buffer, sort: Buffer): Buffer =>
  Buffer.concat([partition, SEPARATOR, sort]);

export function splitKey(key: Buffer): { partition: string; sort: string } {
  const at = key.indexOf(0x00);
  return { partition: decodeText(key.subarray(0, at)), sort: decodeText(key.subarray(at + 1)) };
}

/** Above every key of the partition whose sort key starts with the prefix. */
export const prefixEnd = (partition: string, prefix: string): Buffer => {
  return Buffer.concat([recordKey(partition, prefix), CEILING]);
};

/** Above every key of the partition that a key belongs to, and not above any of another. */
export const partitionEnd = (key: Buffer): Buffer => {
  return Buffer.concat([key.subarray(0, key.indexOf(0x00)), AFTER_SEPARATOR]);
};

/** A key as LMDB hands it out, without copying it again. */
export const asBuffer = (key: Uint8Array): Buffer => Buffer.from(key.buffer, key.byteOffset, key.byteLength);

export interface ChunkKey {
  shard: number;
  /** Of the last entry in the chunk. */
  last: number;
  /** How many entries it holds. */
  count: number;
}

/** 12 bytes, big-endian: shard (2), last position (6), count (4). Compares by shard, then position. */
export function chunkKey({ shard, last, count }: ChunkKey): Buffer {
  const key = Buffer.allocUnsafe(12);
  key.writeUInt16BE(shard, 0);
  key.writeUIntBE(last, 2, 6);
  key.writeUInt32BE(count, 8);
  return key;
}

export const readChunkKey = (key: Uint8Array): ChunkKey => {
  const number = (from: number, to: number): number => {
    let value = 0;
    for (let i = from; i < to; i++) value = value * 256 + (key[i] as number);
    return value;
  };
  return { shard: number(0, 2), last: number(2, 8), count: number(8, 12) };
};
