import type { ErrorCode } from "../kernel/errors.js";
import { isHostileKey, isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { Issue } from "../kernel/result.js";
import { isOperatorObject } from "./condition.js";
import { isOperator } from "./operators.js";
import { compileRegex } from "./regex.js";
import type { Groups } from "./types.js";

/** Deeper conditions are refused: nobody writes them, and they would exhaust the stack of whoever reads them. */
export const MAX_CONDITION_DEPTH = 32;

const REGEX_CURES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  SyntaxError: [
    "ATTUNE_TARGETING_INVALID_REGEX",
    "This is no regular expression. Check brackets and quantifiers.",
  ],
  TypeError: [
    "ATTUNE_TARGETING_UNSUPPORTED_REGEX",
    "Look-around and back-references are not supported. Say it with $and, $not and simpler patterns; until then this is false.",
  ],
  RangeError: [
    "ATTUNE_TARGETING_REGEX_TOO_LARGE",
    "This pattern expands to more than 4,000 states. Use smaller repetitions, or $in for lists.",
  ],
};

const ARGUMENTS: readonly (readonly [RegExp, (value: unknown) => boolean, string])[] = [
  [/^\$(n?ini?|alli?)$/, Array.isArray, "an array"],
  [/^\$(not)?[rR]egexi?$/, (value) => typeof value === "string", "a pattern in a string"],
  [/^\$(i|notI)nGroup$/, (value) => typeof value === "string", "the name of a group"],
  [/^\$exists$/, (value) => typeof value === "boolean", "true or false"],
  [
    /^\$type$/,
    (value) =>
      typeof value === "string" && /^(string|number|boolean|object|array|null|undefined)$/.test(value),
    "one of string, number, boolean, object, array, null, undefined",
  ],
  [/^\$v/, (value) => typeof value === "string" || typeof value === "number", "a version"],
  [
    /^\$([lg]te?)$/,
    (value) => typeof value === "string" || typeof value === "number",
    "a number or a string",
  ],
];

/** One walk over a condition. */
interface Walk {
  groups: Groups | undefined;
  add(path: string, code: ErrorCode, message: string): void;
}

function checkGroup(walk: Walk, path: string, name: unknown): void {
  if (walk.groups && typeof name === "string" && !Object.hasOwn(walk.groups, name)) {
    walk.add(
      path,
      "ATTUNE_TARGETING_UNKNOWN_GROUP",
      "There is no group of this name. Define it under /groups.",
    );
  }
}

function checkOperator(walk: Walk, path: string, [name, expected]: [string, unknown], depth: number): void {
  if (!isOperator(name)) {
    walk.add(
      path,
      "ATTUNE_TARGETING_UNKNOWN_OPERATOR",
      "There is no such operator: the condition would be false. Check its spelling.",
    );
    return;
  }
  const rule = ARGUMENTS.find(([names]) => names.test(name));
  if (rule && !rule[1](expected)) {
    walk.add(path, "ATTUNE_TARGETING_INVALID_ARGUMENT", `This operator needs ${rule[2]}.`);
  } else if (/egex/.test(name)) {
    try {
      compileRegex(expected as string, name.endsWith("i"));
    } catch (error) {
      const [code, cure] = REGEX_CURES[(error as Error).name] as readonly [ErrorCode, string];
      walk.add(path, code, cure);
    }
  } else if (/nGroup$/.test(name)) checkGroup(walk, path, expected);
  else if (/^\$(not|size)$/.test(name)) checkValue(walk, path, expected, depth + 1);
  else if (/^\$alli?$/.test(name)) {
    (expected as unknown[]).forEach((item, index) => checkValue(walk, pointer(path, index), item, depth + 1));
  } else if (name === "$elemMatch") {
    if (isObject(expected) && isOperatorObject(expected)) checkValue(walk, path, expected, depth + 1);
    else checkCondition(walk, path, expected, depth + 1);
  }
}

const tooDeep = (walk: Walk, path: string, depth: number): boolean => {
  if (depth <= MAX_CONDITION_DEPTH) return false;
  walk.add(
    path,
    "ATTUNE_TARGETING_TOO_DEEP",
    `Conditions may be nested ${MAX_CONDITION_DEPTH} deep. Move parts to groups.`,
  );
  return true;
};

function checkValue(walk: Walk, path: string, expected: unknown, depth: number): void {
  if (tooDeep(walk, path, depth) || !isObject(expected)) return;
  const keys = Object.keys(expected);
  if (isOperatorObject(expected)) {
    for (const key of keys) checkOperator(walk, pointer(path, key), [key, expected[key]], depth);
  } else if (keys.some((key) => key[0] === "$")) {
    walk.add(
      path,
      "ATTUNE_TARGETING_MIXED_OBJECT",
      "Operators and plain keys stand side by side, which compares the whole as an object. Keep to one kind; nested attributes are dotted paths.",
    );
  }
}

function checkSavedGroup(walk: Walk, path: string, reference: unknown): void {
  if (!isObject(reference) || typeof reference["id"] !== "string") {
    walk.add(
      path,
      "ATTUNE_TARGETING_INVALID_ARGUMENT",
      "This operator needs an object with the id of a group.",
    );
  } else checkGroup(walk, pointer(path, "id"), reference["id"]);
}

function checkCondition(walk: Walk, path: string, condition: unknown, depth: number): void {
  if (tooDeep(walk, path, depth)) return;
  if (!isObject(condition)) {
    walk.add(
      path,
      "ATTUNE_TARGETING_INVALID_CONDITION",
      'A condition is an object such as { "country": "DE" }.',
    );
    return;
  }
  for (const [key, expected] of Object.entries(condition)) {
    const at = pointer(path, key);
    if (/^\$(and|n?or)$/.test(key)) {
      if (Array.isArray(expected))
        expected.forEach((item, index) => checkCondition(walk, pointer(at, index), item, depth + 1));
      else walk.add(at, "ATTUNE_TARGETING_INVALID_ARGUMENT", "This operator needs an array of conditions.");
    } else if (key === "$not") checkCondition(walk, at, expected, depth + 1);
    else if (key === "$savedGroup") checkSavedGroup(walk, at, expected);
    else if (isHostileKey(key)) {
      walk.add(
        at,
        "ATTUNE_TARGETING_HOSTILE_KEY",
        "This name is refused as an attribute: it is one of JavaScript's own. Rename it.",
      );
    } else if (isOperator(key)) {
      walk.add(
        at,
        "ATTUNE_TARGETING_MISPLACED_OPERATOR",
        "This operator belongs inside an attribute's object; here it is read as an attribute's name.",
      );
    } else checkValue(walk, at, expected, depth);
  }
}

/**
 * Everything that is wrong with a condition. `compileCondition` takes it nevertheless and lets the faulty part be false.
 *
 * @param path JSON pointer that stands before the issues' own.
 * @param groups Where given, references to other groups are issues.
 */
export function validateCondition(condition: unknown, path = "", groups?: Groups): Issue[] {
  const issues: Issue[] = [];
  checkCondition(
    { groups, add: (at, code, message) => issues.push({ path: at, code, message }) },
    path,
    condition,
    1,
  );
  return issues;
}
