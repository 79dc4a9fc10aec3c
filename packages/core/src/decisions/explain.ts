import type { JsonValue } from "../kernel/json.js";
import { segmentMatcher } from "../segments/segment-expression.js";
import { attributesRead } from "../targeting/attributes-read.js";
import type { Condition } from "../targeting/types.js";
import { compileUnguarded } from "../targeting/condition.js";
import { own } from "../targeting/path.js";
import { compileRegex } from "../targeting/regex.js";
import { DEFAULT_PURPOSES, PLAIN_SLOTS } from "./decide.js";
import type { RulesetContext } from "./decide.js";
import type {
  DecidingRuleset,
  Decision,
  DecisionVisitor,
  Explanation,
  ExplanationStep,
  Rule,
  SlotDefinition,
  SplitPolicy,
} from "./types.js";

type Detail = ExplanationStep["detail"];

/** What is explained. */
export interface Subject {
  decision: Decision;
  context: RulesetContext;
  visitor: DecisionVisitor;
  decide: DecidingRuleset["decide"];
}

/** Notes a step, and if it did not pass, the variants that it stands before. Returns whether it passed. */
export type Note = (
  step: ExplanationStep["step"],
  passed: boolean,
  detail: Detail,
  variants?: readonly string[],
) => boolean;

/** Notes the steps of a slot's decision. */
export type NoteSlot = (subject: Subject, definition: SlotDefinition, note: Note) => void;

/** What a condition saw, and which of its clauses did not hold. */
function conditionDetail(
  condition: Condition,
  { visitor, context }: Subject,
): Detail & { unmet: readonly string[] } {
  const { attributes } = visitor;
  return {
    condition,
    attributes: attributesRead(condition, attributes),
    unmet: Object.keys(condition).filter(
      (key) => !context.compile({ [key]: condition[key] as JsonValue })(attributes),
    ),
  };
}

/** Notes consent and targeting; whether both are there. */
export function noteEntrance(
  subject: Subject,
  { purposes = DEFAULT_PURPOSES, targeting }: Pick<SlotDefinition, "purposes" | "targeting">,
  [note, beyond]: readonly [Note, readonly string[]],
): boolean {
  const missing = purposes.filter((purpose) => !subject.visitor.consent[purpose]);
  const consented = note("consent", !missing[0], { purposes, missing }, beyond);
  const seen = targeting && conditionDetail(targeting, subject);
  return (!seen || note("targeting", !seen.unmet.length, seen, beyond)) && consented;
}

/** What a rule saw by its condition and its segments, and whether both hold. */
export function ruleDetail(
  { id, segment, when, variant, policy }: Rule,
  index: number,
  subject: Subject,
): { holds: boolean; detail: Detail } {
  const met = when && conditionDetail(when, subject);
  const holds =
    !met?.unmet.length && (segment === undefined || segmentMatcher(segment)(subject.visitor.segments));
  return {
    holds,
    detail: {
      rule: id ?? `rule-${index + 1}`,
      ...(policy ? { experiment: policy.experiment } : { variant: variant as string }),
      segment: (segment ?? null) as JsonValue,
      ...met,
    },
  };
}

/** Notes a slot of targeting, plain rules and splits. */
export const notePlainSlot: NoteSlot = (subject, definition, note) => {
  const { decision, context, visitor } = subject;
  const open = PLAIN_SLOTS.compileSlot(
    decision.slot,
    { ...definition, purposes: [], targeting: {} },
    context,
  )?.(visitor);
  const beyond = !open || open.isFallback ? [] : [open.variant as string];
  if (!noteEntrance(subject, definition, [note, beyond])) return;
  const { policy } = definition;
  if (policy.type === "rules") {
    policy.rules.some((rule, index) => {
      const { holds, detail } = ruleDetail(rule, index, subject);
      return note("rule", holds, detail, [rule.variant as string]);
    });
  } else {
    const { experiment, weights, coverage = 1 } = policy as SplitPolicy;
    const { reason } = decision;
    note("split", reason === "split", { experiment, weights, coverage, reason }, Object.keys(weights));
  }
};

/**
 * Every step that led to a decision, and what would lead to another one: `wouldChange` names the steps that stand in the way of each variant.
 * Where several do, all of them have to change. For people and tools, not for the hot path: it compiles again what it
 * explains.
 *
 * @param noteSlot By default that for slots of targeting, plain rules and splits.
 */
export function explain(
  { version, ruleset, decide }: DecidingRuleset,
  [slot, visitor]: readonly [string, DecisionVisitor],
  noteSlot: NoteSlot = notePlainSlot,
): Explanation {
  const decision = decide(slot, visitor);
  const definition = own(ruleset.slots, slot) as SlotDefinition | null;
  const compile: RulesetContext["compile"] = (condition) =>
    compileUnguarded(condition, ruleset.groups, compileRegex);
  const { reason, variant, propensity, isFallback } = decision;
  const steps: ExplanationStep[] = [];
  const wouldChange: Explanation["wouldChange"][number][] = [];
  const note: Note = (step, passed, detail, variants = []) => {
    const code = `${step}-${passed ? "passed" : "failed"}`;
    steps.push({ step, passed, code, detail });
    for (const other of variants) {
      if (!passed && (isFallback || other !== variant)) wouldChange.push({ variant: other, code, detail });
    }
    return passed;
  };
  note("slot", !!definition, { slot });
  try {
    const subject = { decision, context: { version, ruleset, compile }, visitor, decide };
    if (definition) noteSlot(subject, definition, note);
  } catch {
    // A visitor that cannot be read: the steps so far and the result still stand.
  }
  note("result", !isFallback, { reason, variant, propensity });
  return { decision, steps, wouldChange };
}
