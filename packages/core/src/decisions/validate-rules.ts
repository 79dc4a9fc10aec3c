import { pointer } from "../kernel/result.js";
import { validateCondition } from "../targeting/validate-condition.js";
import { checkShape, LIST, NAME, OBJECT, suggestion } from "./report.js";
import type { Report, Shape } from "./report.js";
import { checkGates, GATES } from "./validate-gates.js";
import { checkVariant, type CheckPolicy, type Known } from "./validate-assignment.js";

const RULES: Shape = { "type!": NAME, "rules!": LIST };
const RULE: Shape = {
  id: NAME,
  when: OBJECT,
  segment: ["a segment's name, a list, or { any, all, not }", () => true],
  ...GATES,
  variant: NAME,
  policy: OBJECT,
};
const COMBINATION: Shape = { any: LIST, all: LIST, not: ["a segment expression", () => true] };
const MAX_DEPTH = 16;

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

/** Checks a rule; returns the name it goes by. */
function checkRule(
  report: Report,
  at: string,
  [rule, known, checkInner]: [unknown, Known, CheckPolicy],
): Record<string, unknown> | null {
  const fields = checkShape(report, at, [rule, RULE]);
  if (!fields) return null;
  checkVariant(report, pointer(at, "variant"), [fields["variant"], known.variants]);
  if ("variant" in fields === "policy" in fields)
    report.add(at, "INVALID_RULE", "Give either the variant that it shows, or a policy that assigns one.");
  if (fields["when"])
    report.include(validateCondition(fields["when"], pointer(at, "when"), known.names.groups));
  if ("segment" in fields)
    checkSegments(report, pointer(at, "segment"), [fields["segment"], known.names.segments, 1]);
  checkGates(report, at, [fields, known.names]);
  if ("policy" in fields) checkInner(report, pointer(at, "policy"), [fields["policy"], known]);
  return fields;
}

/** Checks the rules of a slot; `checkInner` checks what stands in a rule. */
export function checkRules(
  report: Report,
  path: string,
  [policy, known, checkInner]: [Record<string, unknown>, Known, CheckPolicy],
): void {
  const rules = checkShape(report, path, [policy, RULES])?.["rules"];
  const ids = new Set<string>();
  for (const [index, rule] of ((rules ?? []) as unknown[]).entries()) {
    const at = pointer(pointer(path, "rules"), index);
    const fields = checkRule(report, at, [rule, known, checkInner]);
    if (!fields) continue;
    const id = (fields["id"] ?? `rule-${index + 1}`) as string;
    if (ids.has(id))
      report.add(
        pointer(at, "id"),
        "DUPLICATE_RULE",
        "Another rule of this slot has this id (`rule-<n>` where none is given). Rename one.",
      );
    ids.add(id);
  }
}
