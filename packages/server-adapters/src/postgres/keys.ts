import type { RecordKey, ScanRange } from "@attune/core/ports";
import { AttuneError } from "@attune/core";
import { decodeText, encodeText } from "../shared/text.js";

/** PostgreSQL's limit for a row of an index is 2704 bytes at its usual page size of 8 KiB; the rest is its own. */
const MAX_KEY_BYTES = 2600;
/** Above every byte of an encoded text, below nothing. */
const CEILING = Buffer.of(0xff);
/** A key followed by this is the next key there can be. */
const NEXT = Buffer.of(0x00);

export interface RowKey {
  partition: Buffer;
  sort: Buffer;
}

/** @throws AttuneError `ATTUNE_STORE_KEY` where the parts are longer than an index takes. */
export function rowKey({ partition, sort }: RecordKey): RowKey {
  const key = { partition: encodeText(partition), sort: encodeText(sort) };
  if (key.partition.length + key.sort.length <= MAX_KEY_BYTES) return key;
  throw new AttuneError(
    "ATTUNE_STORE_KEY",
    `A key is too long for PostgreSQL: its parts may have ${MAX_KEY_BYTES} bytes together. Use shorter ids, or hash them first.`,
  );
}

export const keyText = decodeText;

/** Half-open range of encoded keys. */
export interface Bounds {
  from: Buffer;
  to: Buffer;
}

export function rangeBounds({ from = "", to, prefix = "" }: ScanRange): Bounds {
  const end = Buffer.concat([encodeText(prefix), CEILING]);
  const given = to === undefined ? end : encodeText(to);
  return {
    from: encodeText(from > prefix ? from : prefix),
    to: given.compare(end) < 0 ? given : end,
  };
}

/** What is left of a range once a key was delivered. */
export const boundsBehind = (bounds: Bounds, last: Buffer, reverse: boolean): Bounds =>
  reverse ? { ...bounds, to: last } : { ...bounds, from: Buffer.concat([last, NEXT]) };
