import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { AttributeDefinition } from "../state/attribute-definitions.js";
import { distance, type Report } from "./report.js";

const BELOW = /^\$(lte?|gte?)$/;
/** Operators that look into lists, which no attribute of a visitor is. */
const ON_LISTS = /^\$(alli?|size|elemMatch)$/;
/** Nearer than this is taken for a slip of the keyboard. */
const NEAR = 2;

/** What conditions may name. */
export type Known = readonly AttributeDefinition[];

/** The attribute of a path: its own, or the open one that it lies under. */
const find = (known: Known, path: string): AttributeDefinition | undefined =>
  known.find(({ name, open }) => name === path || (open && path.startsWith(`${name}.`)));

function unknown(report: Report, at: string, [path, known]: [string, Known]): void {
  const names = known.map(({ name }) => name);
  const below = names.filter((name) => name.startsWith(`${path}.`));
  const [nearest] = names
    .map((name) => ({ name, far: distance(path.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, far }) => far <= Math.min(NEAR, name.length - 2))
    .sort((a, b) => a.far - b.far);
  const cure =
    below.length > 0
      ? `Name one of ${below.join(", ")}.`
      : nearest
        ? `Did you mean ${nearest.name}?`
        : "What your code adds stands under context., what identify() told under traits. (docs/ruleset.md lists the rest).";
  report.add(
    at,
    "UNKNOWN_ATTRIBUTE",
    `Nothing of this name is known of a visitor: it is never there. ${cure}`,
  );
}

/** Checks a comparison with a number: the operand must be one that the attribute can reach. */
function lintNumber(
  report: Report,
  at: string,
  [operator, operand, { range = [0, Number.POSITIVE_INFINITY] as const, unit }]: [
    string,
    unknown,
    AttributeDefinition,
  ],
): void {
  const is = `This attribute is a number${unit ? ` (${unit})` : ""}`;
  const [min, max] = range;
  const loose = operator === "" || BELOW.test(operator);
  // Without an operator, true and false ask whether it is other than 0.
  if (operand === null || (operator === "" && typeof operand === "boolean")) return;
  const value = typeof operand === "number" ? operand : loose ? Number(operand) : Number.NaN;
  if (typeof operand === "object" || Number.isNaN(value)) {
    report.add(
      at,
      "OPERAND_TYPE",
      `${is}; compared with something else this is never what it seems. Give a number.`,
    );
    return;
  }
  const never =
    { $gt: value >= max, $gte: value > max, $lt: value <= min, $lte: value < min }[operator] ??
    (value < min || value > max);
  if (never)
    report.add(
      at,
      "OPERAND_RANGE",
      `${is} from ${min} to ${max}: it never gets there.${unit === "share" ? " Shares are written as 0.5, not 50." : ""}`,
    );
}

/** Checks a comparison with a text. */
function lintText(
  report: Report,
  at: string,
  [operator, operand, { values }]: [string, unknown, AttributeDefinition],
): void {
  if (operand === null || (operator === "" && typeof operand === "boolean")) return;
  if (typeof operand !== "string") {
    // Without an operator, a text of digits equals its number.
    if (operator === "" && typeof operand === "number" && !values) return;
    report.add(
      at,
      "OPERAND_TYPE",
      "This attribute is a text; compared with something else this is never what it seems.",
    );
  } else if (values && !BELOW.test(operator) && !values.includes(operand)) {
    report.add(at, "OPERAND_VALUE", `This attribute is one of ${values.join(", ")}.`);
  }
}

/** Checks what an attribute is compared with: a value, or an object of operators. */
function lintOperand(
  report: Report,
  at: string,
  [expected, attribute, operator]: [unknown, AttributeDefinition, string],
): void {
  const lint = attribute.type === "number" ? lintNumber : lintText;
  if (!isObject(expected)) {
    lint(report, at, [operator, expected, attribute]);
    return;
  }
  for (const [name, operand] of Object.entries(expected)) {
    const inner = pointer(at, name);
    if (name === "$not") lintOperand(report, inner, [operand, attribute, ""]);
    else if (ON_LISTS.test(name))
      report.add(inner, "OPERAND_TYPE", "This operator asks about lists, and this attribute is none.");
    else if (/^\$(eq|ne|[lg]te?)$/.test(name)) lint(report, inner, [name, operand, attribute]);
    else if (/^\$n?ini?$/.test(name) && Array.isArray(operand)) {
      operand.forEach((item, index) => lint(report, pointer(inner, index), ["$eq", item, attribute]));
    }
  }
}

/** What a valid condition probably does not mean: names of attributes that nobody has, operands that never match. */
export function lintCondition(report: Report, at: string, [condition, known]: [unknown, Known]): void {
  if (!isObject(condition)) return;
  for (const [key, expected] of Object.entries(condition)) {
    const inner = pointer(at, key);
    if (/^\$(and|n?or)$/.test(key)) {
      (expected as unknown[]).forEach((one, index) =>
        lintCondition(report, pointer(inner, index), [one, known]),
      );
    } else if (key === "$not") lintCondition(report, inner, [expected, known]);
    else if (key !== "$savedGroup") {
      const attribute = find(known, key);
      if (!attribute) unknown(report, inner, [key, known]);
      else if (attribute.type !== "any") lintOperand(report, inner, [expected, attribute, ""]);
    }
  }
}
