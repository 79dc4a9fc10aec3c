import { isHostileKey, type JsonObject } from "../kernel/json.js";
import { isFields, report, type Check, type Fields } from "./check.js";
import { SEALED_KEY } from "./sealed.js";
import { type CountedReading, sameJson, type SharedParts } from "./shared.js";

const MAX_DEPTH = 8;
const MAX_KEYS = 256;
const MAX_ITEMS = 1024;
const MAX_TEXT = 8192;
const MAX_KEY = 128;

const UNSAFE = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Whether so much more would stay within what an event may have. */
export const hasRoom = (check: Check, more: Readonly<Pick<Check, "keys" | "items">>): boolean =>
  check.keys + more.keys <= MAX_KEYS && check.items + more.items <= MAX_ITEMS;

/**
 * JSON that is safe to keep: at most 8 levels, and over the whole event 256 keys and 1,024 list items; keys of 1–128 characters that
 * lead to no prototype; texts of at most 8,192, in which NUL and lone surrogates are replaced by U+FFFD; finite numbers. Whatever else
 * there is becomes an issue. Keys whose value is undefined are left out, as JSON does. What is clean is handed on, not copied.
 */
export function cleanField(check: Check, source: Fields, key: string, shared?: SharedParts): JsonObject {
  const value = source[key];
  if (value === undefined || value === null) return {};
  check.stack.push(key);
  let clean: JsonObject = {};
  if (isFields(value)) clean = cleanObject(check, value, shared);
  else report(check, "TYPE", "Must be an object.");
  check.stack.pop();
  return clean;
}

function cleanObject(check: Check, input: Fields, shared?: SharedParts): JsonObject {
  let output: Record<string, unknown> = input;
  for (const key of Object.keys(input)) {
    const value = input[key];
    if (!cleanKey(check, key)) break;
    const clean =
      shared === undefined ? cleanValue(check, value, key) : cleanShared(check, value, key, shared);
    if (clean === value && value !== undefined) continue;
    if (output === input) output = { ...input };
    if (clean === undefined) delete output[key];
    else output[key] = clean;
  }
  return output as JsonObject;
}

/** Enough for every part that contexts have; a strange event's many parts are cleaned each time. */
const MAX_SHARED = 32;

/** An object that is the same as the latest under its key, of another event, is clean or not as that one was. */
function cleanShared(check: Check, value: unknown, key: string, shared: SharedParts): unknown {
  if (!isFields(value)) return cleanValue(check, value, key);
  const objects = (shared.objects ??= new Map<string, CountedReading<unknown>>());
  const known = objects.get(key);
  if (known !== undefined && sameJson(value, known.given) && hasRoom(check, known)) {
    check.keys += known.keys;
    check.items += known.items;
    return known.read === known.given ? value : known.read;
  }
  const { keys, items } = check;
  const before = check.issues.length;
  const read = cleanNested(check, value, key);
  if (check.issues.length === before && (known !== undefined || objects.size < MAX_SHARED))
    objects.set(key, { given: value, read, keys: check.keys - keys, items: check.items - items });
  return read;
}

/*
 * Every key and text of every event passes here. What is rarely wrong is told apart by little code, which engines put in line; all that is
 * to be said of it stands elsewhere.
 */

/** Nearly every key is told apart from the forbidden ones by its first letter, which costs less than the pattern. */
function mayBeForbidden(key: string): boolean {
  const first = key.charCodeAt(0);
  return first === 0x5f || first === 0x63 || first === 0x70 || first === 0x24 || key.includes(".");
}

/** False where the budget is used up and nothing more need be looked at. */
function cleanKey(check: Check, key: string): boolean {
  if (++check.keys > MAX_KEYS) return tooManyKeys(check);
  const { length } = key;
  if (length > MAX_KEY || length === 0 || isUnsafe(key) || (length > 6 && mayBeForbidden(key)))
    judgeKey(check, key);
  return true;
}

function tooManyKeys(check: Check): false {
  report(check, "TOO_LARGE", `An event may have ${MAX_KEYS} keys in all. Send fewer, or several events.`);
  return false;
}

function judgeKey(check: Check, key: string): void {
  if (key.length > MAX_KEY || key === "" || isUnsafe(key)) {
    report(check, "KEY", `Keys must have 1 to ${MAX_KEY} characters, without NUL or lone surrogates.`);
  } else if (isHostileKey(key)) {
    report(check, "KEY", "This key could reach a prototype. Rename it.", key);
  } else if (key === SEALED_KEY) {
    report(check, "KEY", "This key marks what the server itself has sealed. Rename it.", key);
  }
}

function cleanValue(check: Check, value: unknown, key: string | number): unknown {
  if (typeof value === "string")
    return value.length > MAX_TEXT || isUnsafe(value) ? cleanText(check, value, key) : value;
  return typeof value === "boolean" || Number.isFinite(value) ? value : cleanOther(check, value, key);
}

function cleanText(check: Check, text: string, key: string | number): string {
  if (text.length > MAX_TEXT)
    report(check, "TOO_LARGE", `A text may have ${MAX_TEXT} characters. Shorten it.`, key);
  return text.replace(UNSAFE, "\ufffd");
}

function cleanOther(check: Check, value: unknown, key: string | number): unknown {
  switch (typeof value) {
    case "number":
      report(check, "RANGE", "Must be a finite number.", key);
      return value;
    case "undefined":
      return value;
    case "object":
      return value === null ? null : cleanNested(check, value, key);
    default:
      report(check, "TYPE", "Must be JSON: an object, list, text, number, true, false or null.", key);
      return null;
  }
}

function cleanNested(check: Check, value: object, key: string | number): unknown {
  if (check.stack.length >= MAX_DEPTH) {
    report(check, "TOO_LARGE", `Nested deeper than ${MAX_DEPTH} levels. Flatten it.`, key);
    return null;
  }
  check.stack.push(key);
  let clean: unknown = null;
  if (Array.isArray(value)) clean = cleanList(check, value);
  else if (isFields(value)) clean = cleanObject(check, value);
  else
    report(
      check,
      "TYPE",
      "Must be plain JSON. Turn dates into ISO texts, maps and sets into objects and lists.",
    );
  check.stack.pop();
  return clean;
}

function cleanList(check: Check, input: readonly unknown[]): unknown[] {
  check.items += input.length;
  if (check.items > MAX_ITEMS) {
    report(check, "TOO_LARGE", `Lists may have ${MAX_ITEMS} items in all. Send fewer.`);
    return [];
  }
  let output = input as unknown[];
  for (let i = 0; i < input.length; i++) {
    // A hole or undefined is null in JSON too.
    const clean = cleanValue(check, input[i], i) ?? null;
    if (clean !== input[i]) (output = output === input ? [...input] : output)[i] = clean;
  }
  return output;
}

/** NUL or any surrogate, paired or not: what the replacement then looks at closely. */
function isUnsafe(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0 || (c & 0xf800) === 0xd800) return true;
  }
  return false;
}
