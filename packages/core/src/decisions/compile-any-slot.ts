import { contentHash } from "../kernel/hash.js";
import { segmentMatcher } from "../segments/segment-expression.js";
import { compileAssignment } from "./assignment.js";
import { decisionOf, guarded, PLAIN_SLOTS } from "./decide.js";
import type { Outcome, SlotDecider, SlotFace } from "./decide.js";
import { compileGates, conditionGate, type Gate, type GatesContext, refusalOf } from "./gates.js";
import { compileRecommended } from "./recommended.js";
import type { Standing } from "./sticky.js";
import type {
  AssignmentPolicy,
  Decision,
  DecisionReason,
  DecisionVisitor,
  Rule,
  RulesPolicy,
  SlotDefinition,
} from "./types.js";
import { isAssigning, policyContent, variantsOf } from "./variants-of.js";

/** Null where the gates, or the policy behind them, leave the visitor to others. */
type Attempt<T> = (visitor: DecisionVisitor) => T;

/** A policy behind gates: an earlier assignment that holds is asked few of them. */
function compileGated<T>(
  [policy, gates]: readonly [AssignmentPolicy, readonly Gate[]],
  outcome: Outcome,
  refused: (reason: DecisionReason) => T,
): Attempt<Decision | T> {
  const { standing, keep, draw } = compileAssignment(policy, outcome);
  const out = { conflict: outcome("conflict"), superseded: outcome("superseded") };
  const settle = (visitor: DecisionVisitor, found: Standing | null): Decision => {
    if (found === null || found.standing === "renewed") return draw(visitor);
    return found.standing === "kept" ? keep(found.variant) : out[found.standing];
  };
  return (visitor) => {
    const found = standing(visitor);
    const reason = refusalOf(gates, visitor, found?.standing === "kept");
    return reason ? refused(reason) : settle(visitor, found);
  };
}

/** The gates of a rule, its condition and its segments first. */
export function gatesOfRule({ when, segment, ...rest }: Rule, context: GatesContext): Gate[] {
  const holds = when && context.compile(when);
  const belongs = segment === undefined ? null : segmentMatcher(segment);
  return [
    ...(holds ? [conditionGate(({ attributes }) => holds(attributes))] : []),
    ...(belongs ? [conditionGate(({ segments }) => belongs(segments))] : []),
    ...compileGates(rest, context),
  ];
}

/** A rule that assigns nothing leaves the visitor to the next one. */
function compileRule(rule: Rule, context: GatesContext, outcome: Outcome): Attempt<Decision | null> {
  const gates = gatesOfRule(rule, context);
  if (!rule.policy) {
    const decision = outcome("rule", { variant: rule.variant as string, propensity: 1 });
    return (visitor) => (refusalOf(gates, visitor, false) ? null : decision);
  }
  const attempt = compileGated([rule.policy, gates], outcome, () => null);
  return (visitor) => {
    const decision = attempt(visitor);
    return decision?.isFallback ? null : decision;
  };
}

function compileRules({ rules }: RulesPolicy, context: GatesContext, outcome: Outcome): SlotDecider {
  const attempts = rules.map((rule) => compileRule(rule, context, outcome));
  const none = outcome("no-match");
  return (visitor) => {
    for (const attempt of attempts) {
      const decision = attempt(visitor);
      if (decision) return decision;
    }
    return none;
  };
}

/**
 * Compiles a slot with all that there is: consent, then targeting, holdouts, exclusion groups and prerequisites, then what was assigned before, then the policy. Whom an earlier
 * assignment keeps is asked for consent and holdouts alone.
 *
 * @throws Error of any kind where the definition cannot be decided by
 */
export function compileAnySlot(slot: string, definition: SlotDefinition, context: GatesContext): SlotDecider {
  const plain = PLAIN_SLOTS.compileSlot(slot, definition, context);
  if (plain) return plain;
  const { targeting, policy } = definition;
  const { version: rulesetVersion, compile, onError } = context;
  const face: SlotFace = {
    slot,
    definition: { ...definition, variants: variantsOf(definition) },
    rulesetVersion,
  };
  const versions = { policyVersion: contentHash(policyContent(policy)) };
  const outcome: Outcome = (reason, extra) => decisionOf(face, reason, { ...extra, ...versions });

  const holds = targeting && compile(targeting);
  const gates = [
    ...(holds ? [conditionGate(({ attributes }) => holds(attributes))] : []),
    ...compileGates(definition, context),
  ];
  const refusals = new Map(
    (["not-targeted", "holdout", "excluded", "no-identity", "prerequisite"] as const).map((reason) => [
      reason as DecisionReason,
      decisionOf(face, reason),
    ]),
  );
  const refused = (reason: DecisionReason): Decision => refusals.get(reason) as Decision;
  if (isAssigning(policy)) return guarded(face, onError, [compileGated([policy, gates], outcome, refused)]);
  const decide =
    policy.type === "rules"
      ? compileRules(policy, context, outcome)
      : compileRecommended(policy, definition.variants, outcome);
  return guarded(face, onError, [
    (visitor) => {
      const reason = refusalOf(gates, visitor, false);
      return reason ? refused(reason) : decide(visitor);
    },
  ]);
}
