/**
 * Texts in a form that the line protocol can carry and that comes back as it was. It has no way to write a backslash at
 * an end, a line break or, in a field's name, a quote; those, control characters, halves of surrogate pairs and `%`
 * itself become `%` and hexadecimal digits. Everything else (letters of any script, spaces, commas) stays readable in
 * other tools.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\"%]|\p{Surrogate}/gu;
const ENCODED = /%(?:u([0-9A-F]{4})|([0-9A-F]{2}))/g;

const hex = (unit: number): string => {
  const digits = unit.toString(16).toUpperCase();
  return unit <= 0xff ? `%${digits.padStart(2, "0")}` : `%u${digits.padStart(4, "0")}`;
};

/** The value of a tag. */
export const encodeText = (text: string): string => text.replace(UNSAFE, (unit) => hex(unit.charCodeAt(0)));

/**
 * What a tag, a field or a measurement is called. InfluxDB keeps `time`, and names that begin with `_`, for itself; a `#`
 * at the front makes a comment.
 */
export function encodeName(name: string): string {
  const text = encodeText(name);
  const isTaken = text === "time" || text.startsWith("_") || text.startsWith("#");
  return isTaken ? hex(text.charCodeAt(0)) + text.slice(1) : text;
}

export const decodeText = (text: string): string =>
  text.replace(ENCODED, (_, long: string | undefined, short: string | undefined) =>
    String.fromCharCode(Number.parseInt(long ?? short ?? "", 16)),
  );
