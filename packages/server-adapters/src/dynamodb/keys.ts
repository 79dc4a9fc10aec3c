import type { RecordKey, ScanRange } from "@attune/core/ports";
import { AttuneError } from "@attune/core";
import { decodeText, encodeText } from "../shared/text.js";

/** DynamoDB's own limits, bytes. */
const MAX_PARTITION_BYTES = 2048;
const MAX_SORT_BYTES = 1024;

/** DynamoDB takes no empty key. The encoding of text has no byte 00, so this one is free, and below all text. */
const EMPTY = Buffer.of(0x00);
const CEILING = Buffer.of(0xff);

/** A record's key as DynamoDB compares it: as bytes, in the order of the strings' code units. */
export interface ItemKey {
  partition: Buffer;
  sort: Buffer;
}

export function partitionKey(text: string): Buffer {
  return checked(text === "" ? EMPTY : encodeText(text), MAX_PARTITION_BYTES, "partition");
}

function sortKey(text: string): Buffer {
  return checked(text === "" ? EMPTY : encodeText(text), MAX_SORT_BYTES, "sort key");
}

/** @throws AttuneError `ATTUNE_STORE_KEY` where a part is longer than DynamoDB allows. */
export const itemKey = ({ partition, sort }: RecordKey): ItemKey => ({
  partition: partitionKey(partition),
  sort: sortKey(sort),
});

export function keyText(bytes: Uint8Array): string {
  return bytes[0] === 0x00 ? "" : decodeText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}

/** What a query can say about sort keys: from and to, both included. */
export interface SortBounds {
  from: Buffer;
  to: Buffer;
  /** A key that is within the bounds, but not within the range. */
  except: Buffer | null;
}

/** The bounds of a range; null where nothing can be in it. */
export function sortBounds({ from = "", to, prefix = "" }: ScanRange): SortBounds | null {
  const first = sortKey(from > prefix ? from : prefix);
  // No key is longer than the limit, so none is between what is cut off here and the whole.
  const end =
    prefix === "" ? CEILING : Buffer.concat([encodeText(prefix), CEILING]).subarray(0, MAX_SORT_BYTES);
  const given = to === undefined ? null : sortKey(to);
  const last = given !== null && given.compare(end) <= 0 ? given : end;
  if (first.compare(last) > 0) return null;
  return { from: first, to: last, except: last === given ? given : null };
}

function checked(key: Buffer, most: number, part: string): Buffer {
  if (key.length <= most) return key;
  throw new AttuneError(
    "ATTUNE_STORE_KEY",
    `A ${part} is too long for DynamoDB: it may have ${most} bytes. Use shorter ids, or hash them first.`,
  );
}
