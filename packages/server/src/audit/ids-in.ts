/** Shorter values (`true`, `en-GB`, a count) tell nobody apart. */
const ID_LENGTH = 12;
const PIECES = /[\w.-]{12,}/g;
/** What is made by chance has digits, or is no word. */
const BY_CHANCE = /\d/;

/**
 * What of a kept value may tell a visitor from others when it is sent: the value as a whole, and what looks made by chance in it, as the id
 * in `{"id":"k3…"}` or behind a version in `v1:k3…`. Linear in its length.
 */
export function idsIn(value: string): string[] {
  if (value.length < ID_LENGTH) return [];
  return [value, ...(decoded(value).match(PIECES) ?? []).filter((piece) => BY_CHANCE.test(piece))];
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
