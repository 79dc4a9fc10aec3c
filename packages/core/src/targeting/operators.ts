import type { JsonValue } from "../kernel/json.js";
import { own } from "./path.js";
import type { compileRegex } from "./regex.js";
import type { Groups } from "./types.js";
import { versionKey } from "./version.js";

/** As `compileRegex`. */
export type CompileRegex = typeof compileRegex;
/** A test of one attribute's value. */
export type Check = (value: unknown) => boolean;
/** What an operator's argument may need of the language around it. */
export interface Language {
  groups: Groups;
  /** Handed in, since it is large and most conditions do without. */
  regex: CompileRegex;
  /** The condition groups that are being compiled. */
  within: Set<string>;
  /** Tests a value against an operator object or an expected value. */
  value(expected: JsonValue | undefined, insensitive?: boolean): Check;
  /** Tests an element of a list. */
  element(expected: JsonValue): Check;
  /** Tests a whole object. */
  condition(condition: unknown): Check;
}
type Operator = (expected: JsonValue, language: Language) => Check;

export const never = (): boolean => false;
export const always = (): boolean => true;
export const not =
  (check: Check): Check =>
  (value) =>
    !check(value);

const lowered = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);

/** One of the list; of an attribute that is a list itself, any element. */
export function memberOf(list: readonly unknown[], insensitive = false): Check {
  const known = insensitive ? list.map(lowered) : list;
  const set = known.length > 8 ? new Set(known) : null;
  const has: Check = set ? (value) => set.has(value) : (value) => known.includes(value);
  const one: Check = insensitive ? (value) => has(lowered(value)) : has;
  return (value) => (Array.isArray(value) ? value.some(one) : one(value));
}

const listed =
  (make: (list: readonly JsonValue[], language: Language) => Check): Operator =>
  (expected, language) =>
    Array.isArray(expected) ? make(expected as readonly JsonValue[], language) : never;

const every = (insensitive: boolean): Operator =>
  listed((list, { value: check }) => {
    const checks = list.map((item) => check(item, insensitive));
    return (value) => Array.isArray(value) && checks.every((one) => value.some(one));
  });

/** The values of a group; none where it is unknown; null where it is not a list. */
const groupValues = (groups: Groups, name: JsonValue): readonly unknown[] | null => {
  const group = own(groups, name as string) ?? [];
  return Array.isArray(group) ? group : listValues(group);
};
/** The values of a group of the type `list`, or null. */
export const listValues = (group: unknown): readonly unknown[] | null => {
  const values = own(group, "type") === "list" ? own(group, "values") : null;
  return Array.isArray(values) ? values : null;
};
const grouped =
  (wrap: (check: Check) => Check): Operator =>
  (expected, { groups }) => {
    const values = groupValues(groups, expected);
    return values ? wrap(memberOf(values)) : never;
  };

const pattern =
  (insensitive: boolean, wanted: boolean): Operator =>
  (expected, { regex }) => {
    if (typeof expected !== "string") return never;
    try {
      const occurs = regex(expected, insensitive);
      return (value) => occurs(String(value)) === wanted;
    } catch {
      return never;
    }
  };

const typeName = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

/**
 * The operators of the language, but for those on versions. `<` and its kin compare as JavaScript does, with its coercions: that is what the specification's
 * test vectors ask for (`null` is 0 beside a number, `"8"` is 8).
 */
const OPERATORS: Readonly<Record<string, Operator>> = {
  $eq: (expected) => (value) => value === expected,
  $ne: (expected) => (value) => value !== expected,
  $lt: (expected) => (value) => (value as number) < (expected as number),
  $lte: (expected) => (value) => (value as number) <= (expected as number),
  $gt: (expected) => (value) => (value as number) > (expected as number),
  $gte: (expected) => (value) => (value as number) >= (expected as number),
  $exists: (expected) => (value) => (value !== null && value !== undefined) === !!expected,
  $type: (expected) => (value) => typeName(value) === expected,
  $in: listed((list) => memberOf(list)),
  $nin: listed((list) => not(memberOf(list))),
  $ini: listed((list) => memberOf(list, true)),
  $nini: listed((list) => not(memberOf(list, true))),
  $all: every(false),
  $alli: every(true),
  $inGroup: grouped((check) => check),
  $notInGroup: grouped(not),
  $size: (expected, language) => {
    const check = language.value(expected);
    return (value) => Array.isArray(value) && check(value.length);
  },
  $elemMatch: (expected, language) => {
    const check = language.element(expected);
    return (value) =>
      Array.isArray(value) && value.some((item) => item !== null && item !== undefined && check(item));
  },
  $not: (expected, language) => not(language.value(expected)),
  $regex: pattern(false, true),
  $regexi: pattern(true, true),
  $notRegex: pattern(false, false),
  $notRegexi: pattern(true, false),
};

/** `$veq`, `$vlt`, …: the plain comparison, of version keys. */
const VERSION = /^\$v(eq|ne|[lg]te?)$/;

/** The test that an operator with its argument makes of a value; an unknown operator is false. */
export function compileOperator(name: string, expected: JsonValue, language: Language): Check {
  const compared = VERSION.exec(name);
  if (compared) {
    const check = compileOperator(`$${compared[1]}`, versionKey(expected), language);
    return (value) => check(versionKey(value));
  }
  const operator = own(OPERATORS, name) as Operator | null;
  return operator ? operator(expected, language) : never;
}

/** Every operator's name, for validation. */
export const isOperator = (name: string): boolean => VERSION.test(name) || Object.hasOwn(OPERATORS, name);
