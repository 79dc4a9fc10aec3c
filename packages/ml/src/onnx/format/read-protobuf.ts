import { AttuneError } from "@attune/core";

/** One field of a message. `value` is what a varint holds, `content` what stands in any other kind. */
export interface Field {
  readonly number: number;
  readonly wire: number;
  readonly value: number;
  readonly content: Uint8Array;
}

const NOTHING = new Uint8Array(0);

/** @param what What is wrong, in words that follow "The model file ". */
export function malformed(what: string, path?: string): never {
  throw new AttuneError(
    "ATTUNE_ML_ONNX_MALFORMED",
    `The model file ${what}: export or fetch it again, it may have been cut off or changed.`,
    path === undefined ? {} : { path },
  );
}

/** Where reading stands in some bytes. */
interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** A varint as a signed 64-bit integer; beyond 2^53 the nearest number. */
function varint(cursor: Cursor): number {
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) malformed("ends within a number");
    const bits = byte & 127;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high = bits >>> 4;
    } else if (shift < 63) high |= bits << (shift - 32);
    else high |= bits << 31;
    if (byte < 128) return high * 4_294_967_296 + (low >>> 0);
  }
  return malformed("holds a number of more than ten bytes");
}

function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  // Written so that a length below 0 is refused, whatever it adds up to.
  if (!(length >= 0 && end <= cursor.bytes.length)) malformed("tells of more bytes than it has");
  const content = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return content;
}

/**
 * The fields of a message, one after another; nothing is copied, and nothing is read beyond `bytes`. Groups, which no ONNX file has, are refused.
 *
 * @throws AttuneError `ATTUNE_ML_ONNX_MALFORMED`.
 */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const cursor: Cursor = { bytes, at: 0 };
  while (cursor.at < bytes.length) {
    const tag = varint(cursor);
    const number = Math.floor(tag / 8);
    const wire = tag & 7;
    if (number < 1) malformed("has a field without a number");
    if (wire === 0) yield { number, wire, value: varint(cursor), content: NOTHING };
    else if (wire === 1) yield { number, wire, value: 0, content: take(cursor, 8) };
    else if (wire === 2) yield { number, wire, value: 0, content: take(cursor, varint(cursor)) };
    else if (wire === 5) yield { number, wire, value: 0, content: take(cursor, 4) };
    else malformed("has a field of an unknown kind");
  }
}

/** The integers of a field, written one by one or many under one tag. */
export function integersOf({ wire, value, content }: Field): Float64Array {
  if (wire === 0) return Float64Array.of(value);
  let count = 0;
  for (const byte of content) if (byte < 128) count++;
  const out = new Float64Array(count);
  const cursor: Cursor = { bytes: content, at: 0 };
  for (let i = 0; i < count; i++) out[i] = varint(cursor);
  if (cursor.at !== content.length) malformed("ends within a number");
  return out;
}

/** Little-endian numbers of one size. A rest that is no whole number is refused. */
export function numbersOf(
  content: Uint8Array,
  size: 1 | 4 | 8,
  read: (view: DataView, at: number) => number,
): Float64Array {
  if (content.length % size !== 0) malformed("ends within a number");
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const out = new Float64Array(content.length / size);
  for (let i = 0; i < out.length; i++) out[i] = read(view, i * size);
  return out;
}

export const float32 = (view: DataView, at: number): number => view.getFloat32(at, true);
export const float64 = (view: DataView, at: number): number => view.getFloat64(at, true);

/** Repeated values of several fields as one array. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  if (parts.length === 1) return parts[0] as Float64Array;
  const out = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const utf8 = new TextDecoder();

export const textOf = (content: Uint8Array): string => utf8.decode(content);
