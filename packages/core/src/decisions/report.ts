import type { ErrorCode } from "../kernel/errors.js";
import { isHostileKey, isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { Issue } from "../kernel/result.js";

/** Nobody reads more at a time, and a hostile document could make any number. */
const MAX_ISSUES = 200;

/** Collects what is wrong with a document. */
export interface Report {
  readonly issues: Issue[];
  add(path: string, what: string, message: string): void;
  include(issues: readonly Issue[]): void;
}

export function createReport(): Report {
  const issues: Issue[] = [];
  const include = (more: readonly Issue[]): void => {
    issues.push(...more.slice(0, MAX_ISSUES - issues.length));
  };
  return {
    issues,
    include,
    add: (path, what, message) => include([{ path, code: `ATTUNE_DECISIONS_${what}` as ErrorCode, message }]),
  };
}

/** Levenshtein distance: how many letters to insert, drop or exchange. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(exchanged, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** ` Did you mean …?`, where one of the names is near enough to be meant. */
export function suggestion(name: string, known: readonly string[]): string {
  if (name.length > 64) return "";
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const nearest = ranked[0];
  return nearest && nearest.far <= Math.max(2, nearest.candidate.length / 3)
    ? ` Did you mean ${nearest.candidate}?`
    : "";
}

/** What a field must be; says what is expected where it is not. */
export type Kind = readonly [expected: string, holds: (value: unknown) => boolean];
export const TEXT: Kind = ["a text", (value) => typeof value === "string"];
export const NAME: Kind = [
  "a text of 1 to 128 characters",
  (value) => typeof value === "string" && /^[^]{1,128}$/.test(value),
];
export const LIST: Kind = ["an array", Array.isArray];
export const isShare = (value: unknown): value is number =>
  typeof value === "number" && value >= 0 && value <= 1;
export const SHARE: Kind = ["a number from 0 to 1", isShare];
export const OBJECT: Kind = ["an object", isObject];

/** The fields of an object: those marked `!` must be there. */
export type Shape = Readonly<Record<string, Kind>>;

/** Checks that a value is an object of these fields and no others; unknown fields are issues, with the nearest known name, or all of them where none is near. Returns the fields that are right. */
export function checkShape(
  report: Report,
  path: string,
  [value, shape]: [unknown, Shape],
): Record<string, unknown> | null {
  if (!isObject(value)) {
    report.add(path, "INVALID_TYPE", "This must be an object.");
    return null;
  }
  const names = Object.keys(shape).map((name) => name.replace("!", ""));
  for (const key of Object.keys(value)) {
    if (!names.includes(key)) {
      report.add(
        pointer(path, key),
        "UNKNOWN_FIELD",
        `There is no such field here.${suggestion(key, names) || ` The fields are ${names.join(", ")}.`}`,
      );
    }
  }
  const right: Record<string, unknown> = {};
  for (const [marked, [expected, holds]] of Object.entries(shape)) {
    const name = marked.replace("!", "");
    if (!Object.hasOwn(value, name)) {
      if (marked !== name)
        report.add(pointer(path, name), "MISSING_FIELD", `This field is needed: ${expected}.`);
    } else if (holds(value[name])) right[name] = value[name];
    else report.add(pointer(path, name), "INVALID_TYPE", `This must be ${expected}.`);
  }
  return right;
}

/** The keys that a document may choose; hostile ones are issues. */
export function checkNames(report: Report, path: string, named: Record<string, unknown>): string[] {
  return Object.keys(named).filter((name) => {
    const fine = name.length > 0 && name.length <= 128 && !isHostileKey(name);
    if (!fine)
      report.add(
        pointer(path, name),
        "INVALID_NAME",
        "Names are 1 to 128 characters and none of JavaScript's own (`__proto__`, `constructor`, …). Rename it.",
      );
    return fine;
  });
}

/** Whether JSON is nested deeper than allowed, found without recursion, so that the depth itself does no harm. */
export function deeperThan(value: unknown, limit: number): boolean {
  const stack: { value: unknown; depth: number }[] = [{ value, depth: 1 }];
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (typeof top.value !== "object" || top.value === null) continue;
    if (top.depth > limit) return true;
    for (const inner of Object.values(top.value)) stack.push({ value: inner, depth: top.depth + 1 });
  }
  return false;
}
