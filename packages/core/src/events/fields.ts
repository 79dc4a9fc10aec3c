import { report, type Check, type Fields } from "./check.js";

export const MAX_ID = 128;

const PLAIN = /^[\x20-\x7e]+$/;
/** Controls, line separators, and surrogates without their other half. */
const NOT_IN_IDS =
  /[\0-\x1f\x7f-\x9f\u2028\u2029]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const ISO = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** An identifier, or null where there is none (an empty text and null are none). Whole numbers are taken as their digits. */
export function readId(check: Check, source: Fields, key: string, max = MAX_ID): string | null {
  const value = source[key];
  if (value === undefined || value === null || value === "") return null;
  const id = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof id === "string" && id.length <= max && (PLAIN.test(id) || !NOT_IN_IDS.test(id))) return id;
  report(
    check,
    "ID",
    `Must be a text of 1 to ${max} characters without control characters or lone surrogates.`,
    key,
  );
  return null;
}

/** A visitor's identifier: not one of those that the server derives. */
export function readVisitorId(check: Check, source: Fields, key: string, max?: number): string | null {
  const id = readId(check, source, key, max);
  if (id?.[1] === ":" && (id[0] === "u" || id[0] === "s")) {
    report(
      check,
      "ID",
      "Must not begin with `u:` or `s:`, which stand for users and sessions; send the userId or sessionId itself.",
      key,
    );
  }
  return id;
}

/** An identifier that has to be there. */
export function readName(check: Check, source: Fields, key: string): string {
  const before = check.issues.length;
  const name = readId(check, source, key);
  if (name === null && check.issues.length === before) {
    report(check, "MISSING", "An event needs a `name` (or, in the behavioural shape, an `eventType`).", key);
  }
  return name ?? "";
}

/**
 * Epoch ms of an ISO 8601 date, or date and time with its zone: a time without one would mean something else on every machine. NaN for
 * anything else.
 */
export function isoTime(text: string): number {
  const day = ISO.exec(text)?.[1];
  const time = day ? Date.parse(text) : Number.NaN;
  // Platforms let 30 February pass as 1 March.
  const exists = !Number.isNaN(time) && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day as string);
  return exists ? time : Number.NaN;
}

/** A moment in epoch ms, given so or in the form of {@link isoTime}. Null where there is none. */
export function readTime(check: Check, source: Fields, key: string): number | null {
  const value = source[key];
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && value >= 0 && value <= 8.64e15) return value;
  const time = typeof value === "string" ? isoTime(value) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  report(
    check,
    "TIME",
    "Must be epoch milliseconds, or ISO 8601 with a zone such as 2026-01-31T12:00:00Z.",
    key,
  );
  return null;
}

/** A number within bounds, or null where there is none. */
export function readNumber(
  check: Check,
  source: Fields,
  key: string,
  [min, max]: readonly [number, number],
): number | null {
  const value = source[key];
  if (value === undefined || value === null) return null;
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  report(check, "RANGE", `Must be a whole number from ${min} to ${max}.`, key);
  return null;
}

/** A text, or undefined where there is none. `parent` is the key of the source itself, for issues, where it is one level down. */
export function readText(check: Check, source: Fields, key: string, parent?: string): string | undefined {
  const value = source[key];
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return undefined;
  if (parent !== undefined) check.stack.push(parent);
  report(check, "TYPE", "Must be a text.", key);
  if (parent !== undefined) check.stack.pop();
  return undefined;
}
