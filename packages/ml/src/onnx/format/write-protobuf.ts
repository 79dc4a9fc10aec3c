/*
 * As much of the protobuf encoding as an ONNX file needs (protobuf.dev/programming-guides/encoding). A message is the concatenation of its
 * fields; a field is bytes, so messages are built from the inside out by plain functions.
 */

const utf8 = new TextEncoder();

const VARINT = 0;
const BYTES = 2;
const FLOAT = 5;

/** Several fields after one another: a message. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(fields.reduce((length, field) => length + field.length, 0));
  let at = 0;
  for (const field of fields) {
    out.set(field, at);
    at += field.length;
  }
  return out;
}

/** Seven bits a byte, lowest first; negative numbers as their 64-bit two's complement. Safe integers only. */
function pushVarint(out: number[], value: number): void {
  let low = value >>> 0;
  let high = Math.floor(value / 4_294_967_296) >>> 0;
  while (high > 0 || low > 127) {
    out.push((low & 127) | 128);
    low = ((low >>> 7) | (high << 25)) >>> 0;
    high >>>= 7;
  }
  out.push(low);
}

const varints = (...values: readonly number[]): Uint8Array => {
  const out: number[] = [];
  for (const value of values) pushVarint(out, value);
  return Uint8Array.from(out);
};

const tag = (field: number, wire: number): number => field * 8 + wire;

/** An integer or an enum's value. */
export const integer = (field: number, value: number): Uint8Array => varints(tag(field, VARINT), value);

/** Bytes, or a message within a message. */
export const bytes = (field: number, content: Uint8Array): Uint8Array =>
  message(varints(tag(field, BYTES), content.length), content);

/** A text. */
export const text = (field: number, content: string): Uint8Array => bytes(field, utf8.encode(content));

/** One float32. */
export const float = (field: number, value: number): Uint8Array =>
  message(varints(tag(field, FLOAT)), littleEndian([value], 4));

/** Many integers under one tag. */
export function integers(field: number, values: ArrayLike<number>): Uint8Array {
  const out: number[] = [];
  for (let i = 0; i < values.length; i++) pushVarint(out, values[i] as number);
  return bytes(field, Uint8Array.from(out));
}

/** Many float32 under one tag. */
export const floats = (field: number, values: ArrayLike<number>): Uint8Array =>
  bytes(field, littleEndian(values, 4));

/** Numbers as little-endian float32 (`size` 4) or float64 (8): the layout of a tensor's raw data. */
export function littleEndian(values: ArrayLike<number>, size: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * size));
  for (let i = 0; i < values.length; i++) {
    if (size === 4) view.setFloat32(i * 4, values[i] as number, true);
    else view.setFloat64(i * 8, values[i] as number, true);
  }
  return new Uint8Array(view.buffer);
}
