import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import { validateCondition } from "../targeting/validate-condition.js";
import type { Groups } from "../targeting/types.js";
import { checkShape, LIST, NAME, OBJECT, suggestion } from "./report.js";
import type { Kind, Report, Shape } from "./report.js";

/** What policies of one ruleset may refer to. */
export interface Known {
  variants: readonly string[];
  segments: readonly string[];
  groups: Groups | undefined;
}

const SHARE: Kind = [
  "a number from 0 to 1",
  (value) => typeof value === "number" && value >= 0 && value <= 1,
];
const RULES: Shape = { "type!": NAME, "rules!": LIST };
const RULE: Shape = {
  id: NAME,
  when: OBJECT,
  segment: ["a segment's name, a list, or { any, all, not }", () => true],
  "variant!": NAME,
};
const SPLIT: Shape = {
  "type!": NAME,
  "experiment!": NAME,
  "weights!": OBJECT,
  coverage: SHARE,
  seed: NAME,
  hashVersion: ["1 or 2", (value) => value === 1 || value === 2],
  hashAttribute: NAME,
  sticky: OBJECT,
};
const COMBINATION: Shape = { any: LIST, all: LIST, not: ["a segment expression", () => true] };
const MAX_DEPTH = 16;

export function checkVariant(
  report: Report,
  path: string,
  [name, known]: [unknown, readonly string[]],
): void {
  if (typeof name === "string" && !known.includes(name)) {
    report.add(path, "UNKNOWN_VARIANT", `This slot has no such variant.${suggestion(name, known)}`);
  }
}

function checkSegments(
  report: Report,
  path: string,
  [expression, known, depth]: [unknown, readonly string[], number],
): void {
  const inner = (list: unknown, at: string): void => {
    if (Array.isArray(list))
      list.forEach((item, index) => checkSegments(report, pointer(at, index), [item, known, depth + 1]));
  };
  if (depth > MAX_DEPTH)
    report.add(
      path,
      "TOO_DEEP",
      `Segment expressions may be nested ${MAX_DEPTH} deep. Define a segment for the inner part.`,
    );
  else if (typeof expression === "string") {
    if (!known.includes(expression)) {
      report.add(
        path,
        "UNKNOWN_SEGMENT",
        `There is no such segment under /segments.${suggestion(expression, known)}`,
      );
    }
  } else if (Array.isArray(expression)) inner(expression, path);
  else {
    const fields = checkShape(report, path, [expression, COMBINATION]);
    if (!fields) return;
    if (Object.keys(fields).length === 0)
      report.add(path, "EMPTY_EXPRESSION", "This would mean everyone. Give any, all or not.");
    inner(fields["any"], pointer(path, "any"));
    inner(fields["all"], pointer(path, "all"));
    if ("not" in fields) checkSegments(report, pointer(path, "not"), [fields["not"], known, depth + 1]);
  }
}

function checkRules(report: Report, path: string, [policy, known]: [Record<string, unknown>, Known]): void {
  const rules = checkShape(report, path, [policy, RULES])?.["rules"];
  const ids = new Set<string>();
  for (const [index, rule] of ((rules ?? []) as unknown[]).entries()) {
    const at = pointer(pointer(path, "rules"), index);
    const fields = checkShape(report, at, [rule, RULE]);
    if (!fields) continue;
    const id = (fields["id"] ?? `rule-${index + 1}`) as string;
    if (ids.has(id))
      report.add(
        pointer(at, "id"),
        "DUPLICATE_RULE",
        "Another rule of this slot has this id (`rule-<n>` where none is given). Rename one.",
      );
    ids.add(id);
    checkVariant(report, pointer(at, "variant"), [fields["variant"], known.variants]);
    if (fields["when"]) report.include(validateCondition(fields["when"], pointer(at, "when"), known.groups));
    if ("segment" in fields)
      checkSegments(report, pointer(at, "segment"), [fields["segment"], known.segments, 1]);
  }
}

function checkSplit(report: Report, path: string, [policy, known]: [Record<string, unknown>, Known]): void {
  const weights = checkShape(report, path, [policy, SPLIT])?.["weights"] as
    | Record<string, unknown>
    | undefined;
  if (!weights) return;
  const at = pointer(path, "weights");
  let sum = 0;
  let numbers = true;
  for (const [variant, weight] of Object.entries(weights)) {
    checkVariant(report, pointer(at, variant), [variant, known.variants]);
    if (SHARE[1](weight)) sum += weight as number;
    else {
      numbers = false;
      report.add(pointer(at, variant), "INVALID_WEIGHT", `A weight is ${SHARE[0]}.`);
    }
  }
  if (numbers && !(Math.abs(sum - 1) <= 1e-6)) {
    report.add(
      at,
      "WEIGHTS_SUM",
      "The weights must sum to 1. To let fewer take part, set coverage; for no part of a variant, weight 0.",
    );
  }
}

const POLICIES: Readonly<Record<string, typeof checkRules>> = { rules: checkRules, split: checkSplit };

/** Checks a slot's policy. */
export function checkPolicy(report: Report, path: string, [policy, known]: [unknown, Known]): void {
  if (!isObject(policy)) return;
  const type = policy["type"];
  if (typeof type === "string" && Object.hasOwn(POLICIES, type))
    POLICIES[type]?.(report, path, [policy, known]);
  else {
    const near = typeof type === "string" ? suggestion(type, Object.keys(POLICIES)) : "";
    report.add(pointer(path, "type"), "UNKNOWN_POLICY", `A policy is of the type rules or split.${near}`);
  }
}
