import { Refusal } from "./refusal.js";

/** Values in a text at most, however short it is; a longer one may hold one for each {@link CHARACTERS_PER_VALUE}. */
const MAX_VALUES = 300_000;
const CHARACTERS_PER_VALUE = 28;

const [QUOTE, COMMA, COLON, BACKSLASH] = [0x22, 0x2c, 0x3a, 0x5c];
const [BRACKET, CLOSING_BRACKET, BRACE, CLOSING_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * @throws Refusal 400 for what is not JSON as a whole; 413 for what is made of so many values that reading it would hold up everybody else:
 *   `[[[[…` takes a hundred times as long as a text of the same length that says something.
 */
export function parseJson(text: string): unknown {
  const most = Math.max(MAX_VALUES, text.length / CHARACTERS_PER_VALUE);
  // Each value takes a character at least.
  if (text.length > most && hasMoreValues(text, most)) {
    const detail = `The body holds more than ${Math.floor(most)} values; send fewer events at a time.`;
    throw new Refusal(413, "ATTUNE_SERVER_BODY_VALUES", detail);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal(400, "ATTUNE_SERVER_BODY_JSON", "The body is not JSON; nothing of it was taken.");
  }
}

/**
 * The text of a member of the object that `text` is, as it was sent; of several of that name the last, as for `JSON.parse`; null: there is none.
 * Nothing is lost on the way, such as a number that JavaScript cannot hold, and no input can exhaust the stack.
 *
 * @param text JSON. O(n).
 */
export function memberText(text: string, name: string): string | null {
  let found: string | null = null;
  let depth = 0;
  let start = 0;
  let value = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    const isEnd = sign === CLOSING_BRACE || sign === CLOSING_BRACKET;
    if (depth === 1 && value > 0 && (sign === COMMA || isEnd)) {
      if (JSON.parse(text.slice(start, value - 1)) === name) found = text.slice(value, at).trim();
      value = 0;
    }
    if (sign === QUOTE) at = endOfString(text, at);
    else if (sign === BRACE || sign === BRACKET) depth++;
    else if (isEnd) depth--;
    else if (sign === COLON && depth === 1) value = at + 1;
    if (depth === 1 && (sign === COMMA || sign === BRACE)) start = at + 1;
  }
  return found;
}

/** By the signs that begin or part values outside of strings. O(n), and stops at the first one too many. */
function hasMoreValues(text: string, most: number): boolean {
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text.charCodeAt(at);
    if (sign === QUOTE) at = endOfString(text, at);
    else if ((sign === COMMA || sign === BRACKET || sign === BRACE) && ++values > most) return true;
  }
  return false;
}

/** Of the quote that ends the string that begins at `start`, or of the end of the text. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let before = end;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    if ((end - before) % 2 === 0) return end;
  }
  return text.length;
}

/** Whether objects and arrays nest deeper than `limit`. Does not recurse, so no input can exhaust the stack. */
export function deeperThan(value: unknown, limit: number): boolean {
  let level: object[] = typeof value === "object" && value !== null ? [value] : [];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= limit) return true;
    const next: object[] = [];
    for (const parent of level) {
      for (const child of Object.values(parent) as unknown[]) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
