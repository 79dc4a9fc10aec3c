import { pointer } from "../kernel/result.js";
import type { Groups } from "../targeting/types.js";
import { validateCondition } from "../targeting/validate-condition.js";
import { checkNames, checkShape, LIST, NAME, OBJECT } from "./report.js";
import type { Report, Shape } from "./report.js";

const GROUP: Shape = {
  "type!": ["list or condition", (value) => value === "list" || value === "condition"],
  attributeKey: NAME,
  values: LIST,
  condition: OBJECT,
};
/** A group stands for its whole condition wherever it is named: groups that name groups multiply. */
const MAX_EXPANSION = 1000;

const isList = (values: unknown): boolean =>
  Array.isArray(values) && values.every((value) => typeof value === "string" || typeof value === "number");

/** The groups that a condition names. */
function groupsNamed(condition: unknown): string[] {
  const names: string[] = [];
  JSON.stringify(condition, (key, value: { id?: unknown } | null) => {
    if (key === "$savedGroup" && typeof value?.id === "string") names.push(value.id);
    return value;
  });
  return names;
}

/** How many conditions a group stands for, itself and those it names counted; infinite where that has no end in sight. */
function expansions(references: ReadonlyMap<string, readonly string[]>): (name: string) => number {
  const known = new Map<string, number>();
  const count = (name: string, depth: number): number => {
    const before = known.get(name);
    if (before !== undefined) return before;
    // What a group that is being counted says, should it be met again within itself.
    known.set(name, Number.POSITIVE_INFINITY);
    if (depth > MAX_EXPANSION) return Number.POSITIVE_INFINITY;
    const sum = (references.get(name) ?? []).reduce((total, other) => total + count(other, depth + 1), 1);
    known.set(name, sum);
    return sum;
  };
  return (name) => count(name, 1);
}

/** Checks the groups, one by one and in what they name of each other. */
export function checkGroups(report: Report, groups: Record<string, unknown>): void {
  const references = new Map<string, string[]>();
  for (const name of checkNames(report, "/groups", groups)) {
    const at = pointer("/groups", name);
    const group = groups[name];
    const fields = Array.isArray(group)
      ? { type: "list", values: group }
      : checkShape(report, at, [group, GROUP]);
    if (!fields) continue;
    const { type, values, condition } = fields as Record<string, unknown>;
    if (type === "condition") {
      report.include(validateCondition(condition, pointer(at, "condition"), groups as Groups));
      references.set(name, groupsNamed(condition));
    } else if (type === "list" && !isList(values))
      report.add(at, "INVALID_GROUP", "A group is a list of texts and numbers.");
  }
  const expansion = expansions(references);
  for (const name of references.keys()) {
    if (expansion(name) > MAX_EXPANSION) {
      report.add(
        pointer("/groups", name),
        "GROUP_TOO_LARGE",
        `With the groups it names, this stands for more than ${MAX_EXPANSION} conditions, or it names itself. Name each group once, and none in a circle.`,
      );
    }
  }
}
