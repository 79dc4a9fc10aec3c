import { PURPOSES } from "../consent/types.js";
import { fail, ok, pointer } from "../kernel/result.js";
import type { Issue, Result } from "../kernel/result.js";
import type { Groups } from "../targeting/types.js";
import { validateCondition } from "../targeting/validate-condition.js";
import {
  checkNames,
  checkShape,
  createReport,
  deeperThan,
  LIST,
  NAME,
  OBJECT,
  suggestion,
  TEXT,
} from "./report.js";
import type { Report, Shape } from "./report.js";
import type { Ruleset, SlotDefinition } from "./types.js";
import { checkCircles } from "./prerequisite-circles.js";
import { checkVariant } from "./validate-assignment.js";
import { checkSharedExperiments } from "./validate-experiments.js";
import { checkDraws, checkGates, GATES, type KnownNames } from "./validate-gates.js";
import { checkGroups } from "./validate-groups.js";
import { checkMetrics } from "./validate-metrics.js";
import { checkModels } from "./validate-models.js";
import { checkPolicy } from "./validate-policy.js";
import { variantsOf } from "./variants-of.js";

const MAX_DEPTH = 64;

const RULESET: Shape = {
  // For editors; it means nothing here.
  $schema: TEXT,
  "schemaVersion!": ["1: the version of the format that this library knows", (value) => value === 1],
  "revision!": ["a whole number from 0", (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  groups: OBJECT,
  segments: LIST,
  metrics: OBJECT,
  experiments: OBJECT,
  models: OBJECT,
  holdouts: OBJECT,
  exclusionGroups: OBJECT,
  "slots!": OBJECT,
};
const SEGMENT: Shape = {
  "name!": [
    "kebab-case, 1 to 128 characters, such as returning-buyers",
    (value) => typeof value === "string" && value.length <= 128 && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(value),
  ],
  description: TEXT,
  "enter!": OBJECT,
  exit: OBJECT,
  minStayMs: [
    "a duration in ms from 0",
    (value) => typeof value === "number" && value >= 0 && value < Infinity,
  ],
  purposes: LIST,
};
const SLOT: Shape = {
  description: TEXT,
  purposes: LIST,
  "variants!": OBJECT,
  "fallback!": NAME,
  targeting: OBJECT,
  ...GATES,
  "policy!": OBJECT,
};

function checkPurposes(report: Report, path: string, purposes: unknown): void {
  for (const [index, purpose] of ((purposes ?? []) as unknown[]).entries()) {
    if (!(PURPOSES as readonly unknown[]).includes(purpose)) {
      const near = typeof purpose === "string" ? suggestion(purpose, PURPOSES) : "";
      report.add(
        pointer(path, index),
        "UNKNOWN_PURPOSE",
        `A purpose is one of ${PURPOSES.join(", ")}.${near}`,
      );
    }
  }
}

/** Checks the segments; returns their names. */
function checkSegmentDefinitions(
  report: Report,
  segments: readonly unknown[],
  groups: Groups | undefined,
): string[] {
  const names = new Set<string>();
  for (const [index, segment] of segments.entries()) {
    const at = pointer("/segments", index);
    const fields = checkShape(report, at, [segment, SEGMENT]);
    if (!fields) continue;
    const name = fields["name"];
    if (typeof name === "string") {
      if (names.has(name))
        report.add(pointer(at, "name"), "DUPLICATE_SEGMENT", "Another segment has this name. Rename one.");
      names.add(name);
    }
    for (const part of ["enter", "exit"]) {
      if (fields[part]) report.include(validateCondition(fields[part], pointer(at, part), groups));
    }
    checkPurposes(report, pointer(at, "purposes"), fields["purposes"]);
  }
  return [...names];
}

function checkSlot(report: Report, path: string, [slot, names]: [unknown, KnownNames]): void {
  const fields = checkShape(report, path, [slot, SLOT]);
  if (!fields) return;
  const at = (field: string): string => pointer(path, field);
  checkPurposes(report, at("purposes"), fields["purposes"]);
  if (fields["targeting"])
    report.include(validateCondition(fields["targeting"], at("targeting"), names.groups));
  checkGates(report, path, [fields, names]);
  if (!fields["variants"]) return;
  const variants = checkNames(report, at("variants"), fields["variants"] as Record<string, unknown>);
  if (variants.length === 0)
    report.add(
      at("variants"),
      "NO_VARIANT",
      "A slot needs at least one variant: what is shown where nothing is decided.",
    );
  checkVariant(report, at("fallback"), [fields["fallback"], variants]);
  checkPolicy(report, at("policy"), [fields["policy"], { variants, names }]);
}

/** What a slot can show, as far as it is right. */
function shownBy(slot: unknown): readonly string[] | null {
  try {
    return Object.keys(variantsOf(slot as SlotDefinition));
  } catch {
    return null;
  }
}

/**
 * The full check of a ruleset, for whoever writes or publishes one: every issue at once, each with the JSON pointer of its place and
 * its cure. What it accepts, `compileRuleset` compiles. Not part of what a page needs to load.
 *
 * @param json A parsed document. Nothing of it is changed.
 */
export function validateRuleset(json: unknown): Result<Ruleset, Issue[]> {
  const report = createReport();
  if (deeperThan(json, MAX_DEPTH)) {
    report.add("", "TOO_DEEP", `A ruleset may be nested ${MAX_DEPTH} deep.`);
    return fail(report.issues);
  }
  const fields = checkShape(report, "", [json, RULESET]);
  if (fields) {
    const {
      groups = {},
      segments = [],
      slots = {},
    } = fields as { groups?: Groups; segments?: unknown[]; slots?: Record<string, unknown> };
    checkGroups(report, groups);
    const known: KnownNames = {
      segments: checkSegmentDefinitions(report, segments, groups),
      groups,
      ...checkDraws(report, fields),
      slots: new Map(Object.entries(slots).map(([name, slot]) => [name, shownBy(slot)])),
    };
    for (const name of checkNames(report, "/slots", slots))
      checkSlot(report, pointer("/slots", name), [slots[name], known]);
    checkCircles(report, slots);
    checkSharedExperiments(report, slots);
    checkMetrics(report, { ...fields, groups });
    if (fields["models"]) checkModels(report, fields["models"] as Record<string, unknown>);
  }
  return report.issues.length > 0 ? fail(report.issues) : ok(json as Ruleset);
}
