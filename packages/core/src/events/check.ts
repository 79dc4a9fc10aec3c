import type { ErrorCode } from "../kernel/errors.js";
import { pointer, type Issue } from "../kernel/result.js";

/** More would only repeat what the first ones say. */
const MAX_ISSUES = 20;

/** What is known while one input is read: where we are, what is wrong so far, and how much of it there has been. */
export interface Check {
  readonly issues: Issue[];
  /** Keys from the root to the object at hand. */
  readonly stack: (string | number)[];
  keys: number;
  items: number;
}

export const newCheck = (): Check => ({ issues: [], stack: [], keys: 0, items: 0 });

export type EventIssue = "MISSING" | "TYPE" | "ID" | "TIME" | "RANGE" | "KEY" | "TOO_LARGE";

/** Notes an issue at the object at hand, or at a key of it. */
export function report(check: Check, what: EventIssue, message: string, key?: string | number): void {
  if (check.issues.length >= MAX_ISSUES) return;
  const keys = key === undefined ? check.stack : [...check.stack, key];
  const code: ErrorCode = `ATTUNE_EVENTS_${what}`;
  check.issues.push({ path: keys.reduce<string>(pointer, ""), code, message });
}

export type Fields = Readonly<Record<string, unknown>>;

/** An object with fields: not an array, nor a Map, a Date or the like, of whatever realm. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" &&
  value !== null &&
  (Object.getPrototypeOf(value) === Object.prototype ||
    Object.prototype.toString.call(value) === "[object Object]");
