import { pointer } from "../kernel/result.js";
import type { Issue } from "../kernel/result.js";
import { ATTRIBUTES } from "../state/attribute-definitions.js";
import { type Known, lintCondition } from "./lint-condition.js";
import { lintExperiments } from "./lint-experiments.js";
import { lintModels, scoresOf } from "./lint-models.js";
import { createReport } from "./report.js";
import type { Ruleset } from "./types.js";

export interface LintOptions {
  /** Names that the host's own attributes have, for hosts that decide by `compileRuleset` with attributes of their own. */
  attributes?: readonly string[];
}

/**
 * What a valid ruleset probably does not mean: conditions on attributes that no visitor has (a misspelt name is never there, so the
 * condition never holds), operands that the attribute can never equal or reach, experiments that get into each other's way, and what a fraction of a factorial design cannot tell apart. These are
 * warnings: the ruleset can be used as it is, since a host may hand in attributes that are not known here.
 *
 * @param ruleset One that `validateRuleset` took.
 */
export function lintRuleset(ruleset: Ruleset, { attributes = [] }: LintOptions = {}): Issue[] {
  const report = createReport();
  const own: Known = attributes.map((name) => ({ name, type: "any", open: true, description: "" }));
  const known: Known = [...own, ...ATTRIBUTES, ...scoresOf(ruleset)];
  const lint = (at: string, condition: unknown): void => lintCondition(report, at, [condition, known]);
  for (const [name, group] of Object.entries(ruleset.groups ?? {})) {
    if ("condition" in group) lint(`${pointer("/groups", name)}/condition`, group.condition);
  }
  for (const [index, { enter, exit }] of (ruleset.segments ?? []).entries()) {
    lint(`/segments/${index}/enter`, enter);
    lint(`/segments/${index}/exit`, exit);
  }
  for (const [name, { targeting, policy }] of Object.entries(ruleset.slots)) {
    const at = pointer("/slots", name);
    lint(`${at}/targeting`, targeting);
    if (policy.type !== "rules") continue;
    for (const [index, { when }] of policy.rules.entries()) lint(`${at}/policy/rules/${index}/when`, when);
  }
  lintExperiments(report, ruleset);
  lintModels(report, ruleset);
  return report.issues;
}
