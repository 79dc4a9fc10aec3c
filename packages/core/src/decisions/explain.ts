import type { JsonValue } from "../kernel/json.js";
import { segmentMatcher } from "../segments/segment-expression.js";
import { attributesRead } from "../targeting/attributes-read.js";
import type { Condition } from "../targeting/types.js";
import { compileUnguarded } from "../targeting/condition.js";
import { own } from "../targeting/path.js";
import { compileSlot, DEFAULT_PURPOSES } from "./decide.js";
import type { RulesetContext } from "./decide.js";
import type {
  DecidingRuleset,
  Decision,
  DecisionVisitor,
  Explanation,
  ExplanationStep,
  SlotDefinition,
  SplitPolicy,
} from "./types.js";

type Detail = ExplanationStep["detail"];

/** What is explained. */
interface Subject {
  decision: Decision;
  context: RulesetContext;
  visitor: DecisionVisitor;
}

/** Notes a step, and if it did not pass, the variants that it stands before. Returns whether it passed. */
type Note = (
  step: ExplanationStep["step"],
  passed: boolean,
  detail: Detail,
  variants?: readonly string[],
) => boolean;

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

function noteSlot(subject: Subject, definition: SlotDefinition, note: Note): void {
  const { decision, context, visitor } = subject;
  const { purposes = DEFAULT_PURPOSES, targeting, policy } = definition;
  const open = compileSlot(decision.slot, { ...definition, purposes: [], targeting: {} }, context)(visitor);
  const beyond = open.isFallback ? [] : [open.variant as string];

  const missing = purposes.filter((purpose) => !visitor.consent[purpose]);
  const consented = note("consent", !missing[0], { purposes, missing }, beyond);
  const seen = targeting && conditionDetail(targeting, subject);
  if ((seen && !note("targeting", !seen.unmet.length, seen, beyond)) || !consented) return;

  if (policy.type === "rules") {
    policy.rules.some(({ id, segment, when, variant = "" }, index) => {
      const met = when && conditionDetail(when, subject);
      const holds =
        !met?.unmet.length && (segment === undefined || segmentMatcher(segment)(visitor.segments));
      const detail = {
        rule: id ?? `rule-${index + 1}`,
        variant,
        segment: (segment ?? null) as JsonValue,
        ...met,
      };
      return note("rule", holds, detail, [variant]);
    });
  } else {
    const { experiment, weights, coverage = 1 } = policy as SplitPolicy;
    const { reason } = decision;
    note("split", reason === "split", { experiment, weights, coverage, reason }, Object.keys(weights));
  }
}

/**
 * Every step that led to a decision, and what would lead to another one: `wouldChange` names the step that stands in the way of each variant.
 * Where consent and targeting both do, both are needed. For people and tools, not for the hot path: it compiles again what it
 * explains.
 */
export function explain(
  { version, ruleset, decide }: DecidingRuleset,
  slot: string,
  visitor: DecisionVisitor,
): Explanation {
  const decision = decide(slot, visitor);
  const definition = own(ruleset.slots, slot) as SlotDefinition | null;
  const compile: RulesetContext["compile"] = (condition) => compileUnguarded(condition, ruleset.groups);
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
    if (definition) noteSlot({ decision, context: { version, compile }, visitor }, definition, note);
  } catch {
    // A visitor that cannot be read: the steps so far and the result still stand.
  }
  note("result", !isFallback, { reason, variant, propensity });
  return { decision, steps, wouldChange };
}
