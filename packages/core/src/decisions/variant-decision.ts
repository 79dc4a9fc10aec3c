import { contentHash } from "../kernel/hash.js";
import { own } from "../targeting/path.js";
import { clampShare, effectiveWeights } from "./bucket.js";
import { decisionOf, emptyDecision, type Extra } from "./decide.js";
import type { AssignmentPolicy, DecidingRuleset, Decision, DecisionReason, SlotDefinition } from "./types.js";
import { armsOf, assignmentsIn, policyContent, variantsOf } from "./variants-of.js";

/** What a policy says of a variant that it assigned by chance. How likely that was is a visitor's own where the policy is `contextual`. */
function byChance(policy: AssignmentPolicy, variant: string): [DecisionReason, Extra] {
  const { type, experiment, coverage = 1, sticky } = policy;
  const arms = armsOf(policy);
  const index = Object.keys(arms).indexOf(variant);
  const weights = Object.values(arms);
  let propensity: number | null = null;
  if (policy.type === "split" && policy.ranges) {
    const [start, end] = (own(policy.ranges, variant) ?? [0, 0]) as readonly [number, number];
    propensity = Math.max(0, end - start);
  } else if (policy.type !== "contextual")
    propensity = clampShare(coverage) * (effectiveWeights(weights as number[])[index] ?? 0);
  return [type, { propensity, experiment, ...(sticky && { bucketVersion: sticky.bucketVersion ?? 0 }) }];
}

/** What the policy would have said of itself: by chance with this probability, or by a rule. */
function assigned(policy: SlotDefinition["policy"], variant: string): [DecisionReason, Extra] {
  if (policy.type === "recommended") return ["recommended", { propensity: 1 }];
  const isRule = policy.type === "rules" && policy.rules.some((rule) => rule.variant === variant);
  const assignments = assignmentsIn(policy);
  const assignment =
    assignments.find((one) => Object.hasOwn(armsOf(one), variant)) ??
    (policy.type === "rules" ? undefined : assignments[0]);
  return isRule || !assignment ? ["rule", { propensity: 1 }] : byChance(assignment, variant);
}

/**
 * The decision that was made elsewhere, told again by its variant alone: equal to the one by which the slot's policy gives this variant; where several rules do, the first that gives it
 * outright, else the first that assigns it.
 * With null, or a variant that the slot does not have, it is the slot's fallback, with the reason `no-match`.
 */
export function variantDecision(
  { ruleset, version }: Pick<DecidingRuleset, "ruleset" | "version">,
  slot: string,
  variant: string | null,
): Decision {
  const definition = own(ruleset.slots, slot) as SlotDefinition | null;
  if (!definition) return emptyDecision(slot, "unknown-slot", version);
  const variants = variantsOf(definition);
  const face = { slot, definition: { ...definition, variants }, rulesetVersion: version };
  const policyVersion = contentHash(policyContent(definition.policy));
  if (variant === null || !Object.hasOwn(variants, variant))
    return decisionOf(face, "no-match", { policyVersion });
  const [reason, how] = assigned(definition.policy, variant);
  return decisionOf(face, reason, { variant, ...how, policyVersion });
}
