import { pointer } from "../kernel/result.js";
import { validateCondition } from "../targeting/validate-condition.js";
import type { Groups } from "../targeting/types.js";
import { checkNames, checkShape, isShare, LIST, NAME, OBJECT, SHARE, suggestion, TEXT } from "./report.js";
import type { Report, Shape } from "./report.js";

/** What slots of one ruleset may refer to. */
export interface KnownNames {
  segments: readonly string[];
  groups: Groups | undefined;
  holdouts: readonly string[];
  exclusionGroups: readonly string[];
  /** Slot → names of all that it can show; null where the slot itself is not right. */
  slots: ReadonlyMap<string, readonly string[] | null>;
}

/** What hashes a visitor. */
export const DRAW: Shape = {
  seed: NAME,
  hashVersion: ["1 or 2", (value) => value === 1 || value === 2],
  hashAttribute: NAME,
  fallbackAttribute: NAME,
};
const HOLDOUT: Shape = { description: TEXT, "share!": SHARE, ...DRAW };
const EXCLUSION_GROUP: Shape = { description: TEXT, ...DRAW };
const EXCLUSION: Shape = { "group!": NAME, "ranges!": LIST };
const PREREQUISITE: Shape = { "slot!": NAME, variants: LIST, condition: OBJECT };
/** The fields of whatever has gates, but for its conditions. */
export const GATES: Shape = { holdouts: LIST, exclusion: LIST, prerequisites: LIST };

/** Checks a part of [0, 1); whether it is one. */
export function checkRange(report: Report, path: string, range: unknown): range is [number, number] {
  const [start, end, ...more] = Array.isArray(range) ? (range as unknown[]) : [];
  const fine = isShare(start) && isShare(end) && start <= end && more.length === 0;
  if (!fine)
    report.add(
      path,
      "INVALID_RANGE",
      "This must be a part of [0, 1): [start, end], with start not behind end.",
    );
  return fine;
}

/** Checks a name that must be known. */
export function checkKnown(
  report: Report,
  path: string,
  [name, known, what]: readonly [unknown, readonly string[], string],
): void {
  if (typeof name === "string" && !known.includes(name))
    report.add(
      path,
      `UNKNOWN_${what.toUpperCase().replaceAll(" ", "_")}`,
      `There is no ${what} of this name.${suggestion(name, known)}`,
    );
}

/** Checks the holdouts and the exclusion groups of a ruleset; returns their names. */
export function checkDraws(
  report: Report,
  { holdouts, exclusionGroups }: Record<string, unknown>,
): Pick<KnownNames, "holdouts" | "exclusionGroups"> {
  const check = (field: string, definitions: unknown, shape: Shape): string[] => {
    const record = (definitions ?? {}) as Record<string, unknown>;
    const at = `/${field}`;
    const names = checkNames(report, at, record);
    for (const name of names) checkShape(report, pointer(at, name), [record[name], shape]);
    return names;
  };
  return {
    holdouts: check("holdouts", holdouts, HOLDOUT),
    exclusionGroups: check("exclusionGroups", exclusionGroups, EXCLUSION_GROUP),
  };
}

function checkExclusion(report: Report, path: string, [part, known]: [unknown, KnownNames]): void {
  const fields = checkShape(report, path, [part, EXCLUSION]);
  if (!fields) return;
  checkKnown(report, pointer(path, "group"), [fields["group"], known.exclusionGroups, "exclusion group"]);
  const ranges = (fields["ranges"] ?? []) as unknown[];
  for (const [index, range] of ranges.entries())
    checkRange(report, pointer(pointer(path, "ranges"), index), range);
}

function checkPrerequisite(report: Report, path: string, [prerequisite, known]: [unknown, KnownNames]): void {
  const fields = checkShape(report, path, [prerequisite, PREREQUISITE]);
  if (!fields) return;
  const { slot, variants, condition } = fields;
  checkKnown(report, pointer(path, "slot"), [slot, [...known.slots.keys()], "slot"]);
  if ((variants === undefined) === (condition === undefined))
    report.add(
      path,
      "INVALID_PREREQUISITE",
      "Give either the variants that it must show, or a condition on { value }.",
    );
  if (condition) report.include(validateCondition(condition, pointer(path, "condition"), known.groups));
  const shown = known.slots.get(slot as string);
  if (!shown) return;
  for (const [index, variant] of ((variants ?? []) as unknown[]).entries()) {
    const at = pointer(pointer(path, "variants"), index);
    if (typeof variant === "string") checkKnown(report, at, [variant, shown, "variant"]);
    else report.add(at, "INVALID_TYPE", "This must be the name of a variant.");
  }
}

/** Checks the gates of a slot or a rule, but for its conditions. */
export function checkGates(
  report: Report,
  path: string,
  [fields, known]: [Record<string, unknown>, KnownNames],
): void {
  const each = (field: string, check: (at: string, item: unknown) => void): void => {
    for (const [index, item] of ((fields[field] ?? []) as unknown[]).entries())
      check(pointer(pointer(path, field), index), item);
  };
  each("holdouts", (at, name) => {
    if (typeof name === "string") checkKnown(report, at, [name, known.holdouts, "holdout"]);
    else report.add(at, "INVALID_TYPE", "This must be the name of a holdout.");
  });
  each("exclusion", (at, part) => checkExclusion(report, at, [part, known]));
  each("prerequisites", (at, prerequisite) => checkPrerequisite(report, at, [prerequisite, known]));
}
