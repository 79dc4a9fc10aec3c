import { expiryOf, type StoreRecord } from "@attune/core/ports";
import { jsonText } from "../shared/json-text.js";
import type { Utf8 } from "./utf8.js";

/**
 * A record's bytes: `[version,expiresAt or 0,value]` as JSON text. The version is known only in the transaction, so a body is made
 * beforehand with room for it in front.
 */
const ROOM = `[${Number.MAX_SAFE_INTEGER}`.length;
const COMMA = 0x2c;
const ZERO = 0x30;

/** @throws AttuneError `ATTUNE_STORE_VALUE` where the value has no JSON form, `ATTUNE_STORE_EXPIRY` where the end is no time. */
export const toBody = (utf8: Utf8, value: unknown, expiresAt?: number): Buffer =>
  utf8(`,${stamp(expiryOf(expiresAt))},${jsonText(value)}]`, ROOM);

/** 0 stands for "never", so a time of 0 is kept as the millisecond after it: both have long passed. */
const stamp = (expiresAt: number | null): number => (expiresAt === 0 ? 1 : (expiresAt ?? 0));

/** The record's bytes, in the body's own place: what it gave before is overwritten. */
export function withVersion(body: Buffer, version: number): Buffer {
  const head = `[${version}`;
  const at = ROOM - head.length;
  body.write(head, at, "latin1");
  return body.subarray(at);
}

/** Version and expiry alone, without decoding the value. */
export function headOf(bytes: Uint8Array): { version: number; expiresAt: number } {
  const first = bytes.indexOf(COMMA);
  return {
    version: numberIn(bytes, 1, first),
    expiresAt: numberIn(bytes, first + 1, bytes.indexOf(COMMA, first + 1)),
  };
}

/** Nearly always digits alone; a fraction, a sign or an exponent takes the long way. */
function numberIn(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return Number(String.fromCharCode(...bytes.subarray(start, end)));
    number = number * 10 + digit;
  }
  return number;
}

/** The same of a text. */
export function headOfText(text: string): { version: number; expiresAt: number } {
  const first = text.indexOf(",");
  return {
    version: Number(text.slice(1, first)),
    expiresAt: Number(text.slice(first + 1, text.indexOf(",", first + 1))),
  };
}

export const isExpired = (expiresAt: number, now: number): boolean => expiresAt !== 0 && expiresAt <= now;

/** The record that stands in a text, null where it has expired. */
export function parseRecord<V>(
  key: { partition: string; sort: string },
  text: string,
  now: number,
): StoreRecord<V> | null {
  const [version, expiresAt, value] = JSON.parse(text) as [number, number, V];
  if (isExpired(expiresAt, now)) return null;
  const record: StoreRecord<V> = { partition: key.partition, sort: key.sort, value, version };
  if (expiresAt !== 0) record.expiresAt = expiresAt;
  return record;
}
