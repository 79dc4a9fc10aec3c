import { AttuneError } from "@attune/core";
import { decodeText, encodeText, PLAIN } from "../shared/text.js";

/** LMDB's own limit is 1978 at its usual page size of 4 KiB; one byte is for the bound of a prefix. */
export const MAX_KEY_BYTES = 1977;

/** Above every byte of an encoded text, below nothing: what ends the range of a prefix. */
const CEILING = Buffer.of(0xff);
const SEPARATOR = Buffer.of(0x00);
const AFTER_SEPARATOR = Buffer.of(0x01);

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
