import type { JsonValue } from "../kernel/json.js";
import { always, compileOperator, listValues, memberOf, never, not } from "./operators.js";
import type { Check, CompileRegex, Language } from "./operators.js";
import { own, reader } from "./path.js";
import type { Attributes, Condition, Groups, Predicate } from "./types.js";

/** As a value: it has keys, and all of them start with `$`. */
export const isOperatorObject = (value: object): boolean => {
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key[0] === "$");
};

const both =
  (first: Check, second: Check): Check =>
  (value) =>
    first(value) && second(value);
const either =
  (first: Check, second: Check): Check =>
  (value) =>
    first(value) || second(value);
const join = (checks: Check[], pair: (first: Check, second: Check) => Check): Check =>
  checks.length > 0 ? checks.reduceRight((rest, check) => pair(check, rest)) : always;

/** Tests a value against what is expected of it: equality with coercion, or an operator object. */
function compileValue(expected: JsonValue | undefined, insensitive: boolean, language: Language): Check {
  if (typeof expected === "string") {
    if (!insensitive) return (value) => (value as string) + "" === expected;
    const lower = expected.toLowerCase();
    return (value) => String(value).toLowerCase() === lower;
  }
  if (typeof expected === "number") return (value) => (value as number) * 1 === expected;
  if (typeof expected === "boolean") return (value) => value !== null && !!value === expected;
  if (typeof expected !== "object" || expected === null) return (value) => value === null;
  if (Array.isArray(expected) || !isOperatorObject(expected)) {
    const text = JSON.stringify(expected);
    return (value) => JSON.stringify(value) === text;
  }
  const operators = expected as Condition;
  return join(
    Object.keys(operators).map((name) => compileOperator(name, operators[name] as JsonValue, language)),
    both,
  );
}

function compileSavedGroup(reference: JsonValue | undefined, language: Language): Check {
  const { groups, within } = language;
  const id = own(reference, "id");
  const override = own(reference, "attributeKey");
  // A group that refers to itself, directly or not, matches nobody there.
  if (typeof id !== "string" || within.has(id) || (override !== null && typeof override !== "string"))
    return never;
  const group = own(groups, id);
  if (own(group, "type") === "condition") {
    within.add(id);
    const check = language.condition(own(group, "condition"));
    within.delete(id);
    return check;
  }
  const path = override ?? own(group, "attributeKey");
  const values = listValues(group);
  if (typeof path !== "string" || !values) return never;
  const read = reader(path);
  const member = memberOf(values);
  return (target) => member(read(target));
}

/** One key of a condition: a test of an own property, or of the whole where the key is null. */
interface Clause {
  key: string | null;
  check: Check;
}

function compileClause(key: string, expected: JsonValue | undefined, language: Language): Clause {
  const whole = (check: Check): Clause => ({ key: null, check });
  const list = (pair: typeof both): Check =>
    Array.isArray(expected) ? join(expected.map(language.condition), pair) : never;
  switch (key) {
    case "$and":
      return whole(list(both));
    case "$or":
      return whole(list(either));
    case "$nor":
      return whole(Array.isArray(expected) ? not(list(either)) : never);
    case "$not":
      return whole(not(language.condition(expected)));
    case "$savedGroup":
      return whole(compileSavedGroup(expected, language));
  }
  const check = language.value(expected);
  if (!key.includes(".") && !(key in {})) return { key, check };
  const read = reader(key);
  return whole((target) => check(read(target)));
}

/**
 * Whether reading a property that JavaScript itself does not define is reading an own one: nothing is inherited but from
 * `Object.prototype`, and nobody has added to that. Asked once for all clauses, because asking what is own for each would cost more
 * than all else. (`__proto__` is read, never written; where a runtime has none, or the object its own, the answer is no.)
 */
function isPlain(target: unknown): boolean {
  if ((target as { __proto__?: unknown } | null)?.__proto__ !== Object.prototype) return false;
  for (const _ in Object.prototype) return false;
  return true;
}

function createLanguage(groups: Groups, regex: CompileRegex): Language {
  const language: Language = {
    groups,
    regex,
    within: new Set(),
    value: (expected, insensitive = false) => compileValue(expected, insensitive, language),
    element: (expected) =>
      typeof expected === "object" && expected !== null && isOperatorObject(expected)
        ? language.value(expected)
        : language.condition(expected),
    condition: (condition) => {
      if (typeof condition !== "object" || condition === null) return never;
      const clauses = Object.keys(condition).map((key) =>
        compileClause(key, (condition as Condition)[key], language),
      );
      return (target) => {
        const plain = isPlain(target);
        for (const { key, check } of clauses) {
          if (
            !check(
              key === null ? target : ((plain ? (target as Attributes)[key] : undefined) ?? own(target, key)),
            )
          )
            return false;
        }
        return true;
      };
    },
  };
  return language;
}

/** Compiles a condition to a test that, as the compiling itself, may throw: for callers that catch anyway. */
export const compileUnguarded = (
  condition: Condition,
  groups: Groups | undefined,
  regex: CompileRegex,
): Predicate => createLanguage(groups ?? {}, regex).condition(condition);
